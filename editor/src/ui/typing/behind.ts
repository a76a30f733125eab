// Where the caret stands after something was put in that no letters can be typed into: behind it. Left on it, the next
// letter would replace it.
import type { Editor } from "@tiptap/core";
import { NodeSelection, Selection, TextSelection, type Transaction } from "@tiptap/pm/state";

/** Put the caret behind the block before `at`; a paragraph is made there where no text follows. */
export function caretBehind(tr: Transaction, at: number): Transaction {
  const $at = tr.doc.resolve(at);
  const next = Selection.findFrom($at, 1, true);
  // Only text that follows at once: behind a picture at the end of a cell that is not the next cell's.
  const isNear =
    next instanceof TextSelection && next.$from.pos - at <= 1 && !$at.parent.inlineContent;
  if ($at.parent.inlineContent) return tr.setSelection(TextSelection.create(tr.doc, at));
  if (isNear) return tr.setSelection(next);
  const paragraph = tr.doc.type.schema.nodes.paragraph?.createAndFill();
  const { parent } = $at;
  if (!paragraph || !parent.canReplaceWith($at.index(), $at.index(), paragraph.type)) return tr;
  tr.insert(at, paragraph);
  return tr.setSelection(TextSelection.create(tr.doc, at + 1));
}

/** Put `content` in at a position or in place of a range; a caret that stood there goes behind it. */
export function insertAt(
  editor: Editor,
  place: number | { readonly from: number; readonly to: number },
  content: Record<string, unknown>,
  meta?: string,
): void {
  const end = typeof place === "number" ? place : place.to;
  const start = typeof place === "number" ? place : place.from;
  const { from, to } = editor.state.selection;
  const isHere = from >= start && to <= end;
  editor
    .chain()
    .insertContentAt(place, content, { updateSelection: false })
    .command(({ tr }) => {
      if (meta) tr.setMeta(meta, true);
      // Where the content ends is told by the step: a block may stand behind the paragraph of the place.
      let at = 0;
      tr.mapping.maps.at(-1)?.forEach((_from, _to, _start, newEnd) => {
        at = newEnd;
      });
      if (isHere && at) caretBehind(tr, at);
      return true;
    })
    .run();
}

/** Let a caret that a command left on a block that holds no text go behind it. */
export function leaveNode(tr: Transaction): boolean {
  const { selection } = tr;
  if (selection instanceof NodeSelection && selection.node.isBlock) caretBehind(tr, selection.to);
  return true;
}
