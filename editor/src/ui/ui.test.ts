import { Editor, getSchema } from "@tiptap/core";
import { Collaboration } from "@tiptap/extension-collaboration";
import { Node } from "@tiptap/pm/model";
import { EditorState } from "@tiptap/pm/state";
import { ySyncPluginKey } from "@tiptap/y-tiptap";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { translator } from "../i18n";
import type { ProviderState } from "../provider/provider";
import type { Status } from "../provider/status";
import { NO_WORDS, schemaExtensions } from "../schema/extensions";
import { inkOn } from "./ink";
import { commonEnds, narrowed, narrowRemoteChanges } from "./narrow";
import { completeAddress } from "./prompt";
import { statusWords } from "./status";
import { unsentWords } from "./unsent";

const schema = getSchema(schemaExtensions(NO_WORDS));
const t = translator("en");

function paragraphs(...texts: string[]): Node {
  const content = texts.map((text) => ({ type: "paragraph", content: [{ type: "text", text }] }));
  return Node.fromJSON(schema, { type: "doc", content });
}

describe("a replacement of the whole document", () => {
  const old = paragraphs("one", "two", "three");

  it.each([
    [paragraphs("one", "2", "three"), 1, 1],
    [paragraphs("one", "two", "three"), 3, 0],
    [paragraphs("two", "three"), 0, 2],
    [paragraphs("one", "two", "three", "four"), 3, 0],
    [paragraphs("one", "one", "two", "three"), 1, 2],
  ])("keeps the blocks that are equal: %s", (next, start, end) => {
    expect(commonEnds(old.content, next.content)).toEqual({ start, end });
    const transaction = narrowed(EditorState.create({ doc: old }).tr);
    transaction.replace(0, old.content.size, next.slice(0));
    expect(transaction.doc.eq(next)).toBe(true);
    expect(transaction.steps.length).toBe(old.eq(next) ? 0 : 1);
  });

  it("leaves decorations' places alone elsewhere", () => {
    const transaction = narrowed(EditorState.create({ doc: old }).tr);
    transaction.replace(0, old.content.size, paragraphs("one", "2", "three").slice(0));
    expect(transaction.mapping.mapResult(2).deleted).toBe(false);
    expect(transaction.mapping.mapResult(12).deleted).toBe(false);
  });

  it("is found in the y-tiptap that is installed", () => {
    expect(() => narrowRemoteChanges()).not.toThrow();
  });
});

describe("a text block that the editor makes", () => {
  it("has its text at once, in lists too, and what holds no text has none", () => {
    narrowRemoteChanges();
    const doc = new Y.Doc();
    const extensions = [
      ...schemaExtensions(NO_WORDS),
      Collaboration.configure({ document: doc, field: "default" }),
    ];
    const element = document.createElement("div");
    const editor = new Editor({ element, injectCSS: false, extensions });
    const item = { type: "listItem", content: [{ type: "paragraph" }] };
    editor.commands.insertContent([{ type: "bulletList", content: [item] }]);
    editor.commands.setHorizontalRule();
    const kinds = new Map<string, number>();
    const walk = (parent: Y.XmlFragment) => {
      for (const child of parent.toArray()) {
        if (!(child instanceof Y.XmlElement)) continue;
        kinds.set(child.nodeName, child.length);
        walk(child);
      }
    };
    walk(doc.getXmlFragment("default"));
    expect(kinds.get("paragraph")).toBe(1);
    expect(kinds.get("horizontalRule")).toBe(0);
    editor.destroy();
  });
});

describe("two editors in a new paragraph", () => {
  function replica(): { doc: Y.Doc; editor: Editor } {
    const doc = new Y.Doc();
    const element = document.createElement("div");
    const extensions = [
      ...schemaExtensions(NO_WORDS),
      Collaboration.configure({ document: doc, field: "default" }),
    ];
    return { doc, editor: new Editor({ element, injectCSS: false, extensions }) };
  }

  function exchange(one: Y.Doc, two: Y.Doc): void {
    const [first, second] = [one, two].map((doc) => Y.encodeStateAsUpdate(doc));
    if (first) Y.applyUpdate(two, first);
    if (second) Y.applyUpdate(one, second);
  }

  /** Each types a letter before it has heard of the other's, turn by turn. */
  function typeTogether(): string[] {
    const [ann, bob] = [replica(), replica()];
    ann.editor.commands.insertContentAt(0, {
      type: "paragraph",
      content: [{ type: "text", text: "-" }],
    });
    exchange(ann.doc, bob.doc);
    // What Enter does at the end of the text: a new, empty paragraph.
    ann.editor.chain().setTextSelection(2).splitBlock().run();
    exchange(ann.doc, bob.doc);
    for (const turn of [0, 1, 2]) {
      for (const [who, letter] of [
        [ann, "abc"[turn]],
        [bob, "xyz"[turn]],
      ] as const) {
        who.editor.view.dispatch(who.editor.state.tr.insertText(letter ?? "", 4));
      }
      exchange(ann.doc, bob.doc);
    }
    const texts = [ann, bob].map(({ editor }) => editor.state.doc.child(1).textContent);
    for (const { editor } of [ann, bob]) editor.destroy();
    return texts;
  }

  it("write each letter once", () => {
    const [one, two] = typeTogether();
    expect(one).toBe(two);
    expect([...(one ?? "")].sort().join("")).toBe("abcxyz");
  });
});

describe("the own caret, when another", () => {
  narrowRemoteChanges();

  function replica(update?: Uint8Array): Editor {
    const doc = new Y.Doc();
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
  const docOf = (editor: Editor) => ySyncPluginKey.getState(editor.state)?.doc as Y.Doc;

  /** Bob does something while Ann's selection is at `ends`; return it with | and ^ for anchor and head. */
  function meanwhile(texts: string[], ends: [number, number], act: (bob: Editor) => void): string {
    const ann = replica();
    ann.commands.setContent(paragraphs(...texts).toJSON());
    const bob = replica(Y.encodeStateAsUpdate(docOf(ann)));
    ann.commands.setTextSelection({ from: ends[0], to: ends[1] });
    act(bob);
    Y.applyUpdate(docOf(ann), Y.encodeStateAsUpdate(docOf(bob)));
    const { from, to } = ann.state.selection;
    ann.view.dispatch(ann.state.tr.insertText("^", to).insertText("|", from));
    const shown = ann.state.doc.content.content.map((block) => block.textContent).join("/");
    for (const editor of [ann, bob]) editor.destroy();
    return shown;
  }
  const split = (at: number) => (bob: Editor) =>
    bob.chain().setTextSelection(at).splitBlock().run();
  const join = (at: number) => (bob: Editor) =>
    bob.chain().setTextSelection(at).joinTextblockBackward().run();

  it.each<[string, string[], [number, number], (bob: Editor) => void, string]>([
    ["splits its block before it", ["one two", "end"], [8, 8], split(4), "one/ two|^/end"],
    ["splits it behind it", ["one two", "end"], [3, 3], split(4), "on|^e/ two/end"],
    ["splits it there", ["one two", "end"], [4, 4], split(4), "one|^/ two/end"],
    ["splits a block of one letter", ["aaaa", "end"], [4, 4], split(3), "aa/a|^a/end"],
    ["splits it within the selection", ["one two", "end"], [2, 7], split(4), "o|ne/ tw^o/end"],
    ["joins its block to the one before", ["one", "two"], [7, 7], join(6), "onet|^wo"],
    ["joins it, and it stood first in it", ["one", "two"], [6, 6], join(6), "one|^two"],
    [
      "writes before it",
      ["one two"],
      [8, 8],
      (bob) => bob.commands.insertContentAt(1, "x"),
      "xone two|^",
    ],
  ])("%s", (_what, texts, ends, act, shown) => {
    expect(meanwhile(texts, ends, act)).toBe(shown);
  });
});

describe("the status in words", () => {
  const of = (status: Status, isKeptOnDevice = true, more: Partial<ProviderState> = {}) =>
    ({
      status,
      isKeptOnDevice,
      access: "write",
      held: null,
      device: isKeptOnDevice
        ? { kind: "keeping", isConfirmed: true }
        : { kind: "failing", failure: "full" },
      ...more,
    }) as ProviderState;
  const words = (status: Status, isKept = true) => statusWords(of(status, isKept), t);

  it.each<[Status, boolean, string]>([
    [{ kind: "saved" }, true, "Saved"],
    [{ kind: "saving", unsaved: 2 }, true, "Saving…"],
    [{ kind: "connecting" }, true, "Connecting…"],
    [{ kind: "offline", unsaved: 0 }, true, "Offline"],
    [{ kind: "offline", unsaved: 1 }, true, "Offline – 1 change kept on this device"],
    [{ kind: "offline", unsaved: 3 }, true, "Offline – 3 changes kept on this device"],
    [
      { kind: "offline", unsaved: 3 },
      false,
      "Offline – 3 changes not kept: do not close this page",
    ],
    [{ kind: "readonly", isFrozen: false, unsaved: 0 }, true, "Read only"],
    [
      { kind: "readonly", isFrozen: true, unsaved: 0 },
      true,
      "Read only, frozen by an administrator",
    ],
  ])("%o, kept %s: %s", (status, isKept, text) => {
    expect(words(status, isKept).text).toBe(text);
  });

  it("says why the server said no, and what did not reach it", () => {
    const status = { kind: "closed", reason: "noAccess", unsaved: 2 } as const;
    const closed = words(status);
    expect(closed.banner).toBe("You may no longer open this document.");
    expect(closed.remedy).toBe("home");
    expect(unsentWords(of(status), t)).toMatch(/^2 changes of yours did not reach the server/);
  });

  it("says what waits for the person's word, and why", () => {
    const held = { kind: "held", unsaved: 3 } as const;
    expect(words(held).text).toBe("Not sent – changes that wait for you: 3");
    expect(unsentWords(of(held, true, { held: "readonly" }), t)).toContain("send them?");
    expect(unsentWords(of(held, true, { held: "refused" }), t)).toContain("refused");
    const reader = { kind: "readonly", isFrozen: false, unsaved: 1 } as const;
    expect(words(reader).text).toBe("Read only – changes not sent: 1");
    const seen = unsentWords(of(reader, true, { held: "readonly", access: "read" }), t);
    expect(seen).toContain("only read");
  });

  it("says that the device keeps nothing, whatever else is so", () => {
    expect(unsentWords(of({ kind: "saved" }, false), t)).toMatch(/storage is full/);
    expect(unsentWords(of({ kind: "saved" }), t)).toBeNull();
  });
});

describe("small things", () => {
  it.each([
    ["example.org", "https://example.org"],
    ["ann@example.org", "mailto:ann@example.org"],
    ["/d/1", "/d/1"],
    ["http://a.b", "http://a.b"],
    ["  ", ""],
  ])("completes %j to %j", (typed, address) => {
    expect(completeAddress(typed)).toBe(address);
  });

  it("writes dark on light and light on dark", () => {
    expect([inkOn("#ffffff"), inkOn("#000000"), inkOn("#b3261e")]).toEqual([
      "#000000",
      "#ffffff",
      "#ffffff",
    ]);
  });
});
