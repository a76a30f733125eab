// y-tiptap replaces the whole document in the editor on every remote change, and forgets which nodes it had
// made (yjs/y-prosemirror#113): on a book, a remote keystroke costs ten times what it must. Here the
// replacement is narrowed to the blocks that differ, and what it had made is kept when only text changed.
import { Fragment, type Node, Slice } from "@tiptap/pm/model";
import type { Transaction } from "@tiptap/pm/state";
import { ProsemirrorBinding } from "@tiptap/y-tiptap";
import * as Y from "yjs";
import { type Binding as Bound, bindWithoutLoss, isInStep, readBody } from "./binding/bind";
import { isBindable } from "./binding/read";
import { following, isUprooted, type KeptSelection } from "./ownCaret";

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

interface Binding extends Bound {
  beforeTransactionSelection: KeptSelection | null;
  /** Ours: the selection that the change being drawn has uprooted. */
  uprooted?: KeptSelection | null;
  _typeChanged(events: Y.YEvent<Y.AbstractType<unknown>>[], transaction: Y.Transaction): void;
}

/** Patch y-tiptap's binding, once for the page. Throws if it is not the one that this was made for. */
export function narrowRemoteChanges(): void {
  bindWithoutLoss();
  const prototype = ProsemirrorBinding.prototype as unknown as Binding;
  const make = Object.getOwnPropertyDescriptor(prototype, "_tr")?.get;
  const typeChanged = prototype._typeChanged;
  if (!make || typeof typeChanged !== "function") throw new Error("y-tiptap has another form");
  Object.defineProperty(prototype, "_tr", {
    configurable: true,
    get(this: Binding) {
      const transaction = narrowed(make.call(this) as Transaction);
      return this.uprooted ? following(transaction, this.uprooted) : transaction;
    },
  });
  prototype._typeChanged = function (events, transaction) {
    if (!isBindable(this.type)) return; // the page shows its words instead
    const isOnlyText = events.length > 0 && events.every((event) => event instanceof Y.YTextEvent);
    const { mapping, beforeTransactionSelection: kept } = this;
    this.uprooted = !isOnlyText && isUprooted(kept, transaction) ? kept : null;
    // An own property hides the map's method for the time of this call. y-tiptap clears the map and then reads
    // what is not in it: all is read before, by our own reader.
    mapping.clear = () => {
      if (!isOnlyText) Map.prototype.clear.call(mapping);
      readBody(this);
    };
    try {
      typeChanged.call(this, events, transaction);
    } catch {
      // The caret stood where y-tiptap can no longer place it: the words count, not the caret. What else is
      // wrong is wrong again.
      this.beforeTransactionSelection = null;
      typeChanged.call(this, events, transaction);
    } finally {
      this.uprooted = null;
      Reflect.deleteProperty(mapping, "clear");
    }
    isInStep(this);
  };
}
