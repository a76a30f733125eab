import type { Editor } from "@tiptap/core";
import { yUndoPluginKey } from "@tiptap/y-tiptap";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as Y from "yjs";
import { docOf, replica, send, stateOf, type } from "./replicas";
import type { OwnUndo } from "./undo";

let editors: Editor[] = [];
function made(html: string): Editor {
  const editor = replica();
  editors.push(editor);
  editor.commands.setContent(html);
  return editor;
}
function other(editor: Editor): Editor {
  const copy = replica(stateOf(editor));
  editors.push(copy);
  return copy;
}
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(1_000_000);
});
afterEach(() => {
  vi.useRealTimers();
  for (const editor of editors) editor.destroy();
  editors = [];
});
/** Nothing that was done before belongs to what comes. */
const rest = () => vi.setSystemTime(Date.now() + 5000);
/** The text with the caret in it, block by block. */
function shown(editor: Editor): string {
  const { from, to } = editor.state.selection;
  const { doc } = editor.state.tr.insertText("^", to).insertText("|", from);
  return doc.content.content.map((block) => `${block.type.name[0]}:${block.textContent}`).join("/");
}
function backspace(editor: Editor): void {
  const { from } = editor.state.selection;
  editor.view.dispatch(editor.state.tr.delete(from - 1, from));
}

describe("one undo takes back", () => {
  it("a word, not a whole brisk paragraph", () => {
    const ann = made("<p></p>");
    rest();
    const words = Array.from({ length: 56 }, (_, at) => `w${String(at).padStart(3, "0")}`);
    type(ann, words.join(" "));
    for (const left of [55, 54, 53]) {
      ann.commands.undo();
      expect(ann.getText().trimEnd()).toBe(words.slice(0, left).join(" "));
    }
    ann.commands.redo();
    expect(ann.getText().trimEnd()).toBe(words.slice(0, 54).join(" "));
  });

  it("what was typed without a pause, and what has no spaces in pieces", () => {
    const ann = made("<p></p>");
    rest();
    type(ann, "one");
    rest();
    type(ann, "two");
    ann.commands.undo();
    expect(ann.getText()).toBe("one");
    ann.commands.undo();
    rest();
    type(ann, "字".repeat(70));
    ann.commands.undo();
    expect(ann.getText().length).toBe(60);
  });

  it("typed text apart from a change of the block, before it and after it", () => {
    const ann = made("<p></p>");
    rest();
    type(ann, "one");
    ann.commands.setHeading({ level: 2 });
    type(ann, "two");
    expect(ann.getHTML()).toBe("<h2>onetwo</h2>");
    ann.commands.undo();
    expect(ann.getHTML()).toBe("<h2>one</h2>");
    ann.commands.undo();
    expect(ann.getHTML()).toBe("<p>one</p>");
    ann.commands.undo();
    expect(ann.getText()).toBe("");
  });

  it("what was typed elsewhere apart, and letters that were taken away apart from typed ones", () => {
    const ann = made("<p>abcdef</p>");
    rest();
    ann.commands.setTextSelection(7);
    type(ann, "x");
    ann.commands.setTextSelection(1);
    type(ann, "y");
    backspace(ann);
    expect(ann.getText()).toBe("abcdefx");
    ann.commands.undo();
    expect(ann.getText()).toBe("yabcdefx");
    ann.commands.undo();
    expect(ann.getText()).toBe("abcdefx");
  });
});

describe("undo and redo put the caret where the change was", () => {
  const two = "<p>first</p><p>second</p>";
  const many = Array.from({ length: 120 }, (_, at) => `<p>line ${at}</p>`).join("");
  const sixth = 5 * 8 + 1; // "line 5"

  it.each<[string, string, number, (ann: Editor) => void, string, string]>([
    ["Backspace", "<p>hello</p>", 6, backspace, "hello|^", "hell|^"],
    ["Backspace in the middle", "<p>world</p>", 4, backspace, "wor|^ld", "wo|^ld"],
    ["typing", "<p>hello</p>", 3, (ann) => type(ann, "xy"), "he|^llo", "hexy|^llo"],
    ["quote", two, 3, (ann) => ann.commands.toggleBlockquote(), "fi|^rst", "fi|^rst"],
    ["heading", two, 10, (ann) => ann.commands.setHeading({ level: 1 }), "se|^cond", "se|^cond"],
    ["list", two, 14, (ann) => ann.commands.toggleBulletList(), "second|^", "second|^"],
    ["Enter", two, 3, (ann) => ann.commands.splitBlock(), "fi|^rst", "|^rst"],
    ["join", two, 8, (ann) => ann.commands.joinTextblockBackward(), "|^second", "first|^second"],
    ["in many", many, sixth, (ann) => ann.commands.toggleBlockquote(), "|^line 5", "|^line 5"],
    ["typing in many", many, sixth, (ann) => type(ann, "x"), "|^line 5", "x|^line 5"],
  ])("%s", (_name, html, at, act, undone, redone) => {
    const ann = made(html);
    rest();
    ann.commands.setTextSelection(at);
    act(ann);
    ann.commands.setTextSelection(ann.state.doc.content.size - 1); // away from it
    ann.commands.undo();
    expect(shown(ann)).toContain(`:${undone}`);
    ann.commands.redo();
    expect(shown(ann)).toContain(`:${redone}`);
  });

  it("and a selection that was typed over is selected again", () => {
    const ann = made("<p>hello</p>");
    rest();
    ann.commands.setTextSelection({ from: 2, to: 5 });
    type(ann, "x");
    ann.commands.undo();
    expect(shown(ann)).toContain(":h|ell^o");
  });
});

describe("undo never takes the words of others", () => {
  it.each<[string, (ann: Editor) => void, string]>([
    ["quote", (ann) => ann.commands.toggleBlockquote(), "<p>saXYme</p><p>end</p>"],
    ["heading", (ann) => ann.commands.setHeading({ level: 2 }), "<p>saXYme</p><p>end</p>"],
    ["code", (ann) => ann.commands.setCodeBlock(), "<p>saXYme</p><p>end</p>"],
    ["list", (ann) => ann.commands.toggleBulletList(), "<p>saXYme</p><p>end</p>"],
    ["details", (ann) => ann.commands.setDetails(), "<p>saXYme</p><p>end</p>"],
    [
      "split",
      (ann) => ann.chain().setTextSelection(2).splitBlock().run(),
      "<p>saXYme</p><p>end</p>",
    ],
  ])("%s, in which another wrote", (_name, act, undone) => {
    const ann = made("<p>same</p><p>end</p>");
    rest();
    ann.commands.setTextSelection(1);
    act(ann);
    const done = ann.getHTML();
    const bob = other(ann);
    let at = 0;
    bob.state.doc.descendants((node, pos) => {
      if (node.text?.endsWith("me")) at = pos + node.text.length - 2;
    });
    bob.commands.setTextSelection(at);
    type(bob, "XY");
    send(bob, ann);
    const written = ann.getHTML();
    expect(written).toContain("aXYme");
    ann.commands.undo();
    expect(ann.getHTML()).toBe(undone);
    ann.commands.redo();
    expect(ann.getHTML()).toBe(written);
    ann.commands.undo();
    expect(ann.getHTML()).toBe(undone);
    send(ann, bob);
    expect(bob.getHTML()).toBe(undone);
    expect(done).not.toContain("XY");
  });

  it("a heading that becomes text again, though a paragraph with words in it is kept by Yjs", () => {
    const ann = made("<h2>same</h2>");
    rest();
    ann.commands.setTextSelection(1);
    ann.commands.setParagraph();
    const bob = other(ann);
    bob.commands.setTextSelection(3);
    type(bob, "XY");
    send(bob, ann);
    ann.commands.undo();
    expect(ann.getHTML()).toBe("<h2>saXYme</h2>");
  });

  it("nor doubles what another's Enter had written anew", () => {
    const ann = made("<p>one two</p><p>end</p>");
    rest();
    ann.commands.setTextSelection(1);
    ann.commands.toggleBlockquote();
    const bob = other(ann);
    bob.chain().setTextSelection(5).splitBlock().run();
    send(bob, ann);
    expect(ann.getHTML()).toContain("<p>one</p><p> two</p>");
    ann.commands.undo();
    expect(ann.getText({ blockSeparator: "" }).replace(/\s/g, "")).toBe("onetwoend");
  });

  it("where nothing stands any more beside which they stood, they keep a block of their own", () => {
    const ann = made("<p>end</p>");
    rest();
    ann.commands.insertContentAt(0, "<blockquote><p>mine</p></blockquote>");
    const bob = other(ann);
    bob.commands.setTextSelection(4);
    type(bob, "XY");
    send(bob, ann);
    ann.commands.undo();
    expect(ann.getText({ blockSeparator: "/" })).toMatch(/^XY\/end$|^end\/XY$/);
  });
});

describe("one's own words that died with a block and were put back", () => {
  /** Ann writes where Bob restyles, neither knows; the server puts her words back under an id of its own. */
  function crossed() {
    const ann = made("<p>same</p><p>end</p>");
    rest();
    const bob = other(ann);
    ann.commands.setTextSelection(3);
    type(ann, "one ");
    type(ann, "two");
    bob.commands.setTextSelection(1);
    bob.commands.setCodeBlock();
    const own = docOf(ann);
    const from = Y.getState(docOf(bob).store, own.clientID);
    const ranges = [[own.clientID, from, 7]] as const;
    send(bob, ann);
    expect(ann.getText({ blockSeparator: "/" })).toBe("same/end");
    const server = replica(stateOf(ann), 70_000);
    editors.push(server);
    server.commands.insertContentAt(3, "one two");
    const told = () => (undoOf(ann) as unknown as OwnUndo).rescued({ client: 70_000, ranges });
    const put = () => {
      send(server, ann);
      expect(ann.getText({ blockSeparator: "/" })).toBe("saone twome/end");
    };
    return { ann, told, put };
  }
  const undoOf = (editor: Editor) => yUndoPluginKey.getState(editor.state)?.undoManager;

  it.each(["told first", "put first"])("go step by step with undo, %s", (order) => {
    const { ann, told, put } = crossed();
    for (const act of order === "told first" ? [told, put] : [put, told]) act();
    ann.commands.undo();
    expect(ann.getText({ blockSeparator: "/" })).toBe("saone me/end");
    ann.commands.undo();
    expect(ann.getText({ blockSeparator: "/" })).toBe("same/end");
    ann.commands.redo();
    expect(ann.getText({ blockSeparator: "/" })).toBe("saone me/end");
  });

  it("stay when nothing was said of whose they are", () => {
    const { ann, put } = crossed();
    put();
    ann.commands.undo();
    expect(ann.getText({ blockSeparator: "/" })).toBe("saone twome/end");
  });
});
