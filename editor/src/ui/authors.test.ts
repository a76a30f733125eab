// Runs of the server in the positions of the editor.
import { getSchema } from "@tiptap/core";
import { describe, expect, it } from "vitest";
import { NO_WORDS, schemaExtensions } from "../schema/extensions";
import { type Attribution, authoredRuns, authorsBetween } from "./authors";

const schema = getSchema(schemaExtensions(NO_WORDS));
const paragraph = (text: string) =>
  schema.node("paragraph", null, text === "" ? [] : [schema.text(text)]);
const doc = schema.node("doc", null, [
  paragraph("ann写😀bob"),
  schema.node("bulletList", null, [schema.node("listItem", null, [paragraph("deep")])]),
]);
const AT = "2026-11-24T12:00:00Z";
const run = (path: number[], from: number, to: number, author: number | null, relayed = false) => ({
  path,
  from,
  to,
  author,
  at: AT,
  relayed,
});
const found: Attribution = {
  authors: { 1: { name: "Ann", color: "#111111" }, 2: { name: "Bob", color: "#222222" } },
  runs: [run([0], 0, 6, 1), run([0], 6, 9, 2, true), run([1, 0, 0], 0, 4, null)],
};

describe("runs of the server", () => {
  it("stand where their text stands", () => {
    const runs = authoredRuns(doc, found);
    expect(runs.map(({ from, to, name }) => [doc.textBetween(from, to), name])).toEqual([
      ["ann写😀", "Ann"],
      ["bob", "Bob"],
      ["deep", null],
    ]);
  });

  it("that do not fit the text any more are cut or left out", () => {
    const old = { ...found, runs: [run([0], 4, 99, 1), run([7], 0, 1, 1), run([0], 20, 30, 2)] };
    const runs = authoredRuns(doc, old);
    expect(runs.map(({ from, to }) => doc.textBetween(from, to))).toEqual(["😀bob"]);
  });

  it("tell who wrote a selection, longest share first", () => {
    const runs = authoredRuns(doc, found);
    const told = authorsBetween(runs, 4, doc.content.size);
    expect(told.map(({ name, length, isRelayed }) => [name, length, isRelayed])).toEqual([
      [null, 4, false],
      ["Ann", 3, false],
      ["Bob", 3, true],
    ]);
    expect(authorsBetween(runs, 2, 2)).toEqual([]);
  });
});
