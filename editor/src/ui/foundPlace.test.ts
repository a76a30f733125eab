import { getSchema } from "@tiptap/core";
import { expect, test } from "vitest";
import { NO_WORDS, schemaExtensions } from "../schema/extensions";
import { fold, placesOf, wanted } from "./foundPlace";

const schema = getSchema(schemaExtensions(NO_WORDS));
const doc = schema.nodeFromJSON({
  type: "doc",
  content: [
    { type: "paragraph", content: [{ type: "text", text: "The quick start" }] },
    {
      type: "paragraph",
      content: [
        { type: "text", text: "A Quick" },
        { type: "footnote", content: [{ type: "text", text: "noted" }] },
        { type: "text", text: " brown fox in the Straße" },
      ],
    },
    { type: "paragraph", content: [{ type: "text", text: "这个数据库很好" }] },
  ],
});
const found = (typed: string) =>
  placesOf(doc, wanted(`#find=${encodeURIComponent(typed)}`)).map(({ from, to }) =>
    doc.textBetween(from, to),
  );

test("folding keeps every place", () => {
  for (const text of ["Ｆｕｌｌ Café", "Straße ﬁ \u{1f600} 한국", "İ"])
    expect(fold(text)).toHaveLength(text.length);
  expect(fold("CAFÉ")).toBe("cafe");
});

test("the block that has most of the words is the place", () => {
  expect(found("quick")).toEqual(["quick"]);
  expect(found("brown quick")).toEqual(["Quick", "brown"]);
  expect(found("strasse")).toEqual(["Straße"]);
  expect(found("note")).toEqual(["note"]);
  expect(found("数据库")).toEqual(["数据库"]);
});

test("what is shut out, is in no text, or begins inside a word is no place", () => {
  expect(wanted('#find="quick fox" OR -lazy')).toEqual(["quick", "fox"]);
  expect(wanted("#seq=3")).toEqual([]);
  expect(found("uick")).toEqual([]);
  expect(found("(")).toEqual([]);
});
