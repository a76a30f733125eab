import { Editor } from "@tiptap/core";
import type { Node as ProseMirrorNode } from "@tiptap/pm/model";
import { Selection, TextSelection } from "@tiptap/pm/state";
import { afterEach, describe, expect, it } from "vitest";
import { NO_WORDS, schemaExtensions } from "../../schema/extensions";
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
  editor.view.endOfTextblock = () => true; // jsdom lays nothing out
  return editor;
}

function press(key: string): void {
  editor.view.dom.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
  );
}

/** Put the caret before (after) the first letter of `text`. */
function goTo(text: string, isBehind = false): void {
  editor.state.doc.descendants((node, at) => {
    const place = node.isText ? (node.text ?? "").indexOf(text) : -1;
    if (place < 0) return;
    editor.commands.setTextSelection(at + place + (isBehind ? text.length : 0));
  });
}

const outline = (node: ProseMirrorNode): string =>
  node.isTextblock
    ? `${node.type.name}(${node.textContent})`
    : `${node.type.name}[${node.content.content.map(outline).join(" ")}]`;

const DETAILS =
  '<details><summary>s</summary><div data-type="detailsContent"><p>a</p></div></details>';
/** Every block that has others in it, with one line of text. */
const WRAPPERS: Record<string, string> = {
  quote: "<blockquote><p>a</p></blockquote>",
  bullets: "<ul><li><p>a</p></li></ul>",
  numbers: "<ol><li><p>a</p></li></ol>",
  tasks: '<ul data-type="taskList"><li data-type="taskItem"><p>a</p></li></ul>',
  callout: '<div data-type="callout" data-kind="tip"><p>a</p></div>',
  details: DETAILS,
  table: "<table><tr><td><p>a</p></td></tr></table>",
  "quote in a list": "<ul><li><p>b</p><blockquote><p>a</p></blockquote></li></ul>",
  "list in a callout": '<div data-type="callout"><ul><li><p>a</p></li></ul></div>',
  "list in details": DETAILS.replace("<p>a</p>", "<ul><li><p>a</p></li></ul>"),
};

describe("ArrowDown at the document's end leaves", () => {
  it.each(Object.entries(WRAPPERS))("%s", (_name, content) => {
    make(content);
    goTo("a", true);
    press("ArrowDown");
    expect(editor.state.doc.lastChild?.type.name).toBe("paragraph");
    expect(editor.state.selection.$from.depth).toBe(1);
    press("ArrowDown");
    expect(editor.state.doc.childCount).toBe(2);
  });

  it("but not from a line that has another below it", () => {
    make("<blockquote><p>a</p><p>b</p></blockquote>");
    goTo("a");
    press("ArrowDown");
    expect(editor.state.doc.childCount).toBe(1);
  });
});

describe("Enter on an empty last line leaves", () => {
  it.each(Object.entries(WRAPPERS).filter(([name]) => !["table", "details"].includes(name)))(
    "%s",
    (_name, content) => {
      make(content);
      goTo("a", true);
      const { depth } = editor.state.selection.$from;
      press("Enter");
      press("Enter");
      expect(editor.state.selection.$from.parent.textContent).toBe("");
      expect(editor.state.selection.$from.depth).toBeLessThan(depth);
      expect(editor.getText()).toContain("a");
    },
  );
});

describe("Backspace before the first letter leads out, with all words kept", () => {
  it.each(Object.entries(WRAPPERS).filter(([name]) => name !== "table"))("%s", (_name, content) => {
    make(content);
    goTo("a");
    const before = outline(editor.state.doc);
    const { from } = editor.state.selection;
    press("Backspace");
    expect(editor.getText()).toContain("a");
    const isChanged = outline(editor.state.doc) !== before;
    expect(isChanged || editor.state.selection.from !== from).toBe(true);
  });

  it("a first heading becomes text", () => {
    make("<h1>a</h1><p>b</p>");
    goTo("a");
    press("Backspace");
    expect(outline(editor.state.doc)).toBe("doc[paragraph(a) paragraph(b)]");
  });
});

describe("a summary", () => {
  it("Enter at its end goes to the section's first line", () => {
    make(DETAILS.replace("<p>a</p>", "<p></p>"));
    goTo("s", true);
    press("Enter");
    expect(outline(editor.state.doc)).toBe(
      "doc[details[detailsSummary(s) detailsContent[paragraph()]]]",
    );
    expect(editor.state.selection.$from.node(-1).type.name).toBe("detailsContent");
  });

  it("Enter within it takes what is behind along", () => {
    make(DETAILS.replace(">s<", ">one two<"));
    goTo(" two");
    press("Enter");
    expect(outline(editor.state.doc)).toBe(
      "doc[details[detailsSummary(one) detailsContent[paragraph( two) paragraph(a)]]]",
    );
    expect(editor.state.selection.$from.parent.textContent).toBe(" two");
    expect(editor.state.selection.$from.parentOffset).toBe(0);
  });

  it("Backspace takes a whole emoji", () => {
    make(DETAILS.replace(">s<", ">s👩‍👩‍👧<"));
    goTo("👩‍👩‍👧", true);
    press("Backspace");
    expect(editor.state.doc.firstChild?.firstChild?.textContent).toBe("s");
  });

  it("is gone back to from the section's first line", () => {
    make(DETAILS);
    goTo("a");
    press("Backspace");
    expect(editor.state.selection.$from.parent.type.name).toBe("detailsSummary");
    expect(editor.state.selection.$from.parentOffset).toBe(1);
    expect(editor.state.selection).toBeInstanceOf(TextSelection);
    expect(Selection.atEnd(editor.state.doc).$from.parent.textContent).toBe("a");
  });
});
