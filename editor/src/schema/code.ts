// Colours in code blocks: decorations, so that nothing of them is in the document.
import { Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet, type EditorView } from "@tiptap/pm/view";
import type { Piece } from "../lazy/highlight";

/** Names as highlight.js has them, of what its common set knows and people write; and as people call them, sorted so. */
export const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ["c", "C"],
  ["csharp", "C#"],
  ["cpp", "C++"],
  ["css", "CSS"],
  ["diff", "Diff"],
  ["go", "Go"],
  ["graphql", "GraphQL"],
  ["xml", "HTML, XML"],
  ["ini", "INI, TOML"],
  ["java", "Java"],
  ["javascript", "JavaScript"],
  ["json", "JSON"],
  ["kotlin", "Kotlin"],
  ["less", "Less"],
  ["lua", "Lua"],
  ["makefile", "Makefile"],
  ["markdown", "Markdown"],
  ["objectivec", "Objective-C"],
  ["perl", "Perl"],
  ["php", "PHP"],
  ["python", "Python"],
  ["r", "R"],
  ["ruby", "Ruby"],
  ["rust", "Rust"],
  ["scss", "SCSS"],
  ["bash", "Shell"],
  ["sql", "SQL"],
  ["swift", "Swift"],
  ["typescript", "TypeScript"],
  ["vbnet", "Visual Basic"],
  ["wasm", "WebAssembly"],
  ["yaml", "YAML"],
]);
/** Longer code stays in one colour: each keystroke in it would be felt. */
const MAX_CHARS = 20_000;

type Highlight = (code: string, language: string) => readonly Piece[];

interface State {
  readonly highlight: Highlight | null;
  readonly decorations: DecorationSet;
}

const KEY = new PluginKey<State>("codeColours");

function isColoured(node: Node): boolean {
  return node.type.name === "codeBlock" && Boolean(node.attrs.language);
}

/** For states that are made anew when it has come: each moment of the history is one. */
let loaded: Highlight | null = null;
const cache = new WeakMap<Node, readonly Piece[]>();

function colour(node: Node, at: number, highlight: Highlight): Decoration[] {
  if (node.textContent.length > MAX_CHARS) return [];
  const known = cache.get(node) ?? highlight(node.textContent, String(node.attrs.language));
  cache.set(node, known);
  let from = at + 1;
  const out: Decoration[] = [];
  for (const { text, classes } of known) {
    const to = from + text.length;
    if (classes.length > 0) out.push(Decoration.inline(from, to, { class: classes.join(" ") }));
    from = to;
  }
  return out;
}

function coloured(doc: Node, highlight: Highlight | null): DecorationSet {
  if (!highlight) return DecorationSet.empty;
  const out: Decoration[] = [];
  doc.descendants((node, at) => {
    if (isColoured(node)) out.push(...colour(node, at, highlight));
    return !node.isTextblock;
  });
  return DecorationSet.create(doc, out);
}

function hasCode(doc: Node): boolean {
  let isFound = false;
  doc.descendants((node) => {
    isFound ||= isColoured(node);
    return !isFound && !node.isTextblock;
  });
  return isFound;
}

class Loader {
  #isAsked = false;

  constructor(view: EditorView) {
    this.update(view);
  }

  update(view: EditorView): void {
    if (this.#isAsked || !hasCode(view.state.doc)) return;
    this.#isAsked = true;
    void import("../lazy/highlight").then(({ highlight }) => {
      loaded = highlight;
      if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(KEY, highlight));
    });
  }
}

export const CodeColours = Extension.create({
  name: "codeColours",
  addProseMirrorPlugins: () => [
    new Plugin<State>({
      key: KEY,
      state: {
        init: (_, { doc }) => ({ highlight: loaded, decorations: coloured(doc, loaded) }),
        apply: (transaction, before) => {
          const highlight = (transaction.getMeta(KEY) as Highlight | undefined) ?? before.highlight;
          if (!transaction.docChanged && highlight === before.highlight) return before;
          return { highlight, decorations: coloured(transaction.doc, highlight) };
        },
      },
      props: { decorations: (state) => KEY.getState(state)?.decorations },
      view: (view) => new Loader(view),
    }),
  ],
});
