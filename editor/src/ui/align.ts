// Pairs what a change took away with what it wrote anew in the same place, letter by letter.

interface Lettered {
  readonly text: string;
}

/** Two stretches longer than this (product of their lengths, without equal ends) are not compared. */
const MOST = 1_000_000;

/** Two stretches of the old and the new row: from, inclusive, to, exclusive. */
export interface Stretches {
  readonly had: readonly Lettered[];
  readonly from: number;
  readonly to: number;
  readonly has: readonly Lettered[];
  readonly begin: number;
  readonly end: number;
}

/** Put into `pairs` which new unit stands for which old one: equal ends first, then the longest common row. */
export function align({ had, has, ...ends }: Stretches, pairs: Map<number, number>): void {
  const same = (a: number, b: number) => had[a]?.text === has[b]?.text;
  let { from, to, begin, end } = ends;
  while (from < to && begin < end && same(from, begin)) pairs.set(from++, begin++);
  while (from < to && begin < end && same(to - 1, end - 1)) pairs.set(--to, --end);
  const [n, m] = [to - from, end - begin];
  if (n === 0 || m === 0 || n * m > MOST) return;
  // longest[i * width + j]: of what is behind the i-th old and the j-th new one.
  const width = m + 1;
  const longest = new Uint16Array((n + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = n - 1; i >= 0; i -= 1)
    for (let j = m - 1; j >= 0; j -= 1)
      longest[i * width + j] = same(from + i, begin + j)
        ? at(i + 1, j + 1) + 1
        : Math.max(at(i + 1, j), at(i, j + 1));
  for (let i = 0, j = 0; i < n && j < m; ) {
    if (same(from + i, begin + j)) pairs.set(from + i++, begin + j++);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
}
