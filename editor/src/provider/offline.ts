// Keeps the document on this device (IndexedDB), one store per person and document, so that words written
// without a network outlive the page. Where the browser has no store, the page works without.
import { IndexeddbPersistence } from "y-indexeddb";
import type * as Y from "yjs";

/** How long the page waits for the store before it goes on without. */
const OPEN_DEADLINE_MS = 3_000;
/** Beside the words: how many changes the server had not acknowledged when the page was last alive. */
const UNSAVED_KEY = "unsaved";
/** How many times text had been erased from the document's history when the copy was last in step with it. */
const ERASURES_KEY = "erasures";

/** The store of one document. */
export class OfflineStore {
  #persistence: IndexeddbPersistence | null = null;
  #isLoaded = false;
  #unsavedBefore = 0;
  #wasEmpty = true;
  /** Settles when the store has been read, or when it is clear that there is none. Never rejects. */
  readonly whenReady: Promise<void>;

  constructor(doc: Y.Doc, userId: string, documentId: string) {
    this.whenReady = this.#open(doc, `scriptorium:${userId}:${documentId}`);
  }

  /** What a transaction carries that brought words from the store. */
  get origin(): unknown {
    return this.#persistence;
  }

  /** Whether local words are on the device: then leaving the page loses nothing. */
  get isKeeping(): boolean {
    return this.#isLoaded;
  }

  /** Changes that an earlier page left here unacknowledged. Known once the store is ready. */
  get unsavedBefore(): number {
    return this.#unsavedBefore;
  }

  /** Note how many changes are not acknowledged, for the page that comes after this one. */
  noteUnsaved(count: number): void {
    if (this.#isLoaded) void this.#persistence?.set(UNSAVED_KEY, count).catch(() => undefined);
  }

  /** Whether what is kept is older than the last of `count` erasures, and may hold what they erased. */
  async isFromBefore(count: number): Promise<boolean> {
    await this.whenReady;
    const persistence = this.#persistence;
    if (!persistence || !this.#isLoaded) return false;
    const known: unknown = await persistence.get(ERASURES_KEY).catch(() => undefined);
    const seen = typeof known === "number" ? known : this.#wasEmpty ? count : 0;
    if (seen < count) return true;
    if (known !== count) await persistence.set(ERASURES_KEY, count).catch(() => undefined);
    return false;
  }

  /** Stop writing. What is stored stays. */
  destroy(): void {
    this.#isLoaded = false;
    void this.#persistence?.destroy().catch(() => undefined);
    this.#persistence = null;
  }

  /** Throw away what is stored. */
  async clear(): Promise<void> {
    const persistence = this.#persistence;
    this.#isLoaded = false;
    this.#persistence = null;
    await persistence?.clearData().catch(() => undefined);
  }

  async #open(doc: Y.Doc, name: string): Promise<void> {
    if (typeof indexedDB === "undefined" || !(await canOpen())) return;
    const persistence = new IndexeddbPersistence(name, doc);
    this.#persistence = persistence;
    const late = new Promise<void>((resolve) => setTimeout(resolve, OPEN_DEADLINE_MS));
    const loaded = persistence.whenSynced.then(async () => {
      this.#wasEmpty = doc.store.clients.size === 0;
      const count: unknown = await persistence.get(UNSAVED_KEY).catch(() => 0);
      this.#unsavedBefore = typeof count === "number" && count > 0 ? count : 0;
      this.#isLoaded = this.#persistence === persistence;
    });
    await Promise.race([loaded, late]);
  }
}

/** y-indexeddb leaves a refused database as an unhandled rejection: ask first. */
function canOpen(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open("scriptorium:probe");
      request.onsuccess = () => {
        request.result.close();
        resolve(true);
      };
      request.onerror = () => resolve(false);
      request.onblocked = () => resolve(false);
      setTimeout(() => resolve(false), OPEN_DEADLINE_MS);
    } catch {
      resolve(false);
    }
  });
}
