// The person's own caret while others write: it stays where it was put, beside the words that it stood
// beside, in whatever block these are now.
import { Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import {
  AllSelection,
  NodeSelection,
  Plugin,
  Selection,
  TextSelection,
  type Transaction,
} from "@tiptap/pm/state";
import { CellSelection } from "@tiptap/pm/tables";
import type { EditorView } from "@tiptap/pm/view";
import {
  getRelativeSelection,
  relativePositionToAbsolutePosition,
  yCursorPluginKey,
} from "@tiptap/y-tiptap";
import * as Y from "yjs";
import { Follower, type Found } from "./follow";
import { unitsOf } from "./units";

/** A selection as y-tiptap keeps it during a remote change: in the Yjs document, and in the old text. */
export interface KeptSelection {
  readonly type: string;
  readonly anchor: Y.RelativePosition | null;
  readonly head: Y.RelativePosition | null;
  readonly absAnchor: number;
  readonly absHead: number;
}

/** What is used of y-tiptap's binding, which has no public types. */
export interface Binding {
  readonly doc: Y.Doc;
  readonly type: Y.XmlFragment;
  readonly mapping: Map<unknown, unknown>;
  readonly prosemirrorView: EditorView | null;
  beforeTransactionSelection: KeptSelection | null;
}

/** Return where a kept end is now, as Yjs has it; null where the block that it was in is gone. */
export function resolveEnd(binding: Binding, end: Y.RelativePosition | null): number | null {
  const { doc, type, mapping } = binding;
  const at = end && Y.createAbsolutePositionFromRelativePosition(end, doc);
  for (let item = at?.type._item; item; item = (item.parent as Y.AbstractType<unknown>)._item)
    if (item.deleted) return null;
  return at && end && relativePositionToAbsolutePosition(doc, type, end, mapping as never);
}

/** Words that the person had typed at the caret and that a change did not know: they may be put back. */
interface Awaited {
  readonly words: string;
  /** Where the caret stands since; as soon as it stands elsewhere, they are awaited no longer. */
  caret: Y.RelativePosition | null;
}

/** Follows one editor's selection through what others change. */
export class OwnSelection {
  readonly #binding: Binding;
  #awaited: Awaited | null = null;

  constructor(binding: Binding) {
    this.#binding = binding;
  }

  /**
   * Return the selection in `next`, after `change`, of the one that was `kept` in `old`; null: map it.
   * `isRewritten`: blocks came or went, so that what died may have been written anew elsewhere.
   */
  after(
    kept: KeptSelection,
    change: Y.Transaction,
    isRewritten: boolean,
    [old, next]: readonly [Node, Node],
  ): Selection | null {
    if (kept.type === "all") return new AllSelection(next);
    let follower: Follower | null | undefined;
    const follow = (place: number): Found | null => {
      if (follower === undefined) {
        const units = unitsOf(this.#binding.type, change, next.type.schema);
        follower = units && new Follower(old, next, units, this.#binding.doc.clientID);
      }
      return follower?.find(place) ?? null;
    };
    if (kept.type === "cell") return this.#cells(follow, next);
    const find = (end: Y.RelativePosition | null, place: number): Found | null => {
      const known = this.#resolve(end);
      if (known !== null && !(isRewritten && isLost(end, change.deleteSet)))
        return { place: known, lost: "" };
      return follow(place) ?? (known === null ? null : { place: known, lost: "" });
    };
    const isOne = kept.absAnchor === kept.absHead;
    const head = find(kept.head, kept.absHead);
    const anchor = isOne ? head : find(kept.anchor, kept.absAnchor);
    const [one, other] = [anchor ?? head, head ?? anchor];
    if (!one || !other) return null;
    if (!isOne || kept.type !== "text") return selectionOf(kept.type, next, one.place, other.place);
    const place = this.#step(kept.head, change, other);
    return selectionOf(kept.type, next, place, place);
  }

  /** Selected cells of a table are known by the first words in two of them. */
  #cells(follow: (place: number) => Found | null, next: Node): Selection | null {
    const selection = this.#binding.prosemirrorView?.state.selection;
    if (!(selection instanceof CellSelection)) return null;
    const [anchor, head] = [selection.$anchorCell, selection.$headCell].map(($cell) => {
      const inside = Selection.near($cell.doc.resolve($cell.pos + 1), 1).from;
      const found = follow(inside);
      const $found = found && next.resolve(found.place);
      for (let depth = $found?.depth ?? 0; $found && depth > 0; depth -= 1)
        if (isCell($found.node(depth))) return $found.before(depth);
      return null;
    });
    return typeof anchor === "number" && typeof head === "number"
      ? CellSelection.create(next, anchor, head)
      : null;
  }

  /** What was kept is now in the editor: remember where the caret is for which words are awaited. */
  settle(): void {
    const { prosemirrorView: view } = this.#binding;
    if (this.#awaited && !this.#awaited.caret && view)
      this.#awaited.caret = getRelativeSelection(this.#binding as never, view.state).head;
  }

  #resolve(end: Y.RelativePosition | null): number | null {
    return resolveEnd(this.#binding, end);
  }

  /**
   * Go over the person's own words that were put back at the caret. They were typed left of it and died
   * with their block; what puts them back writes them where their neighbours are, which is right of it.
   */
  #step(caret: Y.RelativePosition | null, change: Y.Transaction, found: Found): number {
    const awaited = this.#awaited;
    this.#awaited = found.lost ? { words: found.lost, caret: null } : null;
    if (found.lost || !awaited?.caret || !caret) return found.place;
    if (!Y.compareRelativePositions(awaited.caret, caret)) return found.place;
    const behind = writtenBehind(caret, change, awaited.words.length);
    let length = 0;
    while (length < behind.length && behind[length] === awaited.words[length]) length += 1;
    const words = awaited.words.slice(length);
    if (words) this.#awaited = { words, caret: length ? null : caret };
    return found.place + length;
  }
}

/** Return what `change` has written right behind a kept end, at most `most` letters. */
function writtenBehind(end: Y.RelativePosition, change: Y.Transaction, most: number): string {
  const { store } = change.doc;
  let item: Y.Item | null = null;
  if (end.item) {
    const left = Y.getItem(store, end.item);
    // What was written between two letters of one item has parted it.
    if (!(left instanceof Y.Item) || left.lastId.clock !== end.item.clock) return "";
    item = left.right;
  } else if (end.type) {
    const { content } = Y.getItem(store, end.type) as Y.Item;
    item = content instanceof Y.ContentType ? content.type._start : null;
  }
  let words = "";
  for (; item && words.length < most; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentString)) continue;
    if (item.id.clock < (change.beforeState.get(item.id.client) ?? 0)) break;
    words += item.content.str;
  }
  return words.slice(0, most);
}

function selectionOf(type: string, doc: Node, anchor: number, head: number): Selection | null {
  const most = doc.content.size;
  if (anchor > most || head > most) return null;
  if (type === "text") return TextSelection.between(doc.resolve(anchor), doc.resolve(head));
  if (type === "node") {
    const $place = doc.resolve(anchor);
    return $place.nodeAfter && NodeSelection.isSelectable($place.nodeAfter)
      ? NodeSelection.create(doc, anchor)
      : TextSelection.near($place);
  }
  try {
    return Selection.fromJSON(doc, { type, anchor, head, pos: head });
  } catch {
    return null; // a gap that is none any more
  }
}

function isCell(node: Node | null): boolean {
  return ["cell", "header_cell"].includes(node?.type.spec.tableRole as string);
}

/** Whether a change took away what an end of a selection holds on to. */
function isLost(end: Y.RelativePosition | null, deleted: Y.Transaction["deleteSet"]): boolean {
  return [end?.item, end?.type].some((id) => !!id && Y.isDeleted(deleted, id));
}

/** Make the selection of `transaction`, which draws `change`, follow its words to where they are now. */
export function following(
  transaction: Transaction,
  select: (old: Node, next: Node) => Selection | null,
): Transaction {
  const replace = transaction.replace.bind(transaction);
  const setSelection = transaction.setSelection.bind(transaction);
  transaction.replace = (...args) => {
    const old = transaction.doc;
    replace(...args);
    const selection = old === transaction.doc ? null : select(old, transaction.doc);
    if (selection) setSelection(selection);
    // y-tiptap's own comes after this: it guesses by equal text.
    transaction.setSelection = () => transaction;
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
    if (this.editor.view.composing) return; // composing.ts draws them at the end
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
