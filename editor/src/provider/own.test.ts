import { expect, it, vi } from "vitest";
import * as Y from "yjs";
import { OwnDeletes } from "./own";

const merged = vi.hoisted(() => ({ ranges: 0 }));
vi.mock("yjs", async (original) => {
  const yjs = await original<typeof Y>();
  const mergeDeleteSets: typeof Y.mergeDeleteSets = (sets) => {
    for (const { clients } of sets)
      for (const ranges of clients.values()) merged.ranges += ranges.length;
    return yjs.mergeDeleteSets(sets);
  };
  return { ...yjs, mergeDeleteSets };
});

/** Two replicas of "abcdef"; the second notes what its person deletes. */
function two() {
  const [ann, bob] = [new Y.Doc(), new Y.Doc()];
  ann.getText("t").insert(0, "abcdef");
  Y.applyUpdate(bob, Y.encodeStateAsUpdate(ann));
  const own = new OwnDeletes();
  bob.on("update", (_update, origin, _doc, { deleteSet }: Y.Transaction) => {
    if (origin !== "remote") own.add(deleteSet);
  });
  const hear = () =>
    Y.applyUpdate(bob, Y.encodeStateAsUpdate(ann, Y.encodeStateVector(bob)), "remote");
  return { ann, bob, own, hear, text: bob.getText("t") };
}
const listed = (update: Uint8Array) =>
  [...Y.decodeUpdate(update).ds.clients.values()].flat().map(({ clock, len }) => [clock, len]);

it("lists of all deletes those of the person, and has all that was written", () => {
  const { ann, bob, own, hear, text } = two();
  ann.getText("t").delete(0, 2);
  hear();
  text.delete(0, 1); // c
  text.insert(0, "X");
  const update = own.update(bob, Y.encodeStateVector(ann));
  expect(listed(update)).toEqual([[2, 1]]);
  expect(listed(Y.encodeStateAsUpdate(bob, Y.encodeStateVector(ann)))).toEqual([[0, 3]]);
  Y.applyUpdate(ann, update);
  expect(ann.getText("t").toString()).toBe("Xdef");
});

it("forgets what is acknowledged, and no more", () => {
  const { own, text } = two();
  text.delete(0, 1);
  own.sent(1);
  text.delete(0, 1);
  own.sent(2);
  own.acknowledged(1);
  const second = own.kept();
  own.connectionLost();
  expect(own.kept()).toEqual(second);
  own.sent(1);
  own.acknowledged(1);
  expect([own.isEmpty, own.kept()]).toEqual([true, null]);
});

it("goes from one page to the next as bytes", () => {
  const { bob, own, text } = two();
  text.delete(1, 2);
  const next = new OwnDeletes();
  next.takeUp(own.kept());
  expect(listed(next.update(bob, Y.encodeStateVector(bob)))).toEqual([[1, 2]]);
});

it("costs a key the same at the end of a long time without a network as at its beginning", () => {
  const own = new OwnDeletes();
  const work: number[] = [];
  for (let turn = 0; turn < 2; turn += 1) {
    merged.ranges = 0;
    for (let key = 0; key < 4000; key += 1) {
      const deletes = Y.createDeleteSet();
      const clock = 2 * (4000 * turn + key); // a range of its own each time
      deletes.clients.set(1, [{ clock, len: 1 }]);
      own.add(deletes);
    }
    work.push(merged.ranges);
  }
  // Doubling: all merges together handle each range a few times, however many there are.
  expect(work[0]).toBeLessThan(4 * 4000);
  expect(work[1]).toBeLessThan(4 * 8000);
  const doc = new Y.Doc();
  expect(listed(own.update(doc, Y.encodeStateVector(doc))).length).toBe(8000);
});
