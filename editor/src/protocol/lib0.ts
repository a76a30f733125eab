// The bounded reader and the writer of lib0's binary encoding. Stricter than lib0: every length is checked
// against what is left, and text must be UTF-8. Twin of collab/lib0.py.

/** The bytes are not what they should be; the message says in which way. */
export class EncodingError extends Error {
  override readonly name = "EncodingError";
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads lib0 values front to back. */
export class Reader {
  readonly #data: Uint8Array;
  #position = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  /** How many bytes have not been read. */
  get left(): number {
    return this.#data.length - this.#position;
  }

  /** Read a varUint of at most 53 bits, in at most eight bytes. */
  uint(): number {
    let value = 0;
    let factor = 1;
    for (let length = 0; length < 8; length += 1) {
      const byte = this.#data[this.#position];
      if (byte === undefined) throw new EncodingError("ends too early");
      this.#position += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) throw new EncodingError("number too large");
        return value;
      }
      factor *= 128;
    }
    throw new EncodingError("number too long");
  }

  /** Read a varByteArray. The result is a view, not a copy. */
  array(): Uint8Array {
    const length = this.uint();
    if (length > this.left) throw new EncodingError("ends too early");
    const start = this.#position;
    this.#position += length;
    return this.#data.subarray(start, this.#position);
  }

  /** Read a varString. */
  string(): string {
    const bytes = this.array();
    try {
      return utf8.decode(bytes);
    } catch {
      throw new EncodingError("not UTF-8");
    }
  }

  /** Throw unless all has been read. */
  finish(): void {
    if (this.left > 0) throw new EncodingError("bytes left over");
  }
}

/** Return `value` as a varUint. */
export function uint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new EncodingError("number out of range");
  const out: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    out.push(0x80 | (rest % 128));
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
  return Uint8Array.from(out);
}

/** Return `value` as a varByteArray. */
export function array(value: Uint8Array): Uint8Array {
  return concat([uint(value.length), value]);
}

/** Return `value` as a varString: its length is counted in UTF-8 bytes. */
export function string(value: string): Uint8Array {
  return array(new TextEncoder().encode(value));
}

/** Return the parts, one after another. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let position = 0;
  for (const part of parts) {
    out.set(part, position);
    position += part.length;
  }
  return out;
}
