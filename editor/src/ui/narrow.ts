// y-tiptap replaces the whole document in the editor on every remote change, and forgets which nodes it had
// made (yjs/y-prosemirror#113): on a book, a remote keystroke costs ten times what it must. Here the
// replacement is narrowed to the blocks that differ, and what it had made is kept where nothing changed.
import { Fragment, type Node, Slice } from "@tiptap/pm/model";
import type { Transaction } from "@tiptap/pm/state";
import { ProsemirrorBinding } from "@tiptap/y-tiptap";
import * as Y from "yjs";
import { adoptDrawn } from "./binding/adopt";
import { type Binding as Bound, bindWithoutLoss, isInStep, readBody } from "./binding/bind";
import { isBindable } from "./binding/read";
import { type Binding, following, OwnSelection } from "./ownCaret";
import { selectionAfterUndo } from "./undo";

/** Return how many blocks at the start and at the end of both fragments are equal. */
export function commonEnds(old: Fragment, next: Fragment): { start: number; end: number } {
  const shared = Math.min(old.childCount, next.childCount);
  const isSame = (a: Node, b: Node) => a === b || a.eq(b);
  let start = 0;
  while (start < shared && isSame(old.child(start), next.child(start))) start += 1;
  let end = 0;
  while (
    end < shared - start &&
    isSame(old.child(old.childCount - 1 - end), next.child(next.childCount - 1 - end))
  ) {
    end += 1;
  }
  return { start, end };
}

function sizeOf(fragment: Fragment, from: number, to: number): number {
  let size = 0;
  for (let place = from; place < to; place += 1) size += fragment.child(place).nodeSize;
  return size;
}

/** Make a replacement of the whole document in `transaction` touch only the blocks that differ. */
export function narrowed(transaction: Transaction): Transaction {
  const replace = transaction.replace.bind(transaction);
  transaction.replace = (from, to = from, slice = Slice.empty) => {
    const old = transaction.doc.content;
    const next = slice.content;
    if (from !== 0 || to !== old.size || slice.openStart > 0 || slice.openEnd > 0) {
      return replace(from, to, slice);
    }
    const { start, end } = commonEnds(old, next);
    if (start === old.childCount && start === next.childCount) return transaction;
    const changed: Node[] = [];
    for (let place = start; place < next.childCount - end; place += 1)
      changed.push(next.child(place));
    return replace(
      sizeOf(old, 0, start),
      old.size - sizeOf(old, old.childCount - end, old.childCount),
      new Slice(Fragment.from(changed), 0, 0),
    );
  };
  return transaction;
}

interface Patched extends Binding {
  /** Ours: what is being drawn. */
  drawing?: Drawing | null;
  /** Ours: the person's own selection. */
  own?: OwnSelection;
  _typeChanged(events: Y.YEvent<Y.AbstractType<unknown>>[], transaction: Y.Transaction): void;
}
interface Drawing {
  readonly change: Y.Transaction;
  readonly isRewritten: boolean;
}

/** Patch y-tiptap's binding, once for the page. Throws if it is not the one that this was made for. */
export function narrowRemoteChanges(): void {
  bindWithoutLoss();
  const prototype = ProsemirrorBinding.prototype as unknown as Patched;
  const make = Object.getOwnPropertyDescriptor(prototype, "_tr")?.get;
  const typeChanged = prototype._typeChanged;
  if (!make || typeof typeChanged !== "function") throw new Error("y-tiptap has another form");
  Object.defineProperty(prototype, "_tr", {
    configurable: true,
    get(this: Patched) {
      const transaction = narrowed(make.call(this) as Transaction);
      return this.drawing ? drawn(this, transaction, this.drawing) : transaction;
    },
  });
  prototype._typeChanged = function (events, change) {
    if (!isBindable(this.type)) return; // the page shows its words instead
    const isOnlyText = events.length > 0 && events.every((event) => event instanceof Y.YTextEvent);
    this.drawing = { change, isRewritten: !isOnlyText || events.length > 1 };
    const { mapping } = this;
    const binding = this as unknown as Bound;
    // y-tiptap has forgotten what changed, with all around it, and would now forget the rest, which is still
    // so, and read it anew: what changed is read before, by our own reader. An own property hides the map's
    // method for the time of this call.
    mapping.clear = () => void readBody(binding);
    try {
      typeChanged.call(this, events, change);
    } catch {
      // The caret stood where y-tiptap can no longer place it: the words count, not the caret. What else is
      // wrong is wrong again.
      this.beforeTransactionSelection = null;
      typeChanged.call(this, events, change);
    } finally {
      this.drawing = null;
      Reflect.deleteProperty(mapping, "clear");
    }
    isInStep(binding);
    if (this.prosemirrorView)
      adoptDrawn(this.type, this.prosemirrorView.state.doc, binding.mapping);
    this.own?.settle();
  };
}

/** Return `transaction`, which draws a change, with the selection that the person has after it. */
function drawn(binding: Patched, transaction: Transaction, drawing: Drawing): Transaction {
  const { change, isRewritten } = drawing;
  binding.own ??= new OwnSelection(binding);
  const { own, beforeTransactionSelection: kept } = binding;
  return following(transaction, (old, next) => {
    const follow = () => kept && own.after(kept, change, isRewritten, [old, next]);
    const undone = selectionAfterUndo(binding, change, [old, next], follow);
    if (undone) transaction.scrollIntoView();
    return undone ?? follow();
  });
}
