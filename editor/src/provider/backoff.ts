// How long to wait before the next attempt to connect. Pure.

const FIRST_MS = 400;
const LONGEST_MS = 20_000;

/** Return the wait before attempt number `attempt` (0 first): doubling, with the upper half drawn by lot. */
export function backoffMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling * (0.5 + 0.5 * random()));
}

/** Return a wait that the server named, with up to a quarter more, so that not all come at once. */
export function statedMs(afterMs: number, random: () => number): number {
  return Math.round(afterMs * (1 + 0.25 * random()));
}
