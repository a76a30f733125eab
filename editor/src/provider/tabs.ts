// Shares the document between the tabs of one person in one browser (BroadcastChannel), with or without a
// network. Nothing echoes: a tab posts only what was born in it, and applies what it hears with itself as
// the origin.
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import type { AwarenessEntry } from "../protocol/messages";
import { applyEntries, awarenessEntries } from "./presence";

type Post =
  | { readonly kind: "hello"; readonly stateVector: Uint8Array }
  /** What the person did in that tab, or, for who has just come, all that it has. */
  | { readonly kind: "update"; readonly update: Uint8Array; readonly isEdit?: boolean }
  | { readonly kind: "awareness"; readonly entries: readonly AwarenessEntry[] }
  /** The person threw away what did not reach the server. */
  | { readonly kind: "discard" };

/** The other tabs of this person on this document. */
export class Tabs {
  readonly #doc: Y.Doc;
  readonly #awareness: Awareness;
  readonly #apply: (update: Uint8Array, origin: unknown) => void;
  readonly #discarded: () => void;
  readonly #channel: BroadcastChannel | null;
  /** Yjs client ids that were heard of from another tab. */
  readonly clientIds = new Set<number>();
  /** What a transaction carries that brought all that another tab has, by whomever it is. */
  readonly state = { name: "all of another tab" };

  constructor(
    doc: Y.Doc,
    awareness: Awareness,
    { userId, documentId }: { readonly userId: string; readonly documentId: string },
    apply: (update: Uint8Array, origin: unknown) => void,
    discarded: () => void,
  ) {
    this.#doc = doc;
    this.#awareness = awareness;
    this.#apply = apply;
    this.#discarded = discarded;
    this.#channel =
      typeof BroadcastChannel === "undefined"
        ? null
        : new BroadcastChannel(`scriptorium:${userId}:${documentId}`);
    if (this.#channel) this.#channel.onmessage = (event) => this.#receive(event.data as Post);
  }

  /** Say that this tab is here: the others answer with what it lacks. */
  hello(): void {
    this.#post({ kind: "hello", stateVector: Y.encodeStateVector(this.#doc) });
    this.announce();
  }

  /** Post an update that was born in this tab. */
  update(update: Uint8Array): void {
    this.#post({ kind: "update", update, isEdit: true });
  }

  /** Post where this tab's caret is. */
  announce(): void {
    const entries = awarenessEntries(this.#awareness, [this.#awareness.clientID]);
    if (entries.length > 0) this.#post({ kind: "awareness", entries });
  }

  /** Say that what did not reach the server is thrown away. */
  discard(): void {
    this.#post({ kind: "discard" });
  }

  /** Stop listening. */
  destroy(): void {
    this.#channel?.close();
  }

  #post(post: Post): void {
    this.#channel?.postMessage(post);
  }

  #receive(post: Post): void {
    switch (post.kind) {
      case "hello": {
        const missing = Y.encodeStateAsUpdate(this.#doc, post.stateVector);
        this.#post({ kind: "update", update: missing });
        this.announce();
        break;
      }
      case "update":
        this.#apply(post.update, post.isEdit ? this : this.state);
        break;
      case "discard":
        this.#discarded();
        break;
      case "awareness":
        for (const { clientId } of post.entries) this.clientIds.add(clientId);
        applyEntries(this.#awareness, post.entries, this);
        break;
    }
  }
}
