// Which child of a Yjs element goes on as which child of the changed node. Pure.

export interface Pairing<Old, New> {
  /** The new one shows exactly this old one: nothing changed in it. */
  readonly isKept: (old: Old, next: New) => boolean;
  /** What is equal where `isKept` may hold: of the old one, and of the new one. */
  readonly shown: (old: Old) => unknown;
  readonly showing: (next: New) => unknown;
  /** How much of the old one is in the new one; 0 where the one cannot become the other. */
  readonly likeness: (old: Old, next: New) => number;
}

/** For each new one the place of the old one that it continues, or -1; places only grow. */
export type Pairs = readonly number[];

/** Above this many comparisons likeness is not asked: the first that can be continued is. */
const MAX_COMPARED = 4_000;

/** Pair `olds` with `nexts`, in order. */
export function paired<Old, New>(
  olds: readonly Old[],
  nexts: readonly New[],
  pairing: Pairing<Old, New>,
): Pairs {
  const found = new Array<number>(nexts.length).fill(-1);
  const kept = (at: number, to: number) => pairing.isKept(olds[at] as Old, nexts[to] as New);
  let start = 0;
  let [oldEnd, nextEnd] = [olds.length, nexts.length];
  while (start < oldEnd && start < nextEnd && kept(start, start)) {
    found[start] = start;
    start += 1;
  }
  while (oldEnd > start && nextEnd > start && kept(oldEnd - 1, nextEnd - 1)) {
    oldEnd -= 1;
    nextEnd -= 1;
    found[nextEnd] = oldEnd;
  }
  const anchors = unmoved(olds, nexts, pairing, { start, oldEnd, nextEnd });
  let [at, to] = [start, start];
  for (const [old, next] of [...anchors, [oldEnd, nextEnd] as const]) {
    between(olds, nexts, pairing, { at, old, to, next }, found);
    if (next < nextEnd) found[next] = old;
    at = old + 1;
    to = next + 1;
  }
  return found;
}

/** The kept ones that did not change their order: the longest growing sequence. */
function unmoved<Old, New>(
  olds: readonly Old[],
  nexts: readonly New[],
  { isKept, shown, showing }: Pairing<Old, New>,
  { start, oldEnd, nextEnd }: { start: number; oldEnd: number; nextEnd: number },
): (readonly [number, number])[] {
  if (oldEnd - start < 2 && nextEnd - start < 2) return [];
  const showed = new Map<unknown, number[]>();
  for (let next = nextEnd - 1; next >= start; next -= 1) {
    const key = showing(nexts[next] as New);
    const same = showed.get(key);
    if (same) same.push(next);
    else showed.set(key, [next]);
  }
  const places: [number, number][] = [];
  for (let old = start; old < oldEnd; old += 1) {
    const same = showed.get(shown(olds[old] as Old));
    const next = same?.at(-1);
    if (next === undefined || !isKept(olds[old] as Old, nexts[next] as New)) continue;
    same?.pop();
    places.push([old, next]);
  }
  const tails: number[] = [];
  const before: number[] = [];
  places.forEach(([, to], index) => {
    let length = 0;
    while (length < tails.length && (places[tails[length] as number]?.[1] ?? 0) < to) length += 1;
    before[index] = length > 0 ? (tails[length - 1] as number) : -1;
    tails[length] = index;
  });
  const sequence: [number, number][] = [];
  for (let index = tails.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) {
    sequence.push(places[index] as [number, number]);
  }
  return sequence.reverse();
}

interface Gap {
  readonly at: number;
  readonly old: number;
  readonly to: number;
  readonly next: number;
}

function between<Old, New>(
  olds: readonly Old[],
  nexts: readonly New[],
  { likeness }: Pairing<Old, New>,
  { at, old, to, next }: Gap,
  found: number[],
): void {
  const [rows, columns] = [old - at, next - to];
  if (rows <= 0 || columns <= 0) return;
  const like = (row: number, column: number) =>
    likeness(olds[at + row] as Old, nexts[to + column] as New);
  if (rows * columns > MAX_COMPARED) {
    for (let row = 0, column = 0; row < rows && column < columns; ) {
      if (like(row, column) > 0) {
        found[to + column] = at + row;
        row += 1;
        column += 1;
      } else if (rows - row > columns - column) row += 1;
      else column += 1;
    }
    return;
  }
  const width = columns + 1;
  const best = new Float64Array((rows + 1) * width);
  const likes = new Float64Array(rows * columns);
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const score = like(row, column);
      likes[row * columns + column] = score;
      best[row * width + column] = Math.max(
        score > 0 ? score + (best[(row + 1) * width + column + 1] ?? 0) : 0,
        best[(row + 1) * width + column] ?? 0,
        best[row * width + column + 1] ?? 0,
      );
    }
  }
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    const score = likes[row * columns + column] ?? 0;
    const here = best[row * width + column] ?? 0;
    if (score > 0 && here === score + (best[(row + 1) * width + column + 1] ?? 0)) {
      found[to + column] = at + row;
      row += 1;
      column += 1;
    } else if (here === (best[(row + 1) * width + column] ?? 0)) row += 1;
    else column += 1;
  }
}
