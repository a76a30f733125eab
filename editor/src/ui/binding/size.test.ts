// What a transaction is taken to weigh is never less than what Yjs sends of it, and not many times more.
import { Editor } from "@tiptap/core";
import { Collaboration } from "@tiptap/extension-collaboration";
import { expect, it } from "vitest";
import * as Y from "yjs";
import { NO_WORDS, schemaExtensions } from "../../schema/extensions";
import { type Weight, weightOf } from "./bounds";

const ADDRESS = `https://example.org/${"a".repeat(1000)}`;
const row = (cells: number) => `<tr>${"<td><p></p></td>".repeat(cells)}</tr>`;
const task = '<li data-type="taskItem"><p>x</p></li>';
const PASTED: Record<string, string> = {
  "lines of a letter": "<p>x</p>".repeat(300),
  "empty lines": "<p></p>".repeat(300),
  "a long text": `<p>${"你".repeat(10_000)}</p>`,
  "a table": `<table>${row(10).repeat(20)}</table>`,
  "a table with widths": `<table><tr><td colspan="3" data-colwidth="100,200,300"><p></p></td></tr></table>`,
  "tasks, aligned": `<ul data-type="taskList">${task.repeat(200)}</ul><p data-align="center">x</p>`,
  links: `<p>${`<a href="${ADDRESS}">x</a> `.repeat(50)}</p>`,
  "marks in one another": `<p>${"<b>x<i>y<u>z</u></i></b>w".repeat(200)}</p>`,
  colours: `<p>${'<span data-color="red">x</span>y<mark>z</mark>'.repeat(100)}</p>`,
  images: `<img src="${ADDRESS}" alt="图" title="t">`.repeat(50),
  details: "<details><summary>x</summary><div data-type='detailsContent'><p>y</p></div></details>",
};

/** Return what a transaction is taken to weigh, and the bytes and parts that Yjs makes of it. */
function weighed(act: (made: Editor) => unknown, before = ""): [Weight, number, number] {
  const doc = new Y.Doc();
  doc.clientID = 2 ** 32 - 1;
  const weight = { bytes: 0, parts: 0, largest: 0 };
  const made = new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: [
      ...schemaExtensions(NO_WORDS),
      Collaboration.configure({ document: doc, field: "default" }),
    ],
    onTransaction: ({ transaction }) => {
      const each = weightOf(transaction);
      weight.bytes += each.bytes;
      weight.parts += each.parts;
    },
  });
  made.commands.setContent(before);
  weight.bytes = 0;
  weight.parts = 0;
  const sent: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => sent.push(update));
  act(made);
  made.destroy();
  const update = Y.mergeUpdates(sent);
  return [weight, update.length, Y.decodeUpdate(update).structs.length];
}

it.each(Object.entries(PASTED))("never weighs too little: %s", (_name, html) => {
  const [weight, bytes, parts] = weighed((made) => made.commands.setContent(html));
  expect(weight.bytes).toBeGreaterThanOrEqual(bytes);
  expect(weight.parts).toBeGreaterThanOrEqual(parts);
  expect(weight.bytes).toBeLessThan(8 * bytes + 1000);
});

it("weighs a link on many words and a long formula", () => {
  const [link, bytes] = weighed(
    (made) => made.chain().selectAll().setLink({ href: ADDRESS }).run(),
    "<p>a<b>b</b>c</p>".repeat(20),
  );
  expect(link.bytes).toBeGreaterThanOrEqual(bytes);
  const [formula, more] = weighed(
    (made) =>
      made.commands.insertContent({ type: "blockMath", attrs: { latex: "x".repeat(9999) } }),
    "<p>x</p>",
  );
  expect(formula.bytes).toBeGreaterThanOrEqual(more);
});
