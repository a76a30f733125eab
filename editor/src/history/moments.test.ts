import { describe, expect, it } from "vitest";
import type { Revision } from "./api";
import { authorsOf, byDay, gapsIn, localDate, playStep, revisionAt, timeOf } from "./moments";

const ANN = { id: 1, name: "Ann", color: "#111111" };
const BOB = { id: 2, name: "Bob", color: "#222222" };

function revision(number: number, first: number, last: number, ended: Date): Revision {
  return {
    number,
    seq: last,
    first_seq: first,
    kind: "automatic",
    name: "",
    authors: number % 2 ? [ANN] : [BOB, ANN],
    started_at: ended.toISOString(),
    created_at: ended.toISOString(),
    insertions: 1,
    deletions: 0,
  };
}

const REVISIONS = [
  revision(3, 21, 30, new Date(2026, 10, 24, 9)),
  revision(2, 11, 20, new Date(2026, 10, 23, 23, 59)),
  revision(1, 1, 10, new Date(2026, 10, 23, 8)),
];

describe("moments", () => {
  it("stand by the day that the reader calls the same", () => {
    expect(byDay(REVISIONS).map((day) => [day.date, day.revisions.length])).toEqual([
      ["2026-11-24", 1],
      ["2026-11-23", 2],
    ]);
    expect(localDate(new Date(2026, 0, 5))).toBe("2026-01-05");
  });

  it.each([
    [1, 1],
    [10, 1],
    [11, 2],
    [30, 3],
    [31, undefined],
    [0, undefined],
  ])("at record %i are of revision %s", (seq, number) => {
    expect(revisionAt(REVISIONS, seq)?.number).toBe(number);
  });

  it("have their authors, each once", () => {
    expect(authorsOf(REVISIONS)).toEqual([ANN, BOB]);
  });

  it("are played in about the time that is wished for", () => {
    expect(playStep(260_000, 10, 20)).toBe(1300);
    expect(playStep(5, 10, 20)).toBe(1);
  });

  it("know the gaps that they fall in", () => {
    const gaps = [
      { first: 3, last: 5 },
      { first: 9, last: 9 },
    ];
    expect(gapsIn(gaps, 1, 2)).toEqual([]);
    expect(gapsIn(gaps, 5, 8)).toEqual([gaps[0]]);
    expect(gapsIn(gaps, 1, 9)).toEqual(gaps);
  });

  it("have a time between those of their bucket's ends", () => {
    const bucket = {
      seq_from: 11,
      seq_to: 21,
      from: "2026-01-01T10:00:00.000Z",
      to: "2026-01-01T10:10:00.000Z",
      edits: 11,
      authors: [1],
    };
    expect(timeOf([bucket], 11)).toBe(bucket.from);
    expect(timeOf([bucket], 12)).toBe("2026-01-01T10:01:00.000Z");
    expect(timeOf([bucket], 21)).toBe(bucket.to);
    expect(timeOf([bucket], 22)).toBeNull();
  });
});
