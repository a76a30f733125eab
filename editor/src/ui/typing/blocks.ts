// Blocks by the signs of Markdown that Tiptap has no rule for: `1)`, `- [ ] x`, `> [!NOTE]`, `[words](address)`.
import { Extension, InputRule, wrappingInputRule } from "@tiptap/core";
import { CALLOUTS } from "../../schema/blocks";
import { isSafeLink } from "../../schema/extensions";
import { completeAddress } from "../prompt";

const TASK = /^\[([ xX]?)\]\s$/;
const CALLOUT = new RegExp(`^\\[!(${CALLOUTS.join("|")})\\]\\s$`, "i");
const LINK = /(?:^|[^!\]])(\[([^[\]]+)\]\(([^()\s]+)\))$/;

/** Return the extension that makes blocks and links of typed signs. */
export const typedBlocks = Extension.create({
  name: "typedBlocks",
  addInputRules() {
    const { orderedList } = this.editor.schema.nodes;
    const task = new InputRule({
      find: TASK,
      handler: ({ state, range, match, chain }) => {
        const { $from } = state.selection;
        // In a paragraph of its own the rule of task items answers; this is the item that "- " has begun.
        if ($from.node(-1)?.type.name !== "listItem" || $from.index(-1) !== 0) return null;
        const checked = match[1]?.toLowerCase() === "x";
        chain().deleteRange(range).toggleTaskList().updateAttributes("taskItem", { checked }).run();
        return undefined;
      },
    });
    const callout = new InputRule({
      find: CALLOUT,
      handler: ({ state, range, match, chain }) => {
        if (state.selection.$from.node(-1)?.type.name !== "blockquote") return null;
        const kind = match[1]?.toLowerCase();
        chain().deleteRange(range).lift("blockquote").wrapIn("callout", { kind }).run();
        return undefined;
      },
    });
    const link = new InputRule({
      find: (text) => {
        const match = LINK.exec(text);
        const href = completeAddress(match?.[3] ?? "");
        if (!match?.[1] || !isSafeLink(href)) return null;
        return {
          index: text.length - match[1].length,
          text: match[1],
          data: { href, words: match[2] ?? "" },
        };
      },
      handler: ({ state, range: { from, to }, match }) => {
        const type = state.schema.marks.link;
        if (!type || !state.selection.empty) return null;
        const { href, words } = match.data as { href: string; words: string };
        // The words keep the marks that they have; only the signs around them go.
        const following = state.doc.resolve(to).marks();
        state.tr.delete(from + 1 + words.length, to).delete(from, from + 1);
        state.tr.addMark(from, from + words.length, type.create({ href }));
        state.tr.setStoredMarks(following.filter((mark) => mark.type !== type));
        return undefined;
      },
    });
    const ordered = orderedList
      ? [
          wrappingInputRule({
            find: /^(\d+)\)\s$/,
            type: orderedList,
            getAttributes: (match) => ({ start: Number(match[1]) }),
            joinPredicate: (match, node) =>
              node.childCount + Number(node.attrs.start) === Number(match[1]),
          }),
        ]
      : [];
    return [task, callout, link, ...ordered];
  },
});
