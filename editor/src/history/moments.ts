// Moments on the timeline and the revisions that they fall in. Pure.
import type { Author, Bucket, Revision } from "./api";

export interface Day {
  /** Local date, as YYYY-MM-DD. */
  readonly date: string;
  readonly revisions: readonly Revision[];
}

/** Return the local date of a time, as YYYY-MM-DD: what a reader calls the same day. */
export function localDate(time: Date): string {
  const part = (value: number) => String(value).padStart(2, "0");
  return `${time.getFullYear()}-${part(time.getMonth() + 1)}-${part(time.getDate())}`;
}

/** Group revisions, newest first, by the local day on which they ended. */
export function byDay(revisions: readonly Revision[]): Day[] {
  const days: { date: string; revisions: Revision[] }[] = [];
  for (const revision of revisions) {
    const date = localDate(new Date(revision.created_at));
    const last = days.at(-1);
    if (last?.date === date) last.revisions.push(revision);
    else days.push({ date, revisions: [revision] });
  }
  return days;
}

/** Return the revision that `seq` falls in, of revisions that are newest first. */
export function revisionAt(revisions: readonly Revision[], seq: number): Revision | null {
  return revisions.find((each) => each.first_seq <= seq && seq <= each.seq) ?? null;
}

/** Return the erased stretches that have a record between two, these among them. */
export function gapsIn<Gap extends { readonly first: number; readonly last: number }>(
  gaps: readonly Gap[],
  first: number,
  last: number,
): Gap[] {
  return gaps.filter((gap) => gap.first <= last && first <= gap.last);
}

/** Return the people who wrote in `revisions`, each once, in the order of their names. */
export function authorsOf(revisions: readonly Revision[]): Author[] {
  const found = new Map<number, Author>();
  for (const { authors } of revisions) for (const each of authors) found.set(each.id, each);
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** Return the time of a record, between those of its bucket's ends: near enough to read. */
export function timeOf(buckets: readonly Bucket[], seq: number): string | null {
  const bucket = buckets.find((each) => each.seq_from <= seq && seq <= each.seq_to);
  if (!bucket) return null;
  const from = Date.parse(bucket.from);
  const part = (seq - bucket.seq_from) / Math.max(1, bucket.seq_to - bucket.seq_from);
  return new Date(from + (Date.parse(bucket.to) - from) * part).toISOString();
}

/** How many records a step of the playback takes, so that the whole takes about `seconds`. */
export function playStep(total: number, stepsPerSecond: number, seconds: number): number {
  return Math.max(1, Math.ceil(total / (stepsPerSecond * seconds)));
}
