// A footnote stands in the text where its number is; its words are shown while it is selected or pointed at.
import { Node } from "@tiptap/core";
import type { Node as ProseMirrorNode } from "@tiptap/pm/model";
import { type EditorState, Plugin } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";

const NAME = "footnote";
const drawn = new WeakMap<ProseMirrorNode, DecorationSet>();

/** Number the footnotes: CSS counters do not leave what is not laid out. */
function numbers({ doc }: EditorState): DecorationSet {
  const known = drawn.get(doc);
  if (known) return known;
  const found: Decoration[] = [];
  doc.descendants((node, at) => {
    if (node.type.name !== NAME) return true;
    const number = { "data-number": String(found.length + 1) };
    found.push(Decoration.node(at, at + node.nodeSize, number));
    return false;
  });
  const made = DecorationSet.create(doc, found);
  drawn.set(doc, made);
  return made;
}

export const Footnote = Node.create({
  name: NAME,
  group: "inline",
  inline: true,
  atom: true,
  content: "(text | hardBreak | inlineMath)*",
  parseHTML: () => [{ tag: 'span[data-type="footnote"]' }],
  renderHTML: () => [
    "span",
    { "data-type": NAME, class: NAME, role: "note", contenteditable: "false" },
    ["span", { class: "footnote-text" }, 0],
  ],
  addProseMirrorPlugins: () => [new Plugin({ props: { decorations: numbers } })],
});
