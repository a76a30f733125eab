import { Editor } from "@tiptap/core";
import { CellSelection } from "@tiptap/pm/tables";
import { afterEach, expect, it } from "vitest";
import { NO_WORDS, schemaExtensions } from "../schema/extensions";
import { plainText } from "./copy";

let editor: Editor;
afterEach(() => editor.destroy());

function make(content: string): Editor {
  editor = new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: schemaExtensions(NO_WORDS),
    content,
  });
  return editor;
}

function whole(content: string): string {
  make(content).commands.selectAll();
  return plainText(editor.state.selection.content());
}

it.each([
  ["<p>a</p><p>b<br>c</p>", "a\n\nb\nc"],
  ["<h2>t</h2><p>a</p>", "## t\n\na"],
  ["<ul><li><p>a</p><ul><li><p>b</p></li></ul></li><li><p>c</p></li></ul>", "- a\n  - b\n- c"],
  ['<ol start="9"><li><p>a</p></li><li><p>b</p></li></ol>', "9. a\n10. b"],
  [
    '<ul data-type="taskList"><li data-type="taskItem" data-checked="true"><p>a</p></li>' +
      '<li data-type="taskItem" data-checked="false"><p>b</p></li></ul>',
    "- [x] a\n- [ ] b",
  ],
  ["<blockquote><p>a</p><p>b</p></blockquote><p>c</p>", "> a\n>\n> b\n\nc"],
  ["<p>a</p><pre><code>x\n  y</code></pre>", "a\n\n```\nx\n  y\n```"],
  ["<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a\tb\nc\td"],
  ['<div data-type="callout" data-kind="tip"><p>a</p></div><hr>', "> [!TIP]\n> a\n\n---"],
])("%s", (content, text) => {
  expect(whole(content)).toBe(text);
});

it("words within one block are bare", () => {
  make("<ul><li><p>one two</p></li></ul>").commands.setTextSelection({ from: 3, to: 6 });
  expect(plainText(editor.state.selection.content())).toBe("one");
});

it("of a table only the cells that are selected", () => {
  make(
    "<p>before</p><table><tr><td>a</td><td>b</td><td>c</td></tr>" +
      "<tr><td>d</td><td>e</td><td>f</td></tr></table>",
  );
  const cells: number[] = [];
  editor.state.doc.descendants((node, at) => {
    if (node.type.name === "tableCell") cells.push(at);
  });
  const { doc } = editor.state;
  const selection = CellSelection.create(doc, cells[1] ?? 0, cells[5] ?? 0);
  expect(plainText(selection.content())).toBe("b\tc\ne\tf");
});
