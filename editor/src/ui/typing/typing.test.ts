import { Editor, flattenExtensions } from "@tiptap/core";
import { TextSelection } from "@tiptap/pm/state";
import { afterEach, describe, expect, it } from "vitest";
import { translator } from "../../i18n";
import { NO_WORDS, schemaExtensions } from "../../schema/extensions";
import { addressOf, autolink } from "./autolink";
import { insertAt } from "./behind";
import { typedBlocks } from "./blocks";
import { emphasis, REPLACED } from "./emphasis";
import { tabKey } from "./tab";

let editor: Editor;
afterEach(() => editor.destroy());

function make(content = "<p></p>"): Editor {
  const schema = schemaExtensions(NO_WORDS);
  editor = new Editor({
    element: document.body.appendChild(document.createElement("div")),
    injectCSS: false,
    enableInputRules: [
      ...flattenExtensions(schema).filter(({ name }) => !REPLACED.has(name)),
      emphasis,
      typedBlocks,
    ],
    enablePasteRules: [autolink],
    extensions: [...schema, emphasis, typedBlocks, autolink, tabKey(translator("en"))],
    content,
  });
  return editor;
}

/** Type as a browser tells ProseMirror of it: a letter at a time. */
function type(words: string): string {
  for (const letter of words) {
    if (letter === "\n") {
      press("Enter");
      continue;
    }
    const { view, state } = editor;
    const { from, to } = state.selection;
    const isTaken = view.someProp("handleTextInput", (take) =>
      take(view, from, to, letter, () => editor.state.tr.insertText(letter)),
    );
    if (!isTaken) view.dispatch(editor.state.tr.insertText(letter));
  }
  return editor.getHTML();
}

function press(key: string, more: KeyboardEventInit = {}): boolean {
  return !editor.view.dom.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }),
  );
}

describe("signs of emphasis", () => {
  it.each([
    ["*so*", "<em>so</em>"],
    ["a **very good** b", "a <strong>very good</strong> b"],
    ["__b__ _i_", "<strong>b</strong> <em>i</em>"],
    ["~~gone~~ ==seen==", "<s>gone</s> <mark>seen</mark>"],
    ["H~2~O", "H~2~O"],
    ["x ^2^", "x <sup>2</sup>"],
    ["a `code *here*` b", "a <code>code *here*</code> b"],
    ["**真，**她", "<strong>真，</strong>她"],
    ["這是**粗體**文字", "這是<strong>粗體</strong>文字"],
    ["「**強調**」", "「<strong>強調</strong>」"],
    ["(*in brackets*)", "(<em>in brackets</em>)"],
    ["**a *b* c**", "<strong>a <em>b</em> c</strong>"],
  ])("%s", (words, html) => {
    make();
    expect(type(words)).toBe(`<p>${html}</p>`);
  });

  it.each([
    "2 * 3 * 4",
    "2*3*4",
    "snake_case_name",
    "a ** b ** c",
    "**",
    "****",
    "~/a ~/b",
    "~a b~",
    "5 ^ 2 ^ 3",
  ])("%s is left alone", (words) => {
    make();
    type(words);
    expect(editor.getText()).toBe(words);
    expect(editor.getHTML()).toBe(`<p>${words}</p>`);
  });

  it("one Backspace takes it back", () => {
    make();
    type("*so*");
    press("Backspace");
    expect(editor.getText()).toBe("*so*");
  });
});

describe("signs of blocks and links", () => {
  it.each([
    ["1) one", "orderedList"],
    ["- [ ] x", "taskList"],
    ["- [x] x", "taskList"],
    ["> [!NOTE] x", "callout"],
  ])("%s", (words, block) => {
    make();
    type(words);
    const { firstChild } = editor.state.doc;
    expect(firstChild?.type.name).toBe(block);
    expect(firstChild?.textContent.trim()).toBe(words.startsWith("1") ? "one" : "x");
    if (block === "taskList") {
      expect(firstChild?.firstChild?.attrs.checked).toBe(words.includes("[x]"));
    }
  });

  it("an item that becomes a task leaves those before it as they are", () => {
    make();
    type("- one\n[ ] two");
    expect(editor.state.doc.content.content.map((block) => block.type.name)).toEqual([
      "bulletList",
      "taskList",
    ]);
  });

  it("[words](address) is a link, and what follows is not in it", () => {
    make();
    expect(type("see [the *page*](example.org/a) now")).toMatch(
      /^<p>see <a [^>]*href="https:\/\/example.org\/a"[^>]*>the <em>page<\/em><\/a> now<\/p>$|^<p>see <a [^>]*>the <\/a><a [^>]*><em>page<\/em><\/a> now<\/p>$/,
    );
    editor.commands.clearContent();
    type("[no](javascript:alert)");
    expect(editor.getHTML()).not.toContain("<a ");
  });
});

describe("addresses", () => {
  it.each([
    ["https://example.org/x,", "https://example.org/x"],
    ["(https://example.org/a_(b))", "https://example.org/a_(b)"],
    ["www.example.org.", "https://www.example.org"],
    ["ann@example.org;", "mailto:ann@example.org"],
    ["《https://example.org/路》。", "https://example.org/路"],
  ])("%s", (word, href) => {
    expect(addressOf(word)?.href).toBe(href);
  });

  it.each(["README.md", "main.py", "3.5.zip", "e.g.", "@ann", "https://", "javascript:x"])(
    "%s is none",
    (word) => {
      expect(addressOf(word)).toBeNull();
    },
  );

  it("are linked when the word ends, by a space or by Enter, and the next word is not", () => {
    make();
    type("https://example.org/x, and README.md\nann@example.org\n");
    const links = [...editor.view.dom.querySelectorAll("a")].map((link) => [
      link.textContent,
      link.getAttribute("href"),
    ]);
    expect(links).toEqual([
      ["https://example.org/x", "https://example.org/x"],
      ["ann@example.org", "mailto:ann@example.org"],
    ]);
    expect(editor.state.doc.childCount).toBe(3);
  });
});

describe("Tab", () => {
  it("indents code, and takes it back", () => {
    make("<pre><code>a\nb\nc</code></pre>");
    editor.commands.setTextSelection({ from: 1, to: 5 });
    expect(press("Tab")).toBe(true);
    expect(editor.getText()).toBe("  a\n  b\nc");
    expect(press("Tab", { shiftKey: true })).toBe(true);
    expect(editor.getText()).toBe("a\nb\nc");
    editor.commands.setTextSelection(2);
    press("Tab");
    expect(editor.getText()).toBe("a  \nb\nc");
  });

  it("stays in the text and says how to leave; behind Escape it leaves, from a list too", () => {
    make("<p>x</p><ul><li><p>a</p></li></ul>");
    editor.commands.setTextSelection(1);
    expect(press("Tab")).toBe(true);
    expect(editor.getText()).toContain("x");
    expect(document.querySelector("[role=status]")?.textContent).toContain("Escape");
    for (const place of [1, 6]) {
      editor.commands.setTextSelection(place);
      press("Escape");
      expect(press("Tab")).toBe(false);
      expect(press("Tab")).toBe(true);
    }
  });
});

describe("behind what holds no letters", () => {
  const image = { type: "image", attrs: { src: "/x.png" } };

  it.each([
    ["<p></p>", 1, "image paragraph:x"],
    ["<p>ab</p>", 3, "paragraph:ab image paragraph:x"],
    ["<p>ab</p>", 2, "paragraph:a image paragraph:xb"],
    ["<p></p><h1>t</h1>", 1, "image heading:xt"],
    ["<blockquote><p></p></blockquote><p>n</p>", 2, "blockquote:x paragraph:n"],
  ])("%s at %i", (content, place, blocks) => {
    make(content);
    editor.commands.setTextSelection(place);
    insertAt(editor, place, image);
    type("x");
    const made = editor.state.doc.content.content.map((block) =>
      block.isAtom ? block.type.name : `${block.type.name}:${block.textContent}`,
    );
    expect(made.join(" ")).toBe(blocks);
    expect(editor.state.selection).toBeInstanceOf(TextSelection);
    expect(editor.getHTML()).toContain("<img");
  });

  it("a caret that has gone elsewhere stays there", () => {
    make("<p>ab</p><p>cd</p>");
    editor.commands.setTextSelection(7);
    insertAt(editor, 3, image);
    type("x");
    expect(editor.state.doc.lastChild?.textContent).toBe("cdx");
  });
});
