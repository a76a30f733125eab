import { expect, test } from "vitest";
import * as Y from "yjs";
import { wordsBeyond } from "./unsent";

function paragraph(doc: Y.Doc, words: string): Y.XmlText {
  const text = new Y.XmlText(words);
  const block = new Y.XmlElement("paragraph");
  block.insert(0, [text]);
  const body = doc.getXmlFragment("default");
  body.insert(body.length, [block]);
  return text;
}

test("only what the server lacks, in reading order, without what was deleted", () => {
  const doc = new Y.Doc();
  const first = paragraph(doc, "known");
  const known = Y.decodeStateVector(Y.encodeStateVector(doc));
  first.insert(5, " and new😀");
  paragraph(doc, "second");
  paragraph(doc, "gone").delete(0, 4);
  expect(wordsBeyond(doc, known)).toBe(" and new😀\nsecond");
  expect(wordsBeyond(doc, Y.decodeStateVector(Y.encodeStateVector(doc)))).toBe("");
});

test("where nothing is known, everything", () => {
  const doc = new Y.Doc();
  paragraph(doc, "一");
  paragraph(doc, "二");
  expect(wordsBeyond(doc, new Map())).toBe("一\n二");
});
