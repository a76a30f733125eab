// Stand-ins for what a document holds and this schema does not know: content of a newer version or of another
// program. They are shown with their words and are never written under these names: the binding keeps what
// they stand for (ui/binding).
import { Mark, Node } from "@tiptap/core";

export const UNKNOWN_BLOCK = "unknownBlock";
export const UNKNOWN_INLINE = "unknownInline";
export const UNKNOWN_MARK = "unknownMark";

export const STAND_INS: ReadonlySet<string> = new Set([
  UNKNOWN_BLOCK,
  UNKNOWN_INLINE,
  UNKNOWN_MARK,
]);

/** What a reader is told of it; the name is that in the document. */
export type UnknownWords = (name: string) => string;

function text(element: HTMLElement, name: string): string {
  return element.getAttribute(`data-${name}`) ?? "";
}

function attributes() {
  const kept = (name: string) => ({
    default: "",
    parseHTML: (element: HTMLElement) => text(element, name),
    renderHTML: () => ({}),
  });
  // The source: all of it, as ui/binding/source.ts writes it.
  return { name: kept("name"), text: kept("text"), source: kept("source") };
}

function data(type: string, { name, text, source }: Record<string, unknown>) {
  return {
    "data-type": type,
    "data-name": String(name),
    "data-text": String(text),
    "data-source": String(source),
  };
}

export const UnknownBlock = Node.create<{ words: UnknownWords }>({
  name: UNKNOWN_BLOCK,
  group: "block",
  atom: true,
  draggable: true,
  addOptions: () => ({ words: String }),
  addAttributes: attributes,
  parseHTML: () => [{ tag: `div[data-type="${UNKNOWN_BLOCK}"][data-source]`, priority: 100 }],
  renderHTML({ node: { attrs } }) {
    const label = this.options.words(String(attrs.name));
    return [
      "div",
      { ...data(UNKNOWN_BLOCK, attrs), role: "group", "aria-label": label },
      ["span", { class: "unknown-label" }, label],
      ["span", { class: "unknown-words" }, String(attrs.text)],
    ];
  },
  renderText: ({ node }) => String(node.attrs.text),
});

export const UnknownInline = Node.create<{ words: UnknownWords }>({
  name: UNKNOWN_INLINE,
  group: "inline",
  inline: true,
  atom: true,
  addOptions: () => ({ words: String }),
  addAttributes: attributes,
  parseHTML: () => [{ tag: `span[data-type="${UNKNOWN_INLINE}"][data-source]`, priority: 100 }],
  renderHTML({ node: { attrs } }) {
    const label = this.options.words(String(attrs.name));
    const shown = String(attrs.text) || `[${attrs.name}]`;
    return ["span", { ...data(UNKNOWN_INLINE, attrs), title: label }, shown];
  },
  renderText: ({ node }) => String(node.attrs.text),
});

export const UnknownMark = Mark.create<{ words: UnknownWords }>({
  name: UNKNOWN_MARK,
  excludes: "", // several of them may stand on one word
  inclusive: false,
  addOptions: () => ({ words: String }),
  addAttributes: () => ({
    name: {
      default: "",
      parseHTML: (element) => text(element, "name"),
      renderHTML: ({ name }) => ({ "data-name": String(name) }),
    },
    value: {
      default: null,
      parseHTML: (element) => {
        try {
          return JSON.parse(text(element, "value"));
        } catch {
          return true;
        }
      },
      renderHTML: ({ value }) => ({ "data-value": JSON.stringify(value ?? null) }),
    },
  }),
  parseHTML: () => [{ tag: `span[data-type="${UNKNOWN_MARK}"]`, priority: 100 }],
  renderHTML({ mark, HTMLAttributes }) {
    const title = this.options.words(String(mark.attrs.name));
    return ["span", { ...HTMLAttributes, "data-type": UNKNOWN_MARK, title }, 0];
  },
});
