import { expect, it } from "vitest";
import * as Y from "yjs";
import { pieces } from "./split";

const BOUNDS = { maxBytes: 4000, maxParts: 60 };

/** Apply one by one; each must find there what it refers to. */
function applied(doc: Y.Doc, all: readonly Uint8Array[]): Y.Doc {
  for (const piece of all) {
    Y.applyUpdate(doc, piece);
    expect([doc.store.pendingStructs, doc.store.pendingDs]).toEqual([null, null]);
  }
  return doc;
}
const partsOf = (update: Uint8Array) => {
  const { structs, ds } = Y.decodeUpdate(update);
  return structs.length + [...ds.clients.values()].reduce((sum, { length }) => sum + length, 0);
};

it("leaves alone what fits", () => {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, "words");
  const update = Y.encodeStateAsUpdate(doc);
  expect(pieces(update, BOUNDS)).toEqual([update]);
});

it("cuts a long text, and no sign of two halves", () => {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, `x${"😀".repeat(20_000)}`);
  const all = pieces(Y.encodeStateAsUpdate(doc), BOUNDS);
  expect(all.length).toBeGreaterThan(20);
  expect(Math.max(...all.map(({ length }) => length))).toBeLessThanOrEqual(BOUNDS.maxBytes);
  const there = applied(new Y.Doc(), all);
  expect(there.getText("t").toString()).toBe(doc.getText("t").toString());
  expect(Y.encodeStateAsUpdate(there)).toEqual(Y.encodeStateAsUpdate(doc));
});

it("sends what several wrote into one another in an order in which each finds its ground", () => {
  const docs = [new Y.Doc(), new Y.Doc(), new Y.Doc()];
  let seed = 7;
  const any = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  for (let turn = 0; turn < 600; turn += 1) {
    const doc = docs[any(3)] as Y.Doc;
    const body = doc.getXmlFragment("default");
    if (body.length === 0 || any(4) === 0) {
      const block = new Y.XmlElement("paragraph");
      block.insert(0, [new Y.XmlText("a new line of words")]);
      body.insert(any(body.length + 1), [block]);
    } else {
      const block = body.get(any(body.length)) as Y.XmlElement;
      const text = block.get(0) as Y.XmlText;
      if (any(5) === 0 && body.length > 3) body.delete(any(body.length), 1);
      else if (any(3) === 0 && text.length > 4) text.delete(any(text.length - 2), 2);
      else text.insert(any(text.length + 1), "more ".repeat(1 + any(3)));
    }
    if (any(3) === 0) Y.applyUpdate(docs[any(3)] as Y.Doc, Y.encodeStateAsUpdate(doc));
  }
  const whole = new Y.Doc();
  for (const doc of docs) Y.applyUpdate(whole, Y.encodeStateAsUpdate(doc));
  const update = Y.encodeStateAsUpdate(whole);
  const all = pieces(update, BOUNDS);
  expect(all.length).toBeGreaterThan(10);
  for (const piece of all) {
    expect(piece.length).toBeLessThanOrEqual(BOUNDS.maxBytes);
    expect(partsOf(piece)).toBeLessThanOrEqual(BOUNDS.maxParts);
  }
  expect(Y.encodeStateAsUpdate(applied(new Y.Doc(), all))).toEqual(update);
  // And what is beyond a state that is known.
  const known = docs[0] as Y.Doc;
  const rest = Y.encodeStateAsUpdate(whole, Y.encodeStateVector(known));
  expect(Y.encodeStateAsUpdate(applied(known, pieces(rest, BOUNDS)))).toEqual(update);
});
