// What the person has deleted on this device and the server has not acknowledged. A page that comes back lists
// all that it ever saw deleted, by whomever; this tells which of it is meant. Pure. See docs/merging.md.
import * as Y from "yjs";

export type Deletes = ReturnType<typeof Y.createDeleteSet>;

/** So many changes are not worth a merge. */
const FEW = 64;

const isEmpty = (set: Deletes): boolean => set.clients.size === 0;

function rangesIn(set: Deletes): number {
  let count = 0;
  for (const ranges of set.clients.values()) count += ranges.length;
  return count;
}

/** Return a delete set as bytes, as it stands at the end of an update. */
export function bytesOf(set: Deletes): Uint8Array {
  // A snapshot is a delete set and a state vector; an empty vector is one byte.
  return Y.encodeSnapshot(Y.createSnapshot(set, new Map())).slice(0, -1);
}

/** The person's own deletes, from the key to the commit. */
export class OwnDeletes {
  #merged = Y.createDeleteSet();
  /** What came since, unmerged: a merge costs what there is, and a key must not. */
  #fresh: Deletes[] = [];
  #freshRanges = 0;
  /** Fresh ranges at which to merge: as many as there are, so that all merges together cost a few times that. */
  #mergeAt = FEW;
  #inFlight: { readonly frame: number; readonly deletes: Deletes }[] = [];

  get isEmpty(): boolean {
    return this.#isNothingWaiting && this.#inFlight.length === 0;
  }

  /** Note what a change by the person has deleted. */
  add(deletes: Deletes): void {
    if (isEmpty(deletes)) return;
    this.#fresh.push(deletes);
    this.#freshRanges += rangesIn(deletes);
    if (this.#freshRanges >= this.#mergeAt) this.#waiting();
  }

  /** All that waits went out with frame number `frame` of this connection. */
  sent(frame: number): void {
    if (this.#isNothingWaiting) return;
    this.#inFlight.push({ frame, deletes: this.#waiting() });
    this.#wait(Y.createDeleteSet());
  }

  /** The server has committed the first `frames` frames. */
  acknowledged(frames: number): void {
    this.#inFlight = this.#inFlight.filter(({ frame }) => frame > frames);
  }

  /** The connection is gone: what it did not acknowledge waits again. */
  connectionLost(): void {
    this.#wait(this.#all());
    this.#inFlight = [];
  }

  /** Return all of it as bytes, for the device's store; null: there is none. */
  kept(): Uint8Array | null {
    return this.isEmpty ? null : bytesOf(this.#all());
  }

  /** Take up what an earlier page has kept. */
  takeUp(kept: Uint8Array | null): void {
    if (!kept) return;
    // One byte: the empty state vector of a snapshot.
    const { ds } = Y.decodeSnapshot(Uint8Array.of(...kept, 0));
    this.add(ds);
  }

  /** Return what `doc` has beyond `since`, listing of all deletes only these. */
  update(doc: Y.Doc, since: Uint8Array): Uint8Array {
    const whole = Y.encodeStateAsUpdate(doc, since);
    // Without structs an update is a zero and the delete set, which is the end of any other.
    const nothing = Y.encodeStateAsUpdate(doc, Y.encodeStateVector(doc));
    const structs = whole.subarray(0, whole.length - (nothing.length - 1));
    const own = bytesOf(this.#all());
    const update = new Uint8Array(structs.length + own.length);
    update.set(structs);
    update.set(own, structs.length);
    return update;
  }

  get #isNothingWaiting(): boolean {
    return isEmpty(this.#merged) && this.#fresh.length === 0;
  }

  #waiting(): Deletes {
    if (this.#fresh.length > 0) this.#wait(Y.mergeDeleteSets([this.#merged, ...this.#fresh]));
    return this.#merged;
  }

  #wait(deletes: Deletes): void {
    this.#merged = deletes;
    this.#fresh = [];
    this.#freshRanges = 0;
    this.#mergeAt = Math.max(FEW, rangesIn(deletes));
  }

  #all(): Deletes {
    const flying = this.#inFlight.map(({ deletes }) => deletes);
    return flying.length === 0 ? this.#waiting() : Y.mergeDeleteSets([...flying, this.#waiting()]);
  }
}
