// The JSON events of the server (message type 103), checked before use. Unknown ones are ignored, so that
// an older page lives with a newer server.
import type { Access } from "./status";

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  /** Where the picture is on the server; empty or absent: there is none. */
  readonly avatar?: string;
}

export type ServerEvent =
  | {
      readonly type: "welcome";
      readonly access: Access;
      readonly isFrozen: boolean;
      readonly user: Person | null;
      readonly maxFrameBytes: number | null;
      /** Of the document, as the server counts for its limit; null: it does not say. */
      readonly sizeBytes: number | null;
      /** How many times text was erased from the history. */
      readonly erasures: number;
      /** The last record of the log that the server's answer holds; null: it does not take notes on edits. */
      readonly seq: number | null;
    }
  /** All records up to this one have been sent. */
  | { readonly type: "seen"; readonly seq: number }
  /** Words were rescued, and stand under this client id now; where they stood before. */
  | {
      readonly type: "rescued";
      readonly client: number;
      readonly ranges: readonly (readonly [client: number, clock: number, length: number])[];
    }
  | { readonly type: "access"; readonly access: Access }
  | { readonly type: "frozen"; readonly isFrozen: boolean }
  | { readonly type: "title"; readonly title: string }
  /** Text was erased from the history: what this device keeps is to be thrown away. */
  | { readonly type: "erased" };

/** Return the event in `payload`, or null if it is none that this page knows. */
export function parseEvent(payload: string): ServerEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  const access = value.access;
  switch (value.type) {
    case "welcome": {
      const max = value.maxFrameBytes;
      return isAccess(access)
        ? {
            type: "welcome",
            access,
            isFrozen: value.frozen === true,
            user: parsePerson(value.user),
            maxFrameBytes: typeof max === "number" && max > 0 ? max : null,
            sizeBytes: typeof value.sizeBytes === "number" ? value.sizeBytes : null,
            erasures: typeof value.erasures === "number" ? value.erasures : 0,
            seq: typeof value.seq === "number" ? value.seq : null,
          }
        : null;
    }
    case "access":
      return isAccess(access) ? { type: "access", access } : null;
    case "frozen":
      return { type: "frozen", isFrozen: value.frozen === true };
    case "title":
      return typeof value.title === "string" ? { type: "title", title: value.title } : null;
    case "erased":
      return { type: "erased" };
    case "seen":
      return typeof value.seq === "number" ? { type: "seen", seq: value.seq } : null;
    case "rescued":
      return parseRescued(value);
    default:
      return null;
  }
}

function parseRescued({ client, ranges }: Record<string, unknown>): ServerEvent | null {
  if (typeof client !== "number" || !Array.isArray(ranges)) return null;
  const isRange = (each: unknown): each is [number, number, number] =>
    Array.isArray(each) && each.length === 3 && each.every((part) => typeof part === "number");
  return { type: "rescued", client, ranges: ranges.filter(isRange) };
}

/** Return the person that `value` describes, or null. */
export function parsePerson(value: unknown): Person | null {
  if (!isRecord(value)) return null;
  const { id, name, color, avatar } = value;
  if (typeof name !== "string" || (typeof id !== "string" && typeof id !== "number")) return null;
  const isColor = typeof color === "string" && /^#[0-9a-f]{6}$/i.test(color);
  const person = { id: String(id), name, color: isColor ? color : "#5c5952" };
  return typeof avatar === "string" ? { ...person, avatar } : person;
}

export function isAccess(value: unknown): value is Access {
  return value === "read" || value === "comment" || value === "write";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
