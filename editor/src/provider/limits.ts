// What the server takes, as the page was told, and how large the document is by the server's count. Pure.
import * as Y from "yjs";

export interface Limits {
  readonly maxFrameBytes: number;
  /** Of one live update. */
  readonly maxUpdateBytes: number;
  /** Structs, deleted ranges and values of one update. */
  readonly maxFrameParts: number;
  readonly maxDocumentBytes: number;
}

export const NO_LIMITS: Limits = {
  maxFrameBytes: Number.POSITIVE_INFINITY,
  maxUpdateBytes: 1024 * 1024,
  maxFrameParts: Number.POSITIVE_INFINITY,
  maxDocumentBytes: Number.POSITIVE_INFINITY,
};

/** Of a frame, beside the update. */
const FRAME_HEAD = 16;
/** Of a document's bytes, where nothing more is written: room for what others write meanwhile, and for deletes. */
const SPARE = 1 / 64;

/** The bytes of a document. The server adds up what it takes; it counts anew where it loads the document. */
export class DocumentSize {
  readonly #doc: Y.Doc;
  #limits: Limits;
  #bytes: number | null = null;

  constructor(doc: Y.Doc, limits: Limits) {
    this.#doc = doc;
    this.#limits = limits;
  }

  get limits(): Limits {
    return this.#limits;
  }

  /** The server has said on this connection what it takes in a frame, and how large the document is. */
  told(bytes: number | null, maxFrameBytes: number | null): void {
    this.#bytes = bytes;
    if (maxFrameBytes !== null) this.#limits = { ...this.#limits, maxFrameBytes };
  }

  /** An update of so many bytes was written or has come. */
  add(bytes: number): void {
    if (this.#bytes !== null) this.#bytes += bytes;
  }

  /** How many bytes more the server takes. */
  get room(): number {
    this.#bytes ??= Y.encodeStateAsUpdate(this.#doc).length;
    return this.#limits.maxDocumentBytes - this.#bytes;
  }

  /** How many bytes more may be written. */
  get roomToWrite(): number {
    return this.room - this.#limits.maxDocumentBytes * SPARE;
  }

  /** Of what is cut because it does not fit a frame. Half: what an update costs beside what is counted. */
  get piece(): { readonly maxBytes: number; readonly maxParts: number } {
    const { maxFrameBytes, maxUpdateBytes, maxFrameParts } = this.#limits;
    return {
      maxBytes: Math.min(maxUpdateBytes, maxFrameBytes - FRAME_HEAD),
      maxParts: Math.floor(maxFrameParts / 2),
    };
  }

  /** Whether an update fits a frame. */
  fits(update: Uint8Array): boolean {
    return update.length + FRAME_HEAD <= this.#limits.maxFrameBytes;
  }
}
