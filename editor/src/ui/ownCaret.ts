// The person's own caret while others write: it stays where it was put, beside the words that it stood
// beside.
import { Extension } from "@tiptap/core";
import type { Fragment } from "@tiptap/pm/model";
import { Plugin, TextSelection, type Transaction } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import { yCursorPluginKey } from "@tiptap/y-tiptap";
import * as Y from "yjs";

/** A selection as y-tiptap keeps it during a remote change: in the Yjs document, and in the old text. */
export interface KeptSelection {
  readonly type: string;
  readonly anchor: Y.RelativePosition | null;
  readonly head: Y.RelativePosition | null;
  readonly absAnchor: number;
  readonly absHead: number;
}

function isLost(position: Y.RelativePosition | null, deleted: Y.Transaction["deleteSet"]): boolean {
  return [position?.item, position?.type].some((id) => !!id && Y.isDeleted(deleted, id));
}

/**
 * Whether a remote change took away what the selection holds on to. Who splits a block deletes its second
 * half and writes it anew in a new block, and who joins two does the same: for Yjs a caret in that half
 * stands where the words were, not where they are.
 */
export function isUprooted(kept: KeptSelection | null, transaction: Y.Transaction): boolean {
  return (
    kept?.type === "text" &&
    [kept.anchor, kept.head].some((end) => isLost(end, transaction.deleteSet))
  );
}

/** Return where a place of `old` is in `next`; null where it is in the part that differs. */
export function placeAfter(old: Fragment, next: Fragment): (place: number) => number | null {
  const start = old.findDiffStart(next);
  const ends = old.findDiffEnd(next);
  if (start === null || ends === null) return (place) => place;
  // Where letters repeat, what is equal from the end may reach over what is equal from the start.
  const overlap = Math.max(0, start - Math.min(ends.a, ends.b));
  const [oldEnd, newEnd] = [ends.a + overlap, ends.b + overlap];
  return (place) => {
    if (place <= start) return place;
    return place >= oldEnd ? place + newEnd - oldEnd : null;
  };
}

/** Make the selection of `transaction`, a remote change, follow its words to where they are now. */
export function following(transaction: Transaction, kept: KeptSelection): Transaction {
  const replace = transaction.replace.bind(transaction);
  transaction.replace = (...args) => {
    const moved = placeAfter(transaction.doc.content, replace(...args).doc.content);
    const [anchor, head] = [moved(kept.absAnchor), moved(kept.absHead)];
    if (anchor !== null && head !== null) {
      const { doc } = transaction;
      transaction.setSelection(TextSelection.between(doc.resolve(anchor), doc.resolve(head)));
      transaction.setSelection = () => transaction; // y-tiptap's own comes after this
    }
    return transaction;
  };
  return transaction;
}

/**
 * Take over where the person has just put the caret. The browser tells it a moment after the key that
 * moved it. A change by somebody else in between would put the caret back; and the next key, where the
 * page is busy, would act where the caret was before.
 */
export function readSelection(view: EditorView): void {
  // ProseMirror has no public name for it.
  (view as unknown as { readonly domObserver: { flush(): void } }).domObserver.flush();
}

/** Reads the selection before each key and before others' carets are drawn; the provider does before text. */
export const ownCaret = Extension.create({
  name: "ownCaret",
  dispatchTransaction({ transaction, next }) {
    const drawn: unknown = transaction.getMeta(yCursorPluginKey);
    if (drawn === undefined) {
      next(transaction);
      return;
    }
    readSelection(this.editor.view);
    next(this.editor.state.tr.setMeta(yCursorPluginKey, drawn));
  },
  addProseMirrorPlugins: () => [
    new Plugin({
      props: {
        handleDOMEvents: {
          keydown: (view) => {
            if (!view.composing) readSelection(view);
            return false;
          },
        },
      },
    }),
  ],
});
