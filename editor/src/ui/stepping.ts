// Arrow keys in a row of controls that is one stop of the Tab key (WAI-ARIA's menu and toolbar). No DOM here.

const KEYS = {
  across: { ArrowRight: 1, ArrowLeft: -1 },
  down: { ArrowDown: 1, ArrowUp: -1 },
} as const;

/**
 * Return which of `count` controls `key` goes to, round the ends; undefined for a key that does not step.
 * @param at Where the focus is; -1: on none of them.
 */
export function stepTo(
  key: string,
  at: number,
  count: number,
  way: keyof typeof KEYS,
): number | undefined {
  if (count === 0) return undefined;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = (KEYS[way] as Record<string, 1 | -1 | undefined>)[key];
  if (step === undefined) return undefined;
  if (at < 0) return step > 0 ? 0 : count - 1;
  return (at + step + count) % count;
}
