// An update that is larger than the server takes at once, as several that follow one another: each has only what
// stands on what was before it. Pure. See docs/merging.md.
import * as Y from "yjs";
import { bytesOf, type Deletes } from "./own";

export interface PieceBounds {
  readonly maxBytes: number;
  /** Structs and deleted ranges. */
  readonly maxParts: number;
}

type Struct = Y.Item | Y.GC;

/** Of a client in a piece: how many structs, its id, the first clock; and of the whole: clients, no deletes. */
const HEAD_BYTES = 24;
/** Less is not worth a cut. */
const SMALLEST_CUT = 256;
/** A letter takes three bytes at most in UTF-8, half a surrogate pair two. */
const BYTES_PER_LETTER = 3;

/** Return `update` as one or several; what cannot be cut is in a piece of its own, whatever its size. */
export function pieces(update: Uint8Array, bounds: PieceBounds): Uint8Array[] {
  // A struct takes three bytes, a deleted range two.
  if (update.length <= bounds.maxBytes && update.length <= 2 * bounds.maxParts) return [update];
  const { structs, ds } = Y.decodeUpdate(update);
  const ranges = [...ds.clients.values()].reduce((sum, { length }) => sum + length, 0);
  const isSmall = structs.length + ranges <= bounds.maxParts;
  if (update.length <= bounds.maxBytes && isSmall) return [update];
  const ordered = inOrder(structs);
  if (ordered === null) return [update];
  return [...structPieces(ordered, bounds), ...deletePieces(ds, bounds)];
}

/** Return structs so that each stands behind all that it refers to; null: something that it refers to is missing. */
function inOrder(structs: readonly (Struct | Y.Skip)[]): Struct[] | null {
  const queues = new Map<number, Struct[]>();
  for (const struct of structs) {
    if (struct instanceof Y.Skip) return null;
    const queue = queues.get(struct.id.client);
    if (queue) queue.push(struct);
    else queues.set(struct.id.client, [struct]);
  }
  const next = new Map([...queues.keys()].map((client) => [client, 0]));
  const isThere = (id: Y.ID | null): boolean => {
    const queue = id && queues.get(id.client);
    const waiting = queue?.[next.get(id?.client ?? 0) ?? 0];
    return !id || !waiting || id.clock < waiting.id.clock;
  };
  const isReady = (struct: Struct): boolean =>
    !(struct instanceof Y.Item) ||
    (isThere(struct.origin) &&
      isThere(struct.rightOrigin) &&
      (!(struct.parent instanceof Y.ID) || isThere(struct.parent)));
  const ordered: Struct[] = [];
  while (ordered.length < structs.length) {
    const before = ordered.length;
    for (const [client, queue] of queues) {
      let at = next.get(client) ?? 0;
      for (let struct = queue[at]; struct && isReady(struct); struct = queue[at]) {
        ordered.push(struct);
        at += 1;
        next.set(client, at);
      }
    }
    if (ordered.length === before) return null;
  }
  return ordered;
}

function structPieces(ordered: readonly Struct[], { maxBytes, maxParts }: PieceBounds) {
  const made: Uint8Array[] = [];
  let piece = new Map<number, Struct[]>();
  let bytes = HEAD_BYTES;
  let parts = 0;
  const end = () => {
    if (parts > 0) made.push(encoded(piece));
    piece = new Map();
    bytes = HEAD_BYTES;
    parts = 0;
  };
  for (let rest of ordered) {
    for (;;) {
      const isNew = !piece.has(rest.id.client);
      const room = maxBytes - bytes - (isNew ? HEAD_BYTES : 0);
      const size = sizeOf(rest);
      const tail = size > room && parts < maxParts ? cut(rest, room) : null;
      if (tail === null && parts > 0 && (size > room || parts >= maxParts)) {
        end();
        continue;
      }
      const list = piece.get(rest.id.client);
      if (list) list.push(rest);
      else piece.set(rest.id.client, [rest]);
      bytes += (tail === null ? size : room) + (isNew ? HEAD_BYTES : 0);
      parts += 1;
      if (tail === null) break;
      end();
      rest = tail;
    }
  }
  end();
  return made;
}

/** Shorten a struct of text to `room` bytes and return the rest of it; null: that cannot be. */
function cut(struct: Struct, room: number): Y.Item | null {
  if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) return null;
  const { content, id } = struct;
  let length = Math.floor((room - HEAD_BYTES) / BYTES_PER_LETTER);
  if (length < SMALLEST_CUT || length >= content.str.length) return null;
  // Between the halves of a pair Yjs would put other signs.
  const code = content.str.charCodeAt(length - 1);
  if (code >= 0xd800 && code <= 0xdbff) length -= 1;
  const tail = content.splice(length);
  struct.length = length;
  const [here, before] = [Y.createID(id.client, id.clock + length), id.clock + length - 1];
  const origin = Y.createID(id.client, before);
  const { rightOrigin, parent, parentSub } = struct;
  return new Y.Item(here, null, origin, null, rightOrigin, parent, parentSub, tail);
}

function sizeOf(struct: Struct): number {
  if (struct instanceof Y.Item && struct.content instanceof Y.ContentString) {
    const { length } = struct.content.str;
    if (length > 4096) return length * BYTES_PER_LETTER + HEAD_BYTES;
  }
  const encoder = new Y.UpdateEncoderV1();
  struct.write(encoder, 0);
  return encoder.toUint8Array().length;
}

function encoded(piece: ReadonlyMap<number, readonly Struct[]>): Uint8Array {
  const encoder = new Y.UpdateEncoderV1();
  encoder.writeLen(piece.size);
  for (const [client, structs] of piece) {
    encoder.writeLen(structs.length);
    encoder.writeClient(client);
    encoder.writeLen(structs[0]?.id.clock ?? 0);
    for (const struct of structs) struct.write(encoder, 0);
  }
  encoder.writeLen(0);
  return encoder.toUint8Array();
}

function deletePieces(ds: Deletes, { maxBytes, maxParts }: PieceBounds): Uint8Array[] {
  // A range is two numbers of nine bytes at most.
  const most = Math.max(1, Math.min(maxParts, Math.floor((maxBytes - HEAD_BYTES) / 18)));
  const made: Uint8Array[] = [];
  let [piece, count] = [Y.createDeleteSet(), 0];
  const end = () => {
    if (count > 0) made.push(Uint8Array.of(0, ...bytesOf(piece)));
    [piece, count] = [Y.createDeleteSet(), 0];
  };
  for (const [client, ranges] of ds.clients) {
    for (let at = 0; at < ranges.length; ) {
      const some = ranges.slice(at, at + most - count);
      piece.clients.set(client, some);
      count += some.length;
      at += some.length;
      if (count >= most) end();
    }
  }
  end();
  return made;
}
