// Reading a document never changes it, and writing changes only what was changed on the screen: on random
// content, most of which the schema does not know or cannot hold.
import { Editor, Mark, Node } from "@tiptap/core";
import { Collaboration } from "@tiptap/extension-collaboration";
import { TextSelection } from "@tiptap/pm/state";
import { afterEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { NO_WORDS, schemaExtensions } from "../../schema/extensions";
import { narrowRemoteChanges } from "../narrow";
import { readJson } from "./json";
import { isBindable } from "./read";
import { untouched } from "./untouched";
import { isNewer, noteVersion, versionOf } from "./version";

/** Thousands by hand: CASES=2000 npx vitest run src/ui/binding. */
const CASES = Number(process.env.CASES ?? 25);
const TIMEOUT_MS = 20_000 + CASES * 2000;
const open: Editor[] = [];

narrowRemoteChanges();

afterEach(() => {
  for (const editor of open.splice(0)) editor.destroy();
});

function edit(doc: Y.Doc, more: (Node | Mark)[] = []): Editor {
  const editor = new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: [
      ...schemaExtensions(NO_WORDS),
      ...more,
      untouched,
      Collaboration.configure({ document: doc, field: "default" }),
    ],
  });
  open.push(editor);
  return editor;
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NAMES = [
  ...["paragraph", "heading", "bulletList", "orderedList", "listItem", "taskList", "taskItem"],
  ...["blockquote", "codeBlock", "horizontalRule", "table", "tableRow", "tableCell", "tableHeader"],
  ...["image", "callout", "details", "detailsSummary", "detailsContent", "blockMath", "inlineMath"],
  ...[
    "footnote",
    "hardBreak",
    "doc",
    "text",
    "unknownBlock",
    "unknownInline",
    "futureBlock",
    "chart",
  ],
];
const ATTRS = [
  "level",
  "start",
  "type",
  "checked",
  "colspan",
  "rowspan",
  "colwidth",
  "src",
  "kind",
];
const MORE_ATTRS = ["textAlign", "latex", "language", "width", "caption", "future", "id", "name"];
const VALUES: readonly unknown[] = [
  ...[1, 2, 7, 0, -1, 1e9, Number.NaN, Number.POSITIVE_INFINITY, 0.5, "2", "", "x", true, false],
  ...[null, [100], [Number.NaN], { a: 1 }, "note", "center", "https://a.example/b.png", 10n],
];
const MARKS = ["bold", "code", "link", "textColor", "future", "comment--AbCdEfGh", "unknownMark"];
const WORDS = [
  "one ",
  "two",
  "see https://a.example",
  " www.example.org ",
  "😀",
  "字",
  "|",
  "end. ",
];

function content(random: () => number) {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const value = () => pick(VALUES) as never;
  const text = (): Y.XmlText => {
    const made = new Y.XmlText();
    const delta = Array.from({ length: Math.floor(random() * 4) }, () => {
      const attributes =
        random() < 0.4 ? { [pick(MARKS)]: pick([true, {}, { href: 5 }, "x"]) } : {};
      const insert = random() < 0.1 ? { type: "mention", id: 1 } : pick(WORDS);
      return { insert, attributes };
    });
    made.applyDelta(delta);
    if (random() < 0.05) made.setAttribute("lang", "zh");
    return made;
  };
  const element = (depth: number): Y.XmlElement => {
    const made = new Y.XmlElement(random() < 0.3 ? "paragraph" : pick(NAMES));
    for (const name of [...ATTRS, ...MORE_ATTRS]) {
      if (random() < 0.08) made.setAttribute(name, value());
    }
    const children = Math.floor(random() * 4);
    for (let index = 0; index < children; index += 1) {
      made.insert(index, [depth < 5 && random() < 0.55 ? element(depth + 1) : text()]);
    }
    return made;
  };
  /** What stock editors write: a list of lists, a table, in order. */
  const list = (depth: number): Y.XmlElement => {
    const made = new Y.XmlElement("bulletList");
    const item = new Y.XmlElement("listItem");
    const line = new Y.XmlElement("paragraph");
    line.insert(0, [text()]);
    item.insert(0, [line, ...(depth < 3 && random() < 0.5 ? [list(depth + 1)] : [])]);
    made.insert(0, [item]);
    return made;
  };
  const doc = new Y.Doc();
  const body = doc.getXmlFragment("default");
  const blocks = 1 + Math.floor(random() * 9);
  for (let index = 0; index < blocks; index += 1) {
    body.push([random() < 0.3 ? list(0) : element(0)]);
  }
  return doc;
}

/** Open what another program wrote: with client ids of its own. */
function received(from: Y.Doc): Y.Doc {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(from));
  return doc;
}

const bytes = (doc: Y.Doc) => Buffer.from(Y.encodeStateAsUpdate(doc)).toString("hex");
const blocks = (doc: Y.Doc) => doc.getXmlFragment("default").toArray() as unknown as Y.XmlElement[];

function describeType(type: unknown): unknown {
  if (type instanceof Y.XmlElement) {
    return [
      type.nodeName,
      Object.entries(type.getAttributes()).sort(),
      type.toArray().map(describeType),
    ];
  }
  return type instanceof Y.XmlText ? [type.toDelta(), type.getAttributes()] : type;
}

describe("opening a document", () => {
  it(
    "does not change a byte of it, whatever it holds, and shows every word",
    () => {
      for (let seed = 1; seed <= CASES; seed += 1) {
        const doc = received(content(chance(seed)));
        const before = bytes(doc);
        const editor = edit(doc);
        // A caret that moves is no change either.
        editor.commands.setTextSelection(0);
        editor.commands.selectAll();
        editor.view.dispatch(editor.state.tr.setMeta("looked", true));
        expect(bytes(doc), `seed ${seed}`).toBe(before);
        const all = JSON.stringify(blocks(doc).map(describeType), (_, value) =>
          typeof value === "bigint" ? 0 : value,
        );
        const words = all.match(/😀|字|see https|two/g) ?? [];
        const html = editor.getHTML();
        for (const word of new Set(words)) expect(html, `seed ${seed}`).toContain(word);
        editor.destroy();
      }
    },
    TIMEOUT_MS,
  );

  it(
    "does not change it either when it comes piece by piece",
    () => {
      for (let seed = 1; seed <= CASES; seed += 1) {
        const random = chance(seed);
        const theirs = content(random);
        const doc = received(theirs);
        const editor = edit(doc);
        const more = content(random);
        const body = theirs.getXmlFragment("default");
        for (const block of blocks(more)) {
          const at = Math.floor(random() * (body.length + 1));
          body.insert(at, [(block as Y.XmlElement).clone()]);
          Y.applyUpdate(doc, Y.encodeStateAsUpdate(theirs, Y.encodeStateVector(doc)));
        }
        if (body.length > 1) body.delete(0, 1);
        Y.applyUpdate(doc, Y.encodeStateAsUpdate(theirs, Y.encodeStateVector(doc)));
        editor.view.dispatch(editor.state.tr.setMeta("looked", true));
        expect(bytes(received(doc)), `seed ${seed}`).toBe(bytes(received(theirs)));
        editor.destroy();
      }
    },
    TIMEOUT_MS,
  );
});

describe("writing", () => {
  it(
    "in one paragraph leaves all others as they are",
    () => {
      for (let seed = 1; seed <= CASES; seed += 1) {
        const theirs = content(chance(seed));
        const line = new Y.XmlElement("paragraph");
        line.setAttribute("future", "kept");
        const words = new Y.XmlText();
        line.insert(0, [words]);
        words.applyDelta([
          { insert: "my " },
          { insert: "words", attributes: { future: { x: 1 } } },
        ]);
        const at = Math.floor(chance(seed)() * (blocks(theirs).length + 1));
        theirs.getXmlFragment("default").insert(at, [line]);
        const doc = received(theirs);
        const before = blocks(doc).map(describeType);
        const editor = edit(doc);
        let place = 0;
        for (let index = 0; index < at; index += 1) place += editor.state.doc.child(index).nodeSize;
        editor.view.dispatch(editor.state.tr.insertText("X", place + 1));
        editor.view.dispatch(editor.state.tr.insertText("Y", place + 6));
        const after = blocks(doc).map(describeType);
        const [written] = after.splice(at, 1) as [unknown[]];
        before.splice(at, 1);
        expect(after, `seed ${seed}`).toEqual(before);
        expect(written).toEqual([
          "paragraph",
          [["future", "kept"]],
          [[[{ insert: "Xmy " }, { insert: "wYords", attributes: { future: { x: 1 } } }], {}]],
        ]);
        editor.destroy();
      }
    },
    TIMEOUT_MS,
  );

  it(
    "gives what the editor shows, for all that the schema can hold",
    () => {
      for (let seed = 1; seed <= CASES; seed += 1) {
        const random = chance(seed);
        const doc = received(content(random));
        const editor = edit(doc);
        for (let step = 0; step < 12; step += 1) act(editor, random);
        const again = edit(received(doc));
        expect(plain(again), `seed ${seed}`).toEqual(plain(editor));
        editor.destroy();
        again.destroy();
      }
    },
    TIMEOUT_MS,
  );
});

/** What an editor shows; formatting stands on letters only. */
function plain(editor: Editor): unknown {
  return JSON.parse(JSON.stringify(editor.getJSON()), (_, value) => {
    if (value?.marks && value.type !== "text") delete value.marks;
    return value;
  });
}

/** Something that a person does somewhere. */
function act(editor: Editor, random: () => number): void {
  const { doc } = editor.state;
  const place = () => {
    const at = Math.floor(random() * (doc.content.size + 1));
    // No caret stands between the halves of a character.
    const isInside = at > 0 && /^[\uD800-\uDBFF]/.test(doc.textBetween(at - 1, at));
    return doc.resolve(isInside ? at + 1 : at);
  };
  const [$from, $to] = [place(), place()];
  editor.view.dispatch(editor.state.tr.setSelection(TextSelection.between($from, $to)));
  const acts = [
    () => editor.commands.insertContent("new words"),
    () => editor.commands.splitBlock(),
    () => editor.commands.toggleBold(),
    () => editor.commands.deleteSelection(),
    () => editor.commands.wrapIn("blockquote"),
    () => editor.commands.toggleBulletList(),
    () => editor.commands.setNode("heading", { level: 2 }),
    () => editor.commands.joinBackward(),
    () => editor.commands.lift("blockquote"),
  ];
  try {
    acts[Math.floor(random() * acts.length)]?.();
  } catch (error) {
    // Tiptap's commands throw on selections that no person can make; they have done nothing then.
    if (!(error instanceof RangeError) && (error as Error).name !== "TransformError") throw error;
  }
}

describe("two versions of the page in one document", () => {
  const Chart = Node.create({
    name: "chart",
    group: "block",
    content: "inline*",
    addAttributes: () => ({ points: { default: null } }),
    renderHTML: () => ["section", 0],
  });
  const Spoken = Mark.create({
    name: "spoken",
    addAttributes: () => ({ by: { default: null } }),
    renderHTML: () => ["q", 0],
  });

  function pair() {
    const [old, next] = [new Y.Doc(), new Y.Doc()];
    old.on("update", (update, origin) => origin !== next && Y.applyUpdate(next, update, old));
    next.on("update", (update, origin) => origin !== old && Y.applyUpdate(old, update, next));
    return { old: edit(old), next: edit(next, [Chart, Spoken]), docs: [old, next] as const };
  }

  const NEW_CONTENT = [
    { type: "paragraph", content: [{ type: "text", text: "before" }] },
    {
      type: "chart",
      attrs: { points: [1, 2] },
      content: [{ type: "text", text: "a chart's words" }],
    },
    {
      type: "paragraph",
      content: [
        { type: "text", text: "she said " },
        { type: "text", text: "yes", marks: [{ type: "spoken", attrs: { by: "ann" } }] },
      ],
    },
  ];

  it("loses nothing of what only the newer one knows", () => {
    const { old, next, docs } = pair();
    next.commands.setContent({ type: "doc", content: NEW_CONTENT });
    expect(old.getHTML()).toContain("a chart&#x27;s words".replace("&#x27;", "'"));
    old.commands.insertContentAt(1, "old ");
    old.commands.insertContentAt(old.state.doc.content.size - 1, "!");
    next.commands.insertContentAt(1, "new ");
    expect(next.getJSON().content?.[1]).toMatchObject(NEW_CONTENT[1] as object);
    const said = next.getJSON().content?.[2]?.content ?? [];
    expect(said[1]).toMatchObject({
      text: "yes",
      marks: [{ type: "spoken", attrs: { by: "ann" } }],
    });
    expect(bytes(received(docs[0]))).toBe(bytes(received(docs[1])));
  });

  it("keeps it while the older one moves, wraps, copies it and writes all around", () => {
    const { old, next } = pair();
    next.commands.setContent({ type: "doc", content: NEW_CONTENT });
    old.commands.selectAll();
    old.commands.wrapIn("blockquote");
    old.commands.toggleBold();
    const quote = next.getJSON().content?.[0] as { type: string; content: object[] };
    expect(quote.type).toBe("blockquote");
    expect(quote.content[1]).toMatchObject(NEW_CONTENT[1] as object);
    const html = old.getHTML();
    old.commands.setContent(html);
    expect(JSON.stringify(next.getJSON())).toContain('"points":[1,2]');
    expect(JSON.stringify(next.getJSON())).toContain('"type":"spoken"');
  });

  it("follows what the newer one writes in it", () => {
    const { old, next } = pair();
    next.commands.setContent({ type: "doc", content: NEW_CONTENT });
    next.commands.insertContentAt(11, "new ");
    expect(old.getHTML()).toContain("a new chart");
  });
});

describe("the version of the schema", () => {
  it("is 1 where none is written, and reading writes none", () => {
    const doc = new Y.Doc();
    edit(doc).commands.insertContent("words");
    expect(versionOf(doc)).toBe(1);
    expect([...doc.share.keys()]).toEqual(["default"]);
    doc.getText("schema").insert(0, "another program's");
    expect(versionOf(doc)).toBe(1);
  });

  it("is written with what needs it, and told to older pages", () => {
    const doc = new Y.Doc();
    const editor = edit(doc);
    const since = new Map([["blockquote", 2]]);
    editor.commands.insertContent("words");
    noteVersion(doc, editor.state.doc, since);
    expect(isNewer(doc)).toBe(false);
    editor.commands.wrapIn("blockquote");
    noteVersion(doc, editor.state.doc, since);
    expect([versionOf(doc), isNewer(doc)]).toEqual([2, true]);
  });
});

describe("content as JSON, of the history page", () => {
  it("is shown with what the schema does not know", () => {
    const content = [
      { type: "chart", attrs: { a: 1 }, content: [{ type: "text", text: "charted" }] },
      { type: "paragraph", content: [{ type: "text", text: "x", marks: [{ type: "spoken" }] }] },
    ];
    const doc = readJson(edit(new Y.Doc()).schema, { type: "doc", content });
    expect(doc.child(0).type.name).toBe("unknownBlock");
    expect(doc.child(0).attrs.text).toBe("charted");
    expect(doc.child(1).textContent).toBe("x");
    expect(() => doc.check()).not.toThrow();
  });
});

describe("a body that the editor has no place for", () => {
  it("is known as such", () => {
    const doc = new Y.Doc();
    expect(isBindable(doc.getXmlFragment("default"))).toBe(true);
    doc.getXmlFragment("default").push([new Y.XmlText("bare")]);
    expect(isBindable(doc.getXmlFragment("default"))).toBe(false);
  });
});
