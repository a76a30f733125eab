// Callouts, alignment and colours: nodes, attributes and marks of our own. Names are those of
// collab/richtext/palette.py; what they look like is in styles/.
import { Extension, Mark, Node } from "@tiptap/core";

export const CALLOUTS = ["note", "tip", "important", "warning", "caution"] as const;
export const COLOURS = ["gray", "red", "orange", "green", "blue", "purple"] as const;
export const ALIGNMENTS = ["center", "right", "justify"] as const;

export type Callout = (typeof CALLOUTS)[number];
export type Colour = (typeof COLOURS)[number];
export type Alignment = (typeof ALIGNMENTS)[number];

function oneOf<T extends string>(known: readonly T[], value: unknown): T | null {
  return known.find((each) => each === value) ?? null;
}

export const CalloutBlock = Node.create<{ titles: Readonly<Record<Callout, string>> | null }>({
  name: "callout",
  group: "block",
  content: "block+",
  defining: true,
  addOptions: () => ({ titles: null }),
  addAttributes: () => ({
    kind: {
      default: "note",
      parseHTML: (element) => oneOf(CALLOUTS, element.getAttribute("data-kind")) ?? "note",
      renderHTML: () => ({}),
    },
  }),
  parseHTML: () => [{ tag: 'div[data-type="callout"]' }],
  renderHTML({ node }) {
    const kind = oneOf(CALLOUTS, node.attrs.kind) ?? "note";
    const title = this.options.titles?.[kind];
    const attrs = { "data-type": "callout", "data-kind": kind, role: "note" };
    return ["div", title ? { ...attrs, "data-title": title } : attrs, 0];
  },
  addKeyboardShortcuts: () => ({
    // On an empty first line of its own, as in a quote.
    Backspace: ({ editor }) => {
      const { $from, empty } = editor.state.selection;
      const isFirst = empty && $from.parentOffset === 0 && $from.index(-1) === 0;
      return isFirst && $from.node(-1).type.name === "callout"
        ? editor.commands.lift("callout")
        : false;
    },
  }),
});

export const Aligned = Extension.create({
  name: "aligned",
  addGlobalAttributes: () => [
    {
      types: ["paragraph", "heading"],
      attributes: {
        textAlign: {
          default: null,
          parseHTML: (element) =>
            oneOf(ALIGNMENTS, element.style.textAlign || element.dataset.align),
          renderHTML: ({ textAlign }) => {
            const alignment = oneOf(ALIGNMENTS, textAlign);
            return alignment ? { "data-align": alignment } : {};
          },
        },
      },
    },
  ],
});

export const TextColour = Mark.create({
  name: "textColor",
  addAttributes: () => ({
    color: {
      default: null,
      parseHTML: (element) => oneOf(COLOURS, element.getAttribute("data-color")),
      renderHTML: ({ color }) => (color ? { "data-color": color } : {}),
    },
  }),
  parseHTML: () => [
    {
      tag: "span[data-color]",
      getAttrs: (element) => (oneOf(COLOURS, element.getAttribute("data-color")) ? null : false),
    },
  ],
  renderHTML: ({ HTMLAttributes }) => ["span", HTMLAttributes, 0],
});
