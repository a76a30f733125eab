// Records what the editor sends when one person changes a block while another writes in it: the real y-tiptap,
// and not an idea of it. Python gives these updates to the law of merging (tests/crdt/test_rescue_editor.py) and
// writes what comes of them to merged.json, which the schema must take as it is.
import { readFileSync } from "node:fs";
import { Editor } from "@tiptap/core";
import { Collaboration } from "@tiptap/extension-collaboration";
import { ySyncPluginKey, yXmlFragmentToProseMirrorRootNode } from "@tiptap/y-tiptap";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { NO_WORDS, schemaExtensions } from "./extensions";

const hex = (update: Uint8Array) => Buffer.from(update).toString("hex");
const docOf = (editor: Editor) => ySyncPluginKey.getState(editor.state)?.doc as Y.Doc;

function replica(client: number, update?: Uint8Array): Editor {
  const doc = new Y.Doc();
  doc.clientID = client;
  if (update) Y.applyUpdate(doc, update);
  return new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: [
      ...schemaExtensions(NO_WORDS),
      Collaboration.configure({ document: doc, field: "default" }),
    ],
  });
}

/** The place of "|" in words that stand once in the document. */
function placeOf(editor: Editor, words: string): number {
  const at = words.indexOf("|");
  const plain = words.replace("|", "");
  let found = -1;
  editor.state.doc.descendants((node, pos) => {
    if (node.isText && node.text?.includes(plain)) found = pos + node.text.indexOf(plain) + at;
  });
  if (found < 0) throw new Error(`no ${words}`);
  return found;
}

const at = (editor: Editor, words: string) =>
  editor.chain().setTextSelection(placeOf(editor, words));
const cells = (rows: string[][]) =>
  `<table>${rows.map((row) => `<tr>${row.map((each) => `<td><p>${each}</p></td>`).join("")}</tr>`).join("")}</table>`;

const plain = "<p>first words</p><p>second words</p><p>third words</p>";
const list =
  "<ul><li><p>first words</p></li><li><p>second words</p></li><li><p>third words</p></li></ul>";
const quote = "<p>first words</p><blockquote><p>second words</p></blockquote><p>third words</p>";
const table = cells([
  ["first words", "one"],
  ["second words", "two"],
  ["third words", "three"],
]);
const rich =
  "<p>first words</p><p>second <strong>bold</strong> words<br>behind a break</p><p>third words</p>";
const HERE = "sec|ond words";

/** Name, document, where the other types "XY", and what one does meanwhile. */
const OPERATIONS: [string, string, string, (ann: Editor) => unknown][] = [
  ["heading", plain, HERE, (ann) => at(ann, HERE).setHeading({ level: 2 }).run()],
  ["code block", plain, HERE, (ann) => at(ann, HERE).setCodeBlock().run()],
  [
    "heading with marks and a break",
    rich,
    "beh|ind a break",
    (ann) => at(ann, "beh|ind").setHeading({ level: 2 }).run(),
  ],
  [
    "code block with marks and a break",
    rich,
    "bo|ld",
    (ann) => at(ann, "beh|ind").setCodeBlock().run(),
  ],
  ["quote", plain, HERE, (ann) => at(ann, HERE).toggleBlockquote().run()],
  ["quote taken off", quote, HERE, (ann) => at(ann, HERE).toggleBlockquote().run()],
  ["bullets", plain, HERE, (ann) => at(ann, HERE).toggleBulletList().run()],
  ["bullets for all", plain, HERE, (ann) => ann.chain().selectAll().toggleBulletList().run()],
  ["numbers for bullets", list, HERE, (ann) => at(ann, HERE).toggleOrderedList().run()],
  ["tasks for bullets", list, HERE, (ann) => at(ann, HERE).toggleTaskList().run()],
  ["bullets taken off", list, HERE, (ann) => at(ann, HERE).liftListItem("listItem").run()],
  ["indent", list, HERE, (ann) => at(ann, HERE).sinkListItem("listItem").run()],
  ["enter before", plain, "second wo|rds", (ann) => at(ann, "sec|ond").splitBlock().run()],
  ["enter behind", plain, HERE, (ann) => at(ann, "second wo|rds").splitBlock().run()],
  [
    "enter in an item",
    list,
    "second wo|rds",
    (ann) => at(ann, "sec|ond").splitListItem("listItem").run(),
  ],
  ["join", plain, HERE, (ann) => at(ann, "|second words").joinTextblockBackward().run()],
  ["join items", list, HERE, (ann) => at(ann, "|second words").joinTextblockBackward().run()],
  ["break", plain, "second wo|rds", (ann) => at(ann, "sec|ond").setHardBreak().run()],
  ["paragraph deleted", plain, HERE, (ann) => at(ann, HERE).deleteNode("paragraph").run()],
  ["item deleted", list, HERE, (ann) => at(ann, HERE).deleteNode("listItem").run()],
  ["list deleted", list, HERE, (ann) => at(ann, HERE).deleteNode("bulletList").run()],
  ["row deleted", table, HERE, (ann) => at(ann, HERE).deleteRow().run()],
  ["column deleted", table, HERE, (ann) => at(ann, HERE).deleteColumn().run()],
  ["column put in", table, HERE, (ann) => at(ann, HERE).addColumnBefore().run()],
  [
    "table deleted",
    `<p>first</p>${table}<p>last</p>`,
    HERE,
    (ann) => at(ann, HERE).deleteTable().run(),
  ],
  ["all deleted", plain, HERE, (ann) => ann.chain().selectAll().deleteSelection().run()],
  [
    "dragged to the end",
    plain,
    HERE,
    (ann) => {
      const place = ann.state.doc.resolve(placeOf(ann, HERE));
      const block = place.parent;
      const tr = ann.state.tr.delete(place.before(), place.after());
      ann.view.dispatch(tr.insert(tr.doc.content.size, block));
    },
  ],
  [
    "an empty paragraph",
    "<p>first words</p><p></p>",
    "",
    (ann) => ann.chain().setTextSelection(14).setHeading({ level: 1 }).run(),
  ],
];

describe("what the editor sends", () => {
  it("is in tests/vectors/merging.json (vitest -u writes it)", async () => {
    const stories = OPERATIONS.map(([name, html, where, act]) => {
      const ann = replica(2_000_001);
      ann.commands.setContent(html);
      const base = Y.encodeStateAsUpdate(docOf(ann));
      const bob = replica(2_000_002, base);
      const sent: Record<"ann" | "bob", string[]> = { ann: [], bob: [] };
      docOf(ann).on("update", (update: Uint8Array) => sent.ann.push(hex(update)));
      docOf(bob).on("update", (update: Uint8Array) => sent.bob.push(hex(update)));
      bob.commands.setTextSelection(where ? placeOf(bob, where) : bob.state.doc.content.size - 1);
      for (const key of "XY") bob.view.dispatch(bob.state.tr.insertText(key));
      act(ann);
      const words = where ? where.replace("|", "XY") : "XY";
      const after = ann.getJSON();
      for (const each of [ann, bob]) each.destroy();
      expect(sent.ann.length, name).toBeGreaterThan(0);
      return { name, words, base: hex(base), ...sent, after };
    });
    const text = `${JSON.stringify(stories, null, 1)}\n`;
    await expect(text).toMatchFileSnapshot("../../../tests/vectors/merging.json");
  }, 120_000);
});

describe("what comes of it", () => {
  const merged: { name: string; state: string }[] = JSON.parse(
    readFileSync("../tests/vectors/merged.json", "utf-8"),
  );
  it.each(merged.map(({ name, state }) => [name, state] as const))(
    "%s: the schema takes it",
    (_name, state) => {
      const doc = new Y.Doc();
      Y.applyUpdate(doc, Buffer.from(state, "hex"));
      const body = doc.getXmlFragment("default");
      const before = body.toString();
      const editor = replica(2_000_003);
      expect(() => yXmlFragmentToProseMirrorRootNode(body, editor.schema).check()).not.toThrow();
      editor.destroy();
      const opened = replica(2_000_004, Buffer.from(state, "hex"));
      // Nor does the page take anything away, or put anything in, when it opens it.
      expect(docOf(opened).getXmlFragment("default").toString()).toBe(before);
      opened.destroy();
    },
    60_000,
  );
});
