import { Editor } from "@tiptap/core";
import type { Node as ProseMirrorNode } from "@tiptap/pm/model";
import { afterEach, describe, expect, it } from "vitest";
import { NO_WORDS, schemaExtensions } from "../../schema/extensions";
import { BLOCKS } from "../actions";
import { blockKeys } from "./blockKeys";

let editor: Editor;
afterEach(() => editor.destroy());

function make(content: string): Editor {
  editor = new Editor({
    element: document.body.appendChild(document.createElement("div")),
    injectCSS: false,
    extensions: [...schemaExtensions(NO_WORDS), blockKeys],
    content,
  });
  return editor;
}
function press(key: string, more: KeyboardEventInit = {}): void {
  editor.view.dom.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }),
  );
}
function goTo(text: string): void {
  editor.state.doc.descendants((node, at) => {
    if (node.isText && node.text === text) editor.commands.setTextSelection(at);
  });
}
const run = (name: string) => BLOCKS.find((action) => action.name === name)?.run(editor);

const SIGNS: Record<string, string> = { bulletList: "-", orderedList: "1", taskList: "o" };

/** The lines, each with the signs of its lists ("o": a box); blank for one that goes on in its item. */
function drawn(): string {
  const lines: string[] = [];
  const draw = (node: ProseMirrorNode, signs: string): void => {
    if (node.isTextblock) {
      lines.push(`${signs}${node.type.name === "codeBlock" ? "`" : ""}${node.textContent}`);
      return;
    }
    const own = SIGNS[node.type.name] ?? "";
    node.content.content.forEach((child, index) => {
      const isItem = /Item$/.test(node.type.name);
      const isMore = isItem && index > 0 && child.isTextblock;
      draw(child, isMore ? `${signs.slice(0, -1)} ` : `${signs}${own}`);
    });
  };
  draw(editor.state.doc, "");
  return lines.join("|");
}

const NESTED =
  "<ul><li><p>a</p><ul><li><p>b</p></li><li><p>c</p></li></ul></li><li><p>d</p></li></ul>";
const THREE = "<ul><li><p>a</p></li><li><p>b</p></li><li><p>c</p></li></ul>";

describe("Backspace before the first letter of an item", () => {
  it.each([
    THREE,
    `<ul data-type="taskList">${"abc".replace(/./g, '<li data-type="taskItem"><p>$&</p></li>')}</ul>`,
    `<blockquote>${THREE}</blockquote>`,
  ])("goes on in the item before, then in its line: %s", (content) => {
    make(content);
    const sign = drawn()[0];
    goTo("b");
    press("Backspace");
    expect(drawn()).toBe(`${sign}a| b|${sign}c`);
    press("Backspace");
    expect(drawn()).toBe(`${sign}ab|${sign}c`);
  });

  it("lifts the first and the last, and one in a list within a list", () => {
    make(THREE);
    goTo("c");
    press("Backspace");
    expect(drawn()).toBe("-a|-b|c");
    goTo("a");
    press("Backspace");
    expect(drawn()).toBe("a|-b|c");
    editor.commands.setContent(NESTED);
    goTo("c");
    press("Backspace");
    expect(drawn()).toBe("-a|--b|-c|-d");
  });
});

describe("a list of another kind", () => {
  it("is made of all selected lists, those within others too", () => {
    make(NESTED);
    editor.commands.selectAll();
    run("taskList");
    expect(drawn()).toBe("oa|oob|ooc|od");
    run("orderedList");
    expect(drawn()).toBe("1a|11b|11c|1d");
    run("bulletList");
    expect(drawn()).toBe("-a|--b|--c|-d");
    expect(editor.state.doc.check()).toBeUndefined();
  });

  it("is made of the caret's list only, and the caret stays", () => {
    make(NESTED);
    goTo("c");
    const { from } = editor.state.selection;
    run("taskList");
    expect(drawn()).toBe("-a|-ob|-oc|-d");
    expect(editor.state.selection.from).toBe(from);
    goTo("a");
    press("9", { ctrlKey: true, shiftKey: true });
    expect(drawn()).toBe("oa|oob|ooc|od");
  });

  it("is left where it is pressed twice", () => {
    make("<p>a</p>");
    run("taskList");
    expect(drawn()).toBe("oa");
    run("taskList");
    expect(drawn()).toBe("a");
  });
});

describe("code", () => {
  it("is one block of several lines, without the rest", () => {
    make("<p>a</p><p>b<br><strong>x</strong></p><h2>c</h2><p>after</p>");
    editor.commands.setTextSelection({ from: 1, to: 9 });
    run("codeBlock");
    expect(drawn()).toBe("`a\nb\nx\nc|after");
    expect(editor.state.selection.to).toBe(8);
  });

  it("is one block of a list that is selected whole", () => {
    make(THREE);
    editor.commands.selectAll();
    run("codeBlock");
    expect(drawn()).toBe("`a\nb\nc");
  });

  it("takes no line that is not selected, and no picture", () => {
    make(THREE);
    editor.commands.setTextSelection({ from: 3, to: 9 });
    run("codeBlock");
    expect(drawn()).not.toContain("\n");
    editor.commands.setContent('<p>a</p><img src="/a.png"><p>b</p>');
    editor.commands.selectAll();
    run("codeBlock");
    expect(editor.getHTML()).toContain("/a.png");
  });
});
