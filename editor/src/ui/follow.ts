// A place in the text goes with its words when a change writes them anew elsewhere: a block that becomes a
// heading, a quote, an item of a list is deleted and written again for Yjs. What is still there is found by
// its Yjs ids, so that equal texts mislead nobody; what died is looked for, by what stood around it, in
// what the same change has written.
import type { Node } from "@tiptap/pm/model";
import { align } from "./align";
import { BLOCK, placed, type Row, type Unit, type Units, WHOLE } from "./units";

/** Where a place is now. */
export interface Found {
  readonly place: number;
  /** What the person had typed right before it, and the change did not know: it may be put back. */
  readonly lost: string;
}

/** So far around a place it is compared; and so many comparisons may one change cost, about 20 ms. */
const CONTEXT = 300;
const BUDGET = 2_000_000;

interface Likeness {
  readonly letters: number;
  readonly all: number;
  readonly isLeft: boolean;
  readonly lost: string;
}

interface Beside {
  readonly before: readonly (Unit | null)[];
  readonly behind: readonly (Unit | null)[];
}

function beside(units: readonly Unit[]): Beside {
  const stays = ({ was, now }: Unit) => was >= 0 && now >= 0;
  const before: (Unit | null)[] = [null];
  for (const unit of units) before.push(stays(unit) ? unit : (before.at(-1) ?? null));
  const behind: (Unit | null)[] = [null];
  for (let index = units.length - 1; index >= 0; index -= 1) {
    const unit = units[index];
    behind.push(unit && stays(unit) ? unit : (behind.at(-1) ?? null));
  }
  return { before, behind: behind.reverse() };
}

const NONE: Row = { units: [], from: [], to: [] };

/** Finds the places of an old document in the next one. */
export class Follower {
  readonly #had: readonly Unit[];
  readonly #has: readonly Unit[];
  /** Their places in the documents. */
  readonly #old: Row;
  readonly #next: Row;
  readonly #clientId: number;
  /** What died and was written anew between the same two units that stayed. */
  readonly #pairs = new Map<number, number>();
  /** The gaps of the new row that have something new beside them, and what stayed around each gap. */
  #search: { gaps: readonly number[]; had: Beside; has: Beside } | null = null;
  #budget = BUDGET;

  /** `clientId` is the person's own. */
  constructor(old: Node, next: Node, units: Units, clientId: number) {
    const [had, has] = [placed(old, units.before), placed(next, units.after)];
    [this.#old, this.#next] = had && has ? [had, has] : [NONE, NONE];
    [this.#had, this.#has] = [this.#old.units, this.#next.units];
    this.#clientId = clientId;
    this.#pairInPlace();
  }

  /** Return where `place` is now: beside what it stood beside. Null where all of that is gone for good. */
  find(place: number): Found | null {
    const gap = this.#gapAt(place);
    const begin = this.#old.from[gap] ?? place;
    if (this.#had[gap]?.text === WHOLE && begin < place) {
      const from = this.#ahead(this.#nowOf(gap));
      return from === null ? null : { place: from + place - begin, lost: "" };
    }
    const isInText = this.#old.to[gap - 1] === place && this.#had[gap - 1]?.text !== WHOLE;
    if (!isInText) return this.#findNode(gap, place);
    const [start, end] = this.#blockAround(gap);
    const stays =
      this.#behind(this.#nowOf(gap - 1)) ?? (gap < end ? this.#ahead(this.#nowOf(gap)) : null);
    if (stays !== null) return { place: stays, lost: "" };
    let kept = 0;
    for (let index = start; index < end; index += 1) kept += Number(this.#isKept(index));
    const isHere = kept * 2 > end - start;
    return (
      (isHere ? this.#written(gap, start, end) : null) ??
      this.#moved(gap, start, end) ??
      this.#written(gap, start, end)
    );
  }

  /** Whether the unit at `index` of the old row died, and stands written anew in the next one. */
  isWrittenAnew(index: number): boolean {
    return this.#pairs.has(index);
  }

  /** A node that is no text, as a whole. */
  #findNode(gap: number, place: number): Found | null {
    if (this.#old.from[gap] !== place) return null;
    const now = this.#nowOf(gap) ?? this.#pairs.get(gap);
    const from = this.#ahead(now);
    return from === null ? this.#carriedTo(gap, 0) : { place: from, lost: "" };
  }

  /** Look for what stood there, then for what stood ever farther away in its block. */
  #moved(gap: number, start: number, end: number): Found | null {
    const wanted = Math.min(3, end - start - 1);
    for (let away = 0; away < end - start && this.#budget > 0; away += 1) {
      for (const at of away ? [gap - away, gap + away] : [gap]) {
        if (at <= start || at > end) continue;
        const found = this.#carriedTo(at, wanted);
        if (found) return found;
      }
    }
    return null;
  }

  #carriedTo(gap: number, wanted: number): Found | null {
    this.#search ??= { gaps: this.#newGaps(), had: beside(this.#had), has: beside(this.#has) };
    const { gaps, had, has } = this.#search;
    let best: (Found & { readonly rank: number }) | null = null;
    for (const at of gaps) {
      const { letters, all, isLeft, lost } = this.#alike(gap, at);
      if (all === 0 || letters < wanted) continue;
      const stays =
        Number(has.before[at] === had.before[gap]) + Number(has.behind[at] === had.behind[gap]);
      if (letters === 0 && stays < 2) continue; // an empty block is known by its neighbours only
      const rank = all * 4 + stays;
      const place = isLeft ? this.#next.to[at - 1] : this.#next.from[at];
      if (place !== undefined && rank > (best?.rank ?? 0)) best = { rank, place, lost };
    }
    return best && { place: best.place, lost: best.lost };
  }

  #newGaps(): number[] {
    const gaps = new Set<number>();
    for (let index = 0; index < this.#has.length; index += 1)
      if (this.#isNew(index)) gaps.add(index).add(index + 1);
    return [...gaps];
  }

  /** What is alike around a gap of the old row and one of the new: letters, and all. */
  #alike(gap: number, at: number): Likeness {
    let [letters, all, lost] = [0, 0, ""];
    const walk = (side: -1 | 1): number => {
      let [a, b] = side < 0 ? [gap - 1, at - 1] : [gap, at];
      let matched = 0;
      for (; this.#isGone(a) && all < CONTEXT && this.#budget > 0; a += side) {
        this.#budget -= 1;
        const text = this.#had[a]?.text ?? "";
        if (this.#isNew(b) && this.#has[b]?.text === text) {
          matched += 1;
          all += 1;
          if (text !== BLOCK) letters += 1;
          b += side;
        } else if (this.#isMine(a)) {
          // Whoever wrote the block anew had not seen it.
          if (side < 0 && matched === 0) lost = text + lost;
        } else break;
      }
      return matched;
    };
    const isLeft = walk(-1) > 0;
    walk(1);
    return { letters, all, isLeft, lost: isLeft ? lost : "" };
  }

  /** Beside the nearest unit of the block that was written anew in its old place, or is still there. */
  #written(gap: number, start: number, end: number): Found | null {
    const at = (index: number) => this.#pairs.get(index) ?? this.#nowOf(index);
    const lost = this.#lostBefore(gap, start);
    const found = (place: number | null): Found | null => (place === null ? null : { place, lost });
    if (gap - 1 === start && gap < end && at(gap) !== undefined) return found(this.#ahead(at(gap)));
    if (at(gap - 1) !== undefined) return found(this.#behind(at(gap - 1)));
    for (let away = 0; away < end - start; away += 1) {
      const [left, right] = [gap - 2 - away, gap + away];
      if (lost && left >= start && at(left) !== undefined) return found(this.#behind(at(left)));
      if (right < end && at(right) !== undefined) return found(this.#ahead(at(right)));
      if (left >= start && at(left) !== undefined) return found(this.#behind(at(left)));
    }
    return null;
  }

  #lostBefore(gap: number, start: number): string {
    let lost = "";
    for (let i = gap - 1; i > start && !this.#isKept(i) && this.#isMine(i); i -= 1)
      lost = (this.#had[i]?.text ?? "") + lost;
    return lost;
  }

  #pairInPlace(): void {
    const [had, has] = [this.#had, this.#has];
    let [from, begin] = [0, 0];
    for (let to = 0; to <= had.length; to += 1) {
      const end = to < had.length ? this.#nowOf(to) : has.length;
      if (end === undefined) continue;
      if (end >= begin) align({ had, from, to, has, begin, end }, this.#pairs);
      [from, begin] = [to + 1, end + 1];
    }
  }

  /** The gap behind the last unit that ends at `place` or before it. */
  #gapAt(place: number): number {
    const gap = this.#old.to.findIndex((end) => end > place);
    return gap < 0 ? this.#had.length : gap;
  }

  #blockAround(gap: number): [number, number] {
    const isBegin = (index: number) => [BLOCK, WHOLE].includes(this.#had[index]?.text ?? "");
    let [start, end] = [gap - 1, gap];
    while (start > 0 && !isBegin(start)) start -= 1;
    while (end < this.#had.length && !isBegin(end)) end += 1;
    return [start, end];
  }

  #nowOf(index: number): number | undefined {
    const unit = this.#had[index];
    return unit && unit.now >= 0 ? unit.now : undefined;
  }
  #isKept(index: number): boolean {
    return this.#pairs.has(index) || this.#nowOf(index) !== undefined;
  }
  #isGone(index: number): boolean {
    return (this.#had[index]?.now ?? 0) < 0;
  }
  #isNew(index: number): boolean {
    return (this.#has[index]?.was ?? 0) < 0;
  }
  #isMine(index: number): boolean {
    const unit = this.#had[index];
    return unit !== undefined && unit.text !== BLOCK && unit.client === this.#clientId;
  }
  #behind(index: number | undefined): number | null {
    return index === undefined ? null : (this.#next.to[index] ?? null);
  }
  #ahead(index: number | undefined): number | null {
    return index === undefined ? null : (this.#next.from[index] ?? null);
  }
}
