import { Editor } from "@tiptap/core";
import { beforeAll, describe, expect, it } from "vitest";
import { translator } from "../i18n";
import { NO_WORDS, schemaExtensions } from "../schema/extensions";
import { BLOCKS, INSERTS } from "./actions";
import { search, slashMenu } from "./slash";

const t = translator("en");

it("the slash menu finds actions by name, other words and pinyin", () => {
  const names = (query: string) => search([...BLOCKS, ...INSERTS], query, t).map((a) => a.name);
  expect(names("head").slice(0, 3)).toEqual(["heading1", "heading2", "heading3"]);
  expect(names("todo")).toEqual(["taskList"]);
  expect(names("bg")).toEqual(["table"]);
  expect(names("zzz")).toEqual([]);
  expect(names("")).toHaveLength(BLOCKS.length + INSERTS.length);
});

describe("the slash menu answers in the same task as the letters:", () => {
  beforeAll(() => {
    Element.prototype.scrollIntoView = () => {}; // jsdom lays nothing out
  });

  function typed(words: string, ...keys: string[]): string[] {
    const editor = new Editor({
      element: document.createElement("div"),
      injectCSS: false,
      extensions: [
        ...schemaExtensions(NO_WORDS),
        slashMenu(t, [{ name: "upload", run: () => {} }]),
      ],
    });
    for (const letter of words) editor.view.dispatch(editor.state.tr.insertText(letter));
    for (const key of keys) {
      editor.view.dom.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }
    const blocks = editor.state.doc.content.content.map((block) => block.type.name);
    editor.destroy();
    return blocks;
  }

  it.each([
    ["/quote", ["Enter"], "blockquote"],
    ["/todo", ["Tab"], "taskList"],
    ["/list", ["ArrowDown", "Enter"], "orderedList"],
  ])("%s", (words, keys, block) => {
    expect(typed(words, ...keys)[0]).toBe(block);
  });

  it("what it does not find is left as it is", () => {
    expect(typed("/zzz", "Enter")).toEqual(["paragraph", "paragraph"]);
  });
});
