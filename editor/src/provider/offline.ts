// Keeps the document on this device (IndexedDB), one store per person and document, so that words written
// without a network outlive the page. It says "kept" only of what the store has confirmed. Where the browser has no
// store, or its store fails, the page works without and says so. The form is that of y-indexeddb 9.
import * as Y from "yjs";
import { type DeviceFailure, failureOf, openDatabase, settled } from "./database";

/** How long the page waits for the store before it goes on without. */
const OPEN_DEADLINE_MS = 3_000;
/** How long after a failed write it is tried again. */
const RETRY_MS = 5_000;
/** So many rows are made one. */
const TRIM_ROWS = 500;

const UPDATES = "updates";
const CUSTOM = "custom";
/** Beside the words: how many changes the server had not acknowledged when the page was last alive. */
const UNSAVED_KEY = "unsaved";
/** How many times text had been erased from the document's history when the copy was last in step with it. */
const ERASURES_KEY = "erasures";
/** Why what is unsaved waits for the person's word before it is sent; absent: it does not. */
const HELD_KEY = "held";
/** What the person has deleted and the server has not acknowledged, as bytes; absent: nothing. */
const OWN_KEY = "own";
/** The last record of the document's log that is in the copy; absent: not known. */
const SEQ_KEY = "seq";

export type DeviceState =
  /** It is being opened and read. */
  | { readonly kind: "opening" }
  /** It takes writes; whether all words are in it already. */
  | { readonly kind: "keeping"; readonly isConfirmed: boolean }
  | { readonly kind: "failing"; readonly failure: DeviceFailure };

/** The store of one document. */
export class OfflineStore {
  readonly #doc: Y.Doc;
  readonly #name: string;
  readonly #changed: () => void;
  #database: IDBDatabase | null = null;
  #failure: DeviceFailure | null = null;
  #isRead = false;
  #isEnded = false;
  #isOpening = false;
  #isWriting = false;
  /** Updates that are in no confirmed transaction. */
  #pending: Uint8Array[] = [];
  /** What was pending could not be written: the whole document will be. */
  #isAllDue = false;
  /** What is to be noted beside the words and is not confirmed. */
  #notes: Record<string, number | string | Uint8Array | null> | null = null;
  #isNoteFailing = false;
  #rows = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #unsavedBefore = 0;
  #heldBefore: string | null = null;
  #erasures: number | null = null;
  #ownBefore: Uint8Array | null = null;
  #seqBefore: number | null = null;
  #wasEmpty = true;
  /** Settles when the store has been read, or when it is clear that there is none. Never rejects. */
  readonly whenReady: Promise<void>;

  /** `changed` is called whenever `state` has. */
  constructor(
    doc: Y.Doc,
    userId: string,
    documentId: string,
    changed: () => void = () => undefined,
  ) {
    this.#doc = doc;
    this.#name = `scriptorium:${userId}:${documentId}`;
    this.#changed = changed;
    doc.on("update", this.#docUpdated);
    const late = new Promise<void>((resolve) => setTimeout(resolve, OPEN_DEADLINE_MS));
    this.whenReady = Promise.race([this.#open(), late]).then(() => {
      // Late is not never: what is opened after the deadline is read and written to as well.
      if (!this.#isRead && this.#failure === null) this.#fail("blocked");
    });
  }

  /** What a transaction carries that brought words from the store. */
  get origin(): unknown {
    return this;
  }

  get state(): DeviceState {
    if (this.#failure !== null) return { kind: "failing", failure: this.#failure };
    if (!this.#isRead) return { kind: "opening" };
    const isConfirmed = this.#pending.length === 0 && !this.#isAllDue && !this.#isWriting;
    return { kind: "keeping", isConfirmed };
  }

  /** Whether local words are on the device: then leaving the page loses nothing. */
  get isKeeping(): boolean {
    const { state } = this;
    return state.kind === "keeping" && state.isConfirmed;
  }

  /** Changes that an earlier page left here unacknowledged. Known once the store is ready. */
  get unsavedBefore(): number {
    return this.#unsavedBefore;
  }

  /** Why an earlier page did not send them, if it was told not to. */
  get heldBefore(): string | null {
    return this.#heldBefore;
  }

  /** What the person had deleted then, unacknowledged. */
  get ownBefore(): Uint8Array | null {
    return this.#ownBefore;
  }

  /** The last record of the log that the copy has; null: not known. */
  get seqBefore(): number | null {
    return this.#seqBefore;
  }

  /**
   * Note for the page that comes after this one how many changes are not acknowledged, what the person has deleted
   * in them, and the last record that has been seen.
   */
  noteUnsaved(count: number, own: Uint8Array | null, seq: number | null): void {
    this.#note({ [UNSAVED_KEY]: count, [OWN_KEY]: own, [SEQ_KEY]: seq });
  }

  /** Note that what is unsaved is not to be sent unasked, and why; null: it may be. */
  noteHeld(reason: string | null): void {
    this.#note({ [HELD_KEY]: reason });
  }

  /** Whether what is kept is older than the last of `count` erasures, and may hold what they erased. */
  async isFromBefore(count: number): Promise<boolean> {
    await this.whenReady;
    if (!this.#isRead) return false;
    const seen = this.#erasures ?? (this.#wasEmpty ? count : 0);
    if (seen < count) return true;
    if (this.#erasures !== count) this.#note({ [ERASURES_KEY]: count });
    this.#erasures = count;
    return false;
  }

  /** Stop writing. What is stored stays. */
  destroy(): void {
    if (this.#isEnded) return;
    this.#write();
    this.#end();
  }

  /** Throw away what is stored. */
  async clear(): Promise<void> {
    const database = this.#database;
    this.#end(false);
    if (!database) return;
    try {
      const transaction = database.transaction([UPDATES, CUSTOM], "readwrite");
      transaction.objectStore(UPDATES).clear();
      transaction.objectStore(CUSTOM).clear();
      await settled(transaction);
    } catch {
      // A store that fails has not kept anything new; there is no more that can be done.
    }
    database.close();
  }

  #end(closes = true): void {
    this.#isEnded = true;
    clearTimeout(this.#retryTimer);
    this.#doc.off("update", this.#docUpdated);
    if (closes) this.#database?.close(); // after the transactions that are under way
    this.#database = null;
  }

  async #open(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    try {
      const database = await openDatabase(this.#name, [UPDATES, CUSTOM]);
      if (this.#isEnded) {
        database.close();
        return;
      }
      database.onversionchange = () => database.close();
      database.onclose = () => this.#lost(); // site data was deleted while the page is open
      this.#database = database;
      await this.#read(database);
      this.#failure = null;
      this.#changed();
      this.#write();
    } catch (error) {
      this.#fail(failureOf(error));
    } finally {
      this.#isOpening = false;
    }
  }

  async #read(database: IDBDatabase): Promise<void> {
    if (this.#isRead) return;
    const transaction = database.transaction([UPDATES, CUSTOM], "readonly");
    const rows = transaction.objectStore(UPDATES).getAll();
    const custom = transaction.objectStore(CUSTOM);
    const keys = [UNSAVED_KEY, HELD_KEY, ERASURES_KEY, OWN_KEY, SEQ_KEY];
    const [unsaved, held, erasures, own, seq] = keys.map((key) => custom.get(key));
    await settled(transaction);
    this.#rows = rows.result.length;
    Y.transact(
      this.#doc,
      () => {
        for (const row of rows.result) Y.applyUpdate(this.#doc, row, this);
      },
      this,
      false,
    );
    this.#wasEmpty = rows.result.length === 0;
    const count: unknown = unsaved?.result;
    this.#unsavedBefore = typeof count === "number" && count > 0 ? count : 0;
    this.#heldBefore = typeof held?.result === "string" ? held.result : null;
    this.#erasures = typeof erasures?.result === "number" ? erasures.result : null;
    const deleted: unknown = own?.result;
    this.#ownBefore = ArrayBuffer.isView(deleted) ? new Uint8Array(deleted as Uint8Array) : null;
    this.#seqBefore = typeof seq?.result === "number" ? seq.result : null;
    this.#isRead = true;
  }

  readonly #docUpdated = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return;
    if (this.#failure === null) this.#pending.push(update);
    else this.#isAllDue = true;
    if (!this.#isRead || this.#isWriting) return;
    // One transaction for all that one turn of the page has made.
    this.#isWriting = true;
    queueMicrotask(() => {
      this.#isWriting = false;
      if (!this.#isEnded) this.#write();
    });
  };

  /** Write what waits; `state` says confirmed when the transaction is complete, and not before. */
  #write(): void {
    const database = this.#database;
    if (!database || !this.#isRead || this.#isWriting) return;
    if (this.#pending.length === 0 && !this.#isAllDue) return;
    const isAll = this.#isAllDue || this.#rows >= TRIM_ROWS;
    const update = isAll ? Y.encodeStateAsUpdate(this.#doc) : Y.mergeUpdates(this.#pending);
    this.#pending = [];
    this.#isAllDue = false;
    this.#isWriting = true;
    const written = (async () => {
      const transaction = database.transaction(UPDATES, "readwrite");
      const store = transaction.objectStore(UPDATES);
      if (isAll) store.clear();
      store.add(update);
      await settled(transaction);
    })();
    written.then(
      () => {
        this.#isWriting = false;
        this.#rows = isAll ? 1 : this.#rows + 1;
        if (this.#isNoteFailing) this.#note({});
        else this.#failure = null;
        this.#changed();
        if (!this.#isEnded) this.#write();
      },
      (error: unknown) => {
        this.#isWriting = false;
        this.#fail(failureOf(error));
      },
    );
  }

  #note(values: Record<string, number | string | Uint8Array | null>): void {
    const database = this.#database;
    if (!database || !this.#isRead) return;
    // Without the count, words would be sent by the next page that are to wait for their writer's word.
    const notes = { ...this.#notes, ...values };
    this.#notes = notes;
    const failed = (error: unknown) => {
      this.#isNoteFailing = true;
      this.#fail(failureOf(error));
    };
    try {
      const transaction = database.transaction(CUSTOM, "readwrite");
      const custom = transaction.objectStore(CUSTOM);
      for (const [key, value] of Object.entries(notes)) {
        if (value === null) custom.delete(key);
        else custom.put(value, key);
      }
      settled(transaction).then(() => this.#noted(notes), failed);
    } catch (error) {
      failed(error);
    }
  }

  #noted(notes: object): void {
    if (this.#notes === notes) this.#notes = null;
    if (!this.#isNoteFailing || this.#notes !== null) return;
    this.#isNoteFailing = false;
    if (this.#isAllDue || this.#pending.length > 0 || this.#isWriting) {
      this.#write();
      return;
    }
    this.#failure = null;
    this.#changed();
  }

  /** The browser took the store away. */
  #lost(): void {
    this.#database = null;
    this.#rows = 0;
    this.#fail("failed");
  }

  #fail(failure: DeviceFailure): void {
    if (this.#isEnded) return;
    this.#failure = failure;
    // Not kept piece by piece, without a bound: what comes next time is the whole document.
    this.#pending = [];
    this.#isAllDue = true;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => {
      if (this.#database) this.#write();
      else if (failure !== "unavailable") void this.#open();
    }, RETRY_MS);
    this.#changed();
  }
}
