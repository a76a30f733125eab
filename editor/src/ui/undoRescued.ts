// The person's own words that died with a block which others changed, and that the server has put back: they stand
// under an id of the server's then, and one's own undo takes them as it would have taken them before.
import * as Y from "yjs";
import type { Rescued } from "../provider/provider";
import { type Deletes, eachItem, type StackItem } from "./undoSpare";

/** Letters in a row, and the clock of each. */
interface Run {
  readonly words: string;
  readonly clocks: readonly number[];
}

/** Return `run` cut where `test` answers otherwise of a clock than of the one before. */
function partsOf({ words, clocks }: Run, test: (clock: number) => boolean): Run[] {
  const parts: Run[] = [];
  for (let start = 0; start < clocks.length; ) {
    const is = test(clocks[start] ?? -1);
    let end = start + 1;
    while (end < clocks.length && test(clocks[end] ?? -1) === is) end += 1;
    parts.push({ words: words.slice(start, end), clocks: clocks.slice(start, end) });
    start = end;
  }
  return parts;
}

/** More letters than these are not remembered. */
const MOST_LETTERS = 100_000;
/** Rescues that were told of and have not come. */
const MOST_WAITING = 100;

/** Gives rescued words to the undo steps that wrote them. */
export class RescuedOwn {
  readonly #doc: Y.Doc;
  readonly #steps: () => readonly StackItem[];
  #dead: Run[] = [];
  #letters = 0;
  #waiting: Rescued[] = [];

  /** `steps` gives all that can be undone or redone. */
  constructor(doc: Y.Doc, steps: () => readonly StackItem[]) {
    this.#doc = doc;
    this.#steps = steps;
    doc.on("afterTransaction", (change: Y.Transaction) => {
      if (change.local) return;
      this.#note(change);
      if (this.#waiting.length > 0) this.#take();
    });
  }

  /** The server says that it has put words back. */
  told(rescued: Rescued): void {
    if (!rescued.ranges.some(([client]) => client === this.#doc.clientID)) return;
    this.#waiting = [...this.#waiting, rescued].slice(-MOST_WAITING);
    this.#take();
  }

  /** Remember which letters of the person's died, before Yjs forgets them. */
  #note({ deleteSet }: Y.Transaction): void {
    const { clientID } = this.#doc;
    const ranges = deleteSet.clients.get(clientID);
    if (!ranges) return;
    const own = Y.createDeleteSet();
    own.clients.set(clientID, ranges);
    const parents = new Set<unknown>();
    eachItem(this.#doc, own, ({ content, parent }) => {
      if (content instanceof Y.ContentString) parents.add(parent);
    });
    for (const parent of parents) this.#noteIn(parent as Y.AbstractType<unknown>, own);
    while (this.#letters > MOST_LETTERS) this.#letters -= this.#dead.shift()?.words.length ?? 0;
  }

  #noteIn(parent: Y.AbstractType<unknown>, own: Deletes): void {
    let [words, clocks]: [string, number[]] = ["", []];
    const end = () => {
      if (words) this.#dead.push({ words, clocks });
      this.#letters += words.length;
      [words, clocks] = ["", []];
    };
    for (let item = parent._start; item; item = item.right) {
      const { content, id } = item;
      if (content instanceof Y.ContentString && Y.isDeleted(own, id)) {
        words += content.str;
        for (let at = 0; at < content.str.length; at += 1) clocks.push(id.clock + at);
      } else if (!(content instanceof Y.ContentDeleted)) {
        end();
      }
    }
    end();
  }

  #take(): void {
    const { store } = this.#doc;
    const come = this.#waiting.filter(({ client }) => Y.getState(store, client) > 0);
    this.#waiting = this.#waiting.filter((each) => !come.includes(each));
    for (const rescued of come) this.#takeOne(rescued);
  }

  #takeOne({ client, ranges }: Rescued): void {
    const { clientID } = this.#doc;
    const own = ranges.filter(([writer]) => writer === clientID);
    const isRescued = (clock: number) =>
      own.some(([, start, length]) => clock >= start && clock < start + length);
    const found: Run[] = [];
    this.#dead = this.#dead.flatMap((run) => {
      const parts = partsOf(run, isRescued);
      found.push(...parts.filter(({ clocks }) => isRescued(clocks[0] ?? -1)));
      return parts.filter(({ clocks }) => !isRescued(clocks[0] ?? -1));
    });
    this.#letters = this.#dead.reduce((sum, { words }) => sum + words.length, 0);
    const now = new Map<number, number>();
    let text = this.#written(client);
    for (const { words, clocks } of found) {
      const at = text.indexOf(words);
      if (at < 0) continue;
      for (const [offset, clock] of clocks.entries()) now.set(clock, at + offset);
      // What was found is not found again; clocks stay what they are.
      text = text.slice(0, at) + "\0".repeat(words.length) + text.slice(at + words.length);
    }
    if (now.size > 0) for (const step of this.#steps()) this.#give(step, client, now);
  }

  /** Return what stands under the id of a rescue, each letter at its clock. */
  #written(client: number): string {
    let text = "";
    for (const struct of this.#doc.store.clients.get(client) ?? []) {
      const isText = struct instanceof Y.Item && struct.content instanceof Y.ContentString;
      text += isText ? (struct.content as Y.ContentString).str : "\0".repeat(struct.length);
    }
    return text;
  }

  /** Let `step` have written what stands for its letters now. */
  #give(step: StackItem, client: number, now: ReadonlyMap<number, number>): void {
    const { clientID } = this.#doc;
    const clocks = [...now].flatMap(([before, clock]) =>
      Y.isDeleted(step.insertions, Y.createID(clientID, before)) ? [clock] : [],
    );
    if (clocks.length === 0) return;
    const put = Y.createDeleteSet();
    put.clients.set(
      client,
      clocks.map((clock) => ({ clock, len: 1 }) as never),
    );
    step.insertions = Y.mergeDeleteSets([step.insertions, put]);
  }
}
