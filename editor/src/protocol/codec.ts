// Frames to messages and back, strictly. Types 0-3 are those of y-protocols and y-websocket, byte for byte;
// ours start at 100. Twin of collab/protocol/codec.py; both read tests/vectors/wire.json.
import { array, concat, EncodingError, Reader, string, uint } from "./lib0";
import type { AwarenessEntry, Message } from "./messages";

/** The frame is not one message of the protocol; the message says in which way. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** Return the message in `frame`. Throws FrameError if it is truncated, too long, or of no known type. */
export function decode(frame: Uint8Array): Message {
  const reader = new Reader(frame);
  try {
    const message = read(reader);
    reader.finish();
    return message;
  } catch (error) {
    if (error instanceof EncodingError) throw new FrameError(`bad frame: ${error.message}`);
    throw error;
  }
}

function read(reader: Reader): Message {
  const type = reader.uint();
  switch (type) {
    case 0:
      return readSync(reader);
    case 1:
      return readAwareness(new Reader(reader.array()));
    case 2:
      if (reader.uint() !== 0) throw new FrameError("bad frame: unknown auth message");
      return { type: "permissionDenied", reason: reader.string() };
    case 3:
      return { type: "queryAwareness" };
    case 100:
      return { type: "saved", frames: reader.uint() };
    case 101:
      return { type: "ping", token: reader.uint() };
    case 102:
      return { type: "pong", token: reader.uint() };
    case 103:
      return { type: "event", payload: reader.string() };
    case 104:
      return { type: "signal", payload: reader.string() };
    case 105:
      return { type: "chat", payload: reader.string() };
    case 106:
      return { type: "editNote", upto: reader.uint(), isUndo: readFlag(reader) };
    default:
      throw new FrameError(`bad frame: unknown message type ${type}`);
  }
}

function readSync(reader: Reader): Message {
  const type = reader.uint();
  switch (type) {
    case 0:
      return { type: "syncStep1", stateVector: reader.array() };
    case 1:
      return { type: "syncStep2", update: reader.array() };
    case 2:
      return { type: "syncUpdate", update: reader.array() };
    default:
      throw new FrameError(`bad frame: unknown sync message ${type}`);
  }
}

function readFlag(reader: Reader): boolean {
  const value = reader.uint();
  if (value > 1) throw new FrameError("bad frame: neither 0 nor 1");
  return value === 1;
}

function readAwareness(reader: Reader): Message {
  const count = reader.uint();
  // An entry takes three bytes at the least: a count that cannot be true is not believed.
  if (count * 3 > reader.left) throw new FrameError("bad frame: awareness count");
  const entries: AwarenessEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    entries.push({ clientId: reader.uint(), clock: reader.uint(), state: reader.string() });
  }
  reader.finish();
  return { type: "awareness", entries };
}

/** Return `message` as a frame. */
export function encode(message: Message): Uint8Array {
  switch (message.type) {
    case "syncStep1":
      return concat([Uint8Array.of(0, 0), array(message.stateVector)]);
    case "syncStep2":
      return concat([Uint8Array.of(0, 1), array(message.update)]);
    case "syncUpdate":
      return concat([Uint8Array.of(0, 2), array(message.update)]);
    case "awareness":
      return concat([Uint8Array.of(1), array(encodeAwareness(message.entries))]);
    case "permissionDenied":
      return concat([Uint8Array.of(2, 0), string(message.reason)]);
    case "queryAwareness":
      return Uint8Array.of(3);
    case "saved":
      return concat([uint(100), uint(message.frames)]);
    case "ping":
      return concat([uint(101), uint(message.token)]);
    case "pong":
      return concat([uint(102), uint(message.token)]);
    case "event":
      return concat([uint(103), string(message.payload)]);
    case "signal":
      return concat([uint(104), string(message.payload)]);
    case "chat":
      return concat([uint(105), string(message.payload)]);
    case "editNote":
      return concat([uint(106), uint(message.upto), uint(message.isUndo ? 1 : 0)]);
  }
}

/** Return the body of an awareness message, as y-protocols has it. */
export function encodeAwareness(entries: readonly AwarenessEntry[]): Uint8Array {
  return concat([
    uint(entries.length),
    ...entries.map((entry) =>
      concat([uint(entry.clientId), uint(entry.clock), string(entry.state)]),
    ),
  ]);
}
