// @vitest-environment node
// The codec against frames that the real y-protocols wrote; tests/system/vectors.mjs makes them.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decode, encode, FrameError } from "./codec";
import type { Message } from "./messages";

interface Vectors {
  readonly messages: { name: string; hex: string; message: Record<string, unknown> }[];
  readonly refused: { name: string; hex: string }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../tests/vectors/wire.json", import.meta.url), "utf8"),
) as Vectors;

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));

/** The message as the vectors write it. */
function asVector(message: Message): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
    ]),
  );
}

describe("the codec", () => {
  it.each(vectors.messages)("reads and writes: $name", ({ hex, message }) => {
    const read = decode(bytes(hex));
    expect(asVector(read)).toEqual(message);
    expect(Buffer.from(encode(read)).toString("hex")).toBe(hex);
  });

  it.each(vectors.refused)("refuses: $name", ({ hex }) => {
    expect(() => decode(bytes(hex))).toThrow(FrameError);
  });
});
