// What other programs put on the clipboard, made into what the schema reads (pasting/). Shift with the paste keys pastes
// words as they are.
import { Extension } from "@tiptap/core";
import { Fragment, type Node, DOMParser as SchemaParser, Slice } from "@tiptap/pm/model";
import { Plugin } from "@tiptap/pm/state";
import { isInTable } from "@tiptap/pm/tables";
import type { EditorView } from "@tiptap/pm/view";
import type { Translate } from "../i18n";
import { cleaned } from "./pasting/html";
import { looksLikeMarkdown, markdownToDom } from "./pasting/markdown";
import { cellsOf, tableOf } from "./pasting/text";

/** Return what is in the cells of a table, one block after the other. */
function blocksIn(table: Node): Node[] {
  const blocks: Node[] = [];
  for (const row of table.children) for (const cell of row.children) blocks.push(...cell.children);
  return blocks;
}

/** Return `content` without tables in cells: their words stay, in a line each. */
function flat(content: Fragment, isInCell: boolean): Fragment {
  const all: Node[] = [];
  content.forEach((node) => {
    const role: unknown = node.type.spec.tableRole;
    const isCell = role === "cell" || role === "header_cell";
    const inside =
      node.isTextblock || node.isLeaf ? node : node.copy(flat(node.content, isInCell || isCell));
    if (role === "table" && isInCell) all.push(...blocksIn(inside));
    else all.push(inside);
  });
  return Fragment.from(all);
}

/**
 * Return a slice as it is to go in: no table in a table; and a table at an end of several blocks is whole, else what
 * stands behind the caret would go into its last cell.
 */
export function sound(slice: Slice, isInCell: boolean): Slice {
  const { firstChild, lastChild, childCount } = slice.content;
  const isTable = (node: Node | null) => node?.type.spec.tableRole === "table";
  // Cells that are pasted into cells are the table extension's.
  const isCells = isInCell && childCount === 1 && isTable(firstChild);
  const content = flat(slice.content, isInCell && !isCells);
  if (!content.eq(slice.content)) return Slice.maxOpen(content, false);
  if (isCells) return slice;
  const openStart = isTable(firstChild) ? 0 : slice.openStart;
  return new Slice(content, openStart, isTable(lastChild) ? 0 : slice.openEnd);
}

/** Return the extension that reads pastes before the schema does; `tell` says what was left out. */
export function paste(t: Translate, tell: (message: string) => void): Extension {
  return Extension.create({
    name: "pastedForms",
    addProseMirrorPlugins: () => [
      new Plugin({
        props: {
          transformPastedHTML: (html) =>
            cleaned(html, (count) => tell(t("picturesLeftOut", { count }))),
          transformPasted: (slice: Slice, view: EditorView) => sound(slice, isInTable(view.state)),
          clipboardTextParser: (text, context, plain, view) => {
            const parser = SchemaParser.fromSchema(view.state.schema);
            const cells = plain ? null : cellsOf(text);
            if (cells) return parser.parseSlice(tableOf(cells), { context });
            // Undefined: ProseMirror's own way, a paragraph a line. Its types do not say that it is allowed.
            if (plain || !looksLikeMarkdown(text)) return undefined as never;
            return parser.parseSlice(markdownToDom(text), { context });
          },
        },
      }),
    ],
  });
}
