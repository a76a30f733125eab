// How much one undo takes back: a word, what was typed without a pause, or one act on the blocks.
import type { Transaction } from "@tiptap/pm/state";
import { ReplaceStep } from "@tiptap/pm/transform";

/** Who rests so long begins something new. */
export const PAUSE_MS = 1000;
/** Text without spaces, and a key that is held down, is cut after so many letters. */
const MOST_LETTERS = 30;

interface Edit {
  readonly kind: "typed" | "deleted" | "other";
  /** Where the next one must be to go on with it. */
  readonly at: number;
  readonly letters: number;
  /** The last letter that was typed or deleted. */
  readonly last: string;
}

const isSpace = (letter: string) => /^\s$/u.test(letter);
const OTHER: Edit = { kind: "other", at: -1, letters: 0, last: "" };

/** Return what `transaction` does, if it is one replacement in the text of one block. */
function editOf(
  transaction: Transaction,
): (Edit & { readonly first: string; from: number }) | null {
  const [step, ...more] = transaction.steps;
  const [doc] = transaction.docs;
  if (!(step instanceof ReplaceStep) || more.length > 0 || !doc) return null;
  const { from, to, slice } = step;
  const $from = doc.resolve(from);
  if (!$from.parent.isTextblock || !$from.sameParent(doc.resolve(to)) || slice.openStart)
    return null;
  if (slice.content.content.some((node) => !node.isText)) return null;
  const text = slice.content.textBetween(0, slice.content.size);
  if (from === to && text) {
    const last = text.at(-1) ?? "";
    return {
      kind: "typed",
      from,
      first: text[0] ?? "",
      last,
      at: from + text.length,
      letters: text.length,
    };
  }
  if (!text) {
    const gone = doc.textBetween(from, to);
    return {
      kind: "deleted",
      from: to,
      first: gone.at(-1) ?? "",
      last: gone[0] ?? "",
      at: from,
      letters: gone.length,
    };
  }
  return null;
}

/** Says of each change by the person whether it begins a new step of undo. */
export class UndoSteps {
  #edit: Edit = OTHER;
  #time = Number.NEGATIVE_INFINITY;
  #isComposing = false;

  /** Whether `transaction`, made at `now`, begins a new step. */
  begins(transaction: Transaction, now: number, isComposing: boolean): boolean {
    const [before, hasPaused] = [this.#edit, now - this.#time > PAUSE_MS];
    const wasComposing = this.#isComposing;
    this.#time = now;
    this.#isComposing = isComposing;
    if (isComposing && wasComposing) return false; // one composition is one step, however long it takes
    const edit = editOf(transaction);
    this.#edit = edit ?? OTHER;
    if (!edit || edit.kind !== before.kind || hasPaused || isComposing || wasComposing) return true;
    // Delete takes away behind the caret, Backspace before it.
    if (edit.from !== before.at && edit.at !== before.at) return true;
    if (!isSpace(edit.first) && isSpace(before.last)) return true; // a word begins
    const letters = before.letters + edit.letters;
    this.#edit = { ...edit, letters };
    if (letters <= MOST_LETTERS) return false;
    this.#edit = edit;
    return true;
  }

  /** What comes next begins a step: the person undid something, or others' words were put back. */
  cut(): void {
    this.#edit = OTHER;
  }
}
