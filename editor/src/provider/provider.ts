// Joins a Y.Doc to the server, to the device's store and to the other tabs, and says truthfully what of it
// is saved. Knows Yjs and the wire, nothing of the editor. See docs/protocol.md.
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { type ClosedReason, closeVerdict } from "../protocol/close";
import type { Message } from "../protocol/messages";
import { backoffMs, statedMs } from "./backoff";
import { parseEvent } from "./events";
import { asHeld, type Held } from "./held";
import { Ledger } from "./ledger";
import { DocumentSize, type Limits, NO_LIMITS } from "./limits";
import { type DeviceState, OfflineStore } from "./offline";
import { OwnDeletes } from "./own";
import { Pause } from "./pause";
import { announceAnew, applyEntries, awarenessEntries, forgetOthers, sayItLeft } from "./presence";
import { type MakeWebSocket, Socket } from "./socket";
import { pieces } from "./split";
import { type Access, deriveStatus, type Status } from "./status";
import { Tabs } from "./tabs";
import { Throttle } from "./throttle";
import { type Known, wordsBeyond } from "./unsent";

/** Carets go out at most this often, and what comes in is drawn at most this often. */
const AWARENESS_INTERVAL_MS = 50;
const FRAME_MS = 16;
const NOTE_INTERVAL_MS = 500;
/** An update without structs and deletes. */
const NOTHING = Uint8Array.of(0, 0);

export interface ProviderOptions {
  readonly doc: Y.Doc;
  readonly documentId: string;
  readonly userId: string;
  /** Of the document sockets, without the document: ws(s)://host/ws/documents. */
  readonly url: string;
  readonly access: Access;
  readonly limits?: Limits;
  readonly makeWebSocket?: MakeWebSocket;
  /** From 0 to 1, for the backoff. */
  readonly random?: () => number;
}

/** Words that the server has rescued, by where they stood; they stand under `client` now. */
export interface Rescued {
  readonly client: number;
  readonly ranges: readonly (readonly [client: number, clock: number, length: number])[];
}

export interface ProviderState {
  readonly status: Status;
  readonly access: Access;
  readonly isSynced: boolean;
  /** The device has confirmed that it keeps every word. */
  readonly isKeptOnDevice: boolean;
  readonly device: DeviceState;
  /** Why earlier words are not sent before the person says so; null: nothing is held back. */
  readonly held: Held | null;
  /** The server has said what it has. */
  readonly isKnown: boolean;
  /** Of the last heartbeat, in milliseconds. */
  readonly roundTripMs: number | null;
}

/** A document's way to the server. Call `connect` once; call `destroy` at the end. */
export class Provider {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  /** Settles when there is a document to show: the server's has come, or the device had one. */
  readonly whenReady: Promise<void>;

  readonly #url: string;
  readonly #make: MakeWebSocket | undefined;
  readonly #random: () => number;
  readonly #store: OfflineStore;
  readonly #tabs: Tabs;
  readonly #ledger = new Ledger();
  readonly #own = new OwnDeletes();
  readonly #stateListeners = new Set<(state: ProviderState) => void>();
  readonly #titleListeners = new Set<(title: string) => void>();
  readonly #erasedListeners = new Set<() => void>();
  readonly #incomingListeners = new Set<() => void>();
  readonly #rescuedListeners = new Set<(rescued: Rescued) => void>();
  #isErased = false;
  readonly #stop = new AbortController();
  readonly #announce = new Throttle(() => this.#sendCaret(), AWARENESS_INTERVAL_MS);
  readonly #draw = new Throttle(() => this.#applyIncoming(), FRAME_MS);
  readonly #pause = new Pause(() => this.#applyIncoming());
  readonly #note = new Throttle(() => this.#noteUnsaved(), NOTE_INTERVAL_MS);
  #becomeReady: () => void = () => undefined;

  #socket: Socket | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #hasFailed = false;
  #isSynced = false;
  #isStoreRead = false;
  #closed: ClosedReason | null = null;
  #access: Access;
  #isFrozen = false;
  #held: Held | null = null;
  readonly #size: DocumentSize;
  /** Local updates that are in no frame yet. */
  #outgoing: Uint8Array[] = [];
  #isSendDue = false;
  /** What is to be sent next may take along what nobody meant to take. */
  #isUndoDue = false;
  /** The last record of the log that is in the document; null: not known. */
  #seq: number | null = null;
  /** The same, once what is on its way is in the document. */
  #seqComing: number | null = null;
  /** What the server was told of it on this connection; null: nothing yet. */
  #seqSaid: number | null = null;
  #takesNotes = false;
  #incoming: { readonly update: Uint8Array; readonly origin: unknown }[] = [];
  /** What the server is known to have: as it said itself, or as it was when all was acknowledged. */
  #known: Known | null = null;
  #shown = "";

  constructor(options: ProviderOptions) {
    this.doc = options.doc;
    this.awareness = new Awareness(options.doc);
    this.whenReady = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
    this.#url = `${options.url}/${options.documentId}`;
    this.#make = options.makeWebSocket;
    this.#random = options.random ?? Math.random;
    this.#access = options.access;
    this.#size = new DocumentSize(options.doc, options.limits ?? NO_LIMITS);
    this.#store = new OfflineStore(options.doc, options.userId, options.documentId, () =>
      this.#show(),
    );
    this.#tabs = new Tabs(
      options.doc,
      this.awareness,
      { userId: options.userId, documentId: options.documentId },
      (update, origin) => {
        this.#incoming.push({ update, origin });
        this.#applyIncoming();
      },
      () => void this.#forget(),
    );
    this.doc.on("update", this.#docUpdated);
    this.awareness.on("update", this.#awarenessUpdated);
  }

  get state(): ProviderState {
    return {
      status: this.#status(),
      access: this.#access,
      isSynced: this.#isSynced,
      isKeptOnDevice: this.#store.isKeeping,
      device: this.#store.state,
      held: this.#held,
      isKnown: this.#known !== null,
      roundTripMs: this.#socket?.roundTripMs ?? null,
    };
  }

  /** Call `listener` whenever the state has changed. Returns what ends it. */
  onState(listener: (state: ProviderState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Call `listener` when somebody gave the document another title. Returns what ends it. */
  onTitle(listener: (title: string) => void): () => void {
    this.#titleListeners.add(listener);
    return () => this.#titleListeners.delete(listener);
  }

  /** Call `listener` right before what others wrote is put into the document. Returns what ends it. */
  onIncoming(listener: () => void): () => void {
    this.#incomingListeners.add(listener);
    return () => this.#incomingListeners.delete(listener);
  }

  /** Call `listener` when words were rescued that stood in blocks which others changed. Returns what ends it. */
  onRescued(listener: (rescued: Rescued) => void): () => void {
    this.#rescuedListeners.add(listener);
    return () => this.#rescuedListeners.delete(listener);
  }

  /** Say of the change that was just made that it undid something, and may have taken along words of others. */
  noteUndo(): void {
    this.#isUndoDue = true;
  }

  /** Let what others write wait, for some seconds, while `isBusy`; returns what to call at its end. */
  pauseWhile(isBusy: () => boolean): () => void {
    this.#pause.while(isBusy);
    return () => this.#applyIncoming();
  }

  /** Send what was held back. */
  sendHeld(): void {
    if (this.#held === null || this.#access !== "write") return;
    this.#hold(null);
    this.#socket?.abandon(4000, "sync anew");
    this.#show();
  }

  /** Throw away what did not reach the server, here and in the person's other tabs; the page loads again. */
  async discardUnsent(): Promise<void> {
    this.#tabs.discard();
    await this.#forget();
  }

  /** How many bytes more may be written: what is beyond them the server would refuse. */
  get roomToWrite(): number {
    return this.#size.roomToWrite;
  }

  /** What the server is known to have of the document; null: it has not been asked. */
  get known(): Known | null {
    return this.#known;
  }

  /** The words on this page that did not reach the server, as plain text. */
  get unsentWords(): string {
    return wordsBeyond(this.doc, this.#known ?? new Map());
  }

  /** Call `listener` when the page must load again: the device's copy was thrown away. */
  onErased(listener: () => void): () => void {
    this.#erasedListeners.add(listener);
    return () => this.#erasedListeners.delete(listener);
  }

  /** Read the device's store, then open the socket and keep it open. */
  connect(): void {
    const { signal } = this.#stop;
    addEventListener("online", () => this.reconnectNow(), { signal });
    addEventListener("offline", () => this.#socket?.doubt(), { signal });
    addEventListener("pageshow", (event) => event.persisted && this.reconnectNow(), { signal });
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState !== "visible") return;
        this.#draw.flush();
        if (this.#socket) this.#socket.doubt();
        else this.reconnectNow();
      },
      { signal },
    );
    void this.#store.whenReady.then(() => {
      if (signal.aborted) return;
      this.#isStoreRead = true;
      // The words of an earlier page wait here too: the first answer to the server carries them.
      this.#ledger.waitedBefore(this.#store.unsavedBefore);
      this.#own.takeUp(this.#store.ownBefore);
      this.#seq ??= this.#store.seqBefore;
      if (this.#store.unsavedBefore > 0) this.#held = asHeld(this.#store.heldBefore);
      if (this.doc.store.clients.size > 0) this.#becomeReady();
      this.#tabs.hello();
      this.reconnectNow();
      this.#show();
    });
  }

  /** Try now, not when the backoff says so. Does nothing while a socket is open or after a final no. */
  reconnectNow(): void {
    if (this.#socket || this.#closed || this.#stop.signal.aborted || !this.#isStoreRead) return;
    clearTimeout(this.#retryTimer);
    const socket: Socket = new Socket(
      this.#url,
      {
        opened: () => this.#opened(),
        received: (message) => this.#received(message),
        closed: (code, reason) => this.#socketClosed(code, reason),
      },
      this.#make,
    );
    this.#socket = socket;
  }

  /** Leave the room for good. What is on the device stays there. */
  destroy(): void {
    if (this.#stop.signal.aborted) return;
    this.awareness.setLocalState(null);
    this.#sendCaret();
    this.#stop.abort();
    clearTimeout(this.#retryTimer);
    this.#announce.cancel();
    this.#draw.cancel();
    this.#note.cancel();
    this.#pause.cancel();
    this.doc.off("update", this.#docUpdated);
    this.awareness.off("update", this.#awarenessUpdated);
    this.#socket?.abandon(1000, "");
    this.#tabs.destroy();
    this.#store.destroy();
    this.awareness.destroy();
  }

  // -- from here to the others -----------------------------------------------------------------

  readonly #docUpdated = (
    update: Uint8Array,
    origin: unknown,
    _doc: Y.Doc,
    { deleteSet }: Y.Transaction,
  ): void => {
    if (origin === this) return;
    if (origin === this.#store.origin && !this.#ledger.isAnswered) return;
    const isCopy = origin === this.#store.origin || origin === this.#tabs.state;
    if (!isCopy) this.#own.add(deleteSet);
    if (!isCopy && origin !== this.#tabs) this.#tabs.update(update);
    // What another tab wrote is sent from here as well: that tab may be closed before its own socket
    // has carried it, and the server takes a repeat for what it is.
    this.#ledger.localUpdate();
    this.#outgoing.push(update);
    this.#size.add(update.length);
    if (!this.#isSendDue) {
      this.#isSendDue = true;
      // One frame for all that one turn of the page has made.
      queueMicrotask(() => this.#sendUpdates());
    }
    this.#note.call();
    this.#show();
  };

  readonly #awarenessUpdated = (
    change: { added: number[]; updated: number[]; removed: number[] },
    origin: unknown,
  ): void => {
    if (origin === this || origin === this.#tabs) return;
    const own = this.awareness.clientID;
    const isOwn = [change.added, change.updated, change.removed].some((ids) => ids.includes(own));
    if (isOwn) this.#announce.call();
  };

  #sendUpdates(): void {
    this.#isSendDue = false;
    const updates = this.#outgoing;
    // Before the server's step 1 is answered they need no frame of their own: the answer holds them.
    if (updates.length === 0 || !this.#socket?.isOpen || !this.#ledger.isAnswered) return;
    if (this.#held !== null) return;
    this.#outgoing = [];
    const [first] = updates;
    const update = updates.length === 1 && first ? first : Y.mergeUpdates(updates);
    const parts = this.#parts(update);
    if (parts === null) {
      this.#hold("refused");
      this.#show();
      return;
    }
    this.#sayWhatIsKnown();
    for (const [at, part] of parts.entries()) {
      // A live update has a smaller bound than an answer to step 1; both mean the same.
      const isLarge = part.length > this.#size.limits.maxUpdateBytes;
      this.#socket?.send({ type: isLarge ? "syncStep2" : "syncUpdate", update: part });
      if (at < parts.length - 1) this.#ledger.besideSent();
    }
    this.#ledger.updateSent();
    this.#own.sent(this.#ledger.lastFrame);
  }

  /** Return an update as what fits frames; null: the server would refuse it. */
  #parts(update: Uint8Array): Uint8Array[] | null {
    if (this.#ledger.unacknowledged > 0 && this.#size.room < 0) return null;
    const { maxFrameParts } = this.#size.limits;
    // A part takes two bytes at least.
    if (this.#size.fits(update) && update.length <= 2 * maxFrameParts) return [update];
    const parts = pieces(update, this.#size.piece);
    return parts.every((part) => this.#size.fits(part)) ? parts : null;
  }

  /** Tell the server what the next update had seen, where that is news. */
  #sayWhatIsKnown(): void {
    const isUndo = this.#isUndoDue;
    this.#isUndoDue = false;
    if (!this.#takesNotes || this.#seq === null) return;
    if (!isUndo && this.#seqSaid === this.#seq) return;
    this.#seqSaid = this.#seq;
    this.#socket?.send({ type: "editNote", upto: this.#seq, isUndo });
  }

  /** What was on its way is in the document. */
  #reach(): void {
    if (!this.#isSynced || this.#incoming.length > 0 || this.#seqComing === null) return;
    this.#seq = this.#seqComing;
    this.#seqComing = null;
    this.#note.call();
  }

  #sendCaret(): void {
    this.#tabs.announce();
    const entries = awarenessEntries(this.awareness, [this.awareness.clientID]);
    if (entries.length > 0) this.#socket?.send({ type: "awareness", entries });
  }

  /** Send what the server lacks, by its step 1. */
  #answer(stateVector: Uint8Array): void {
    if (this.#held !== null) {
      this.#socket?.send({ type: "syncStep2", update: NOTHING });
      this.#ledger.heldBack();
      return;
    }
    const update = Y.encodeStateAsUpdate(this.doc, stateVector);
    this.#size.add(update.length);
    const parts = this.#parts(update);
    if (parts === null) {
      // It would be refused, and the connection closed, each time.
      this.#hold("refused");
      this.#answer(stateVector);
      return;
    }
    this.#sayWhatIsKnown();
    if (this.#ledger.unacknowledged > 0) {
      // The answer lists all deletes that this replica ever heard of. What its person did goes before it, as an
      // edit: of what is in both, the answer brings nothing new.
      const own = this.#own.update(this.doc, stateVector);
      if (own.length <= this.#size.limits.maxUpdateBytes && this.#size.fits(own)) {
        this.#socket?.send({ type: "syncUpdate", update: own });
        this.#ledger.besideSent();
      }
    }
    for (const [at, part] of parts.entries()) {
      this.#socket?.send({ type: "syncStep2", update: part });
      if (at < parts.length - 1) this.#ledger.besideSent();
    }
    this.#ledger.answerSent();
    this.#own.sent(this.#ledger.lastFrame);
  }

  // -- from the server -------------------------------------------------------------------------

  #opened(): void {
    this.#isSynced = false;
    this.#socket?.send({ type: "syncStep1", stateVector: Y.encodeStateVector(this.doc) });
    announceAnew(this.awareness);
    this.#sendCaret();
    this.#show();
  }

  #received(message: Message): void {
    switch (message.type) {
      case "syncStep1": {
        this.#applyIncoming();
        this.#known = Y.decodeStateVector(message.stateVector);
        this.#outgoing = [];
        this.#answer(message.stateVector);
        break;
      }
      case "syncStep2":
        this.#incoming.push({ update: message.update, origin: this });
        this.#applyIncoming();
        this.#isSynced = true;
        this.#reach();
        this.#attempt = 0;
        this.#hasFailed = false;
        this.#becomeReady();
        break;
      case "syncUpdate":
        this.#size.add(message.update.length);
        this.#incoming.push({ update: message.update, origin: this });
        this.#draw.call();
        return;
      case "awareness":
        applyEntries(this.awareness, message.entries, this);
        if (sayItLeft(this.awareness, message.entries)) {
          // The end of an earlier connection of this page, noticed late.
          announceAnew(this.awareness);
          this.#sendCaret();
        }
        return;
      case "queryAwareness":
        this.#sendCaret();
        return;
      case "saved":
        if (!this.#ledger.acknowledged(message.frames)) {
          this.#socket?.abandon(4400, "saved more than was sent");
          return;
        }
        this.#own.acknowledged(message.frames);
        if (this.#ledger.isSettled) {
          this.#known = Y.decodeStateVector(Y.encodeStateVector(this.doc));
        }
        if (this.#ledger.unacknowledged === 0) this.#hold(null);
        this.#note.call();
        break;
      case "event":
        this.#happened(message.payload);
        break;
      default:
        // A refusal leaves its frame unacknowledged; signals and chat belong to others.
        return;
    }
    this.#show();
  }

  #happened(payload: string): void {
    const event = parseEvent(payload);
    if (event === null) return;
    if (event.type === "title") {
      for (const listener of this.#titleListeners) listener(event.title);
      return;
    }
    if (event.type === "seen") {
      this.#seqComing = event.seq;
      this.#reach();
      return;
    }
    if (event.type === "rescued") {
      for (const listener of this.#rescuedListeners) listener(event);
      return;
    }
    if (event.type === "erased") {
      this.#isErased = true;
      return;
    }
    if (event.type === "frozen") {
      this.#isFrozen = event.isFrozen;
      if (event.isFrozen && this.#held === "readonly") this.#hold(null);
      return;
    }
    if (event.type === "welcome") {
      this.#isFrozen = event.isFrozen;
      this.#size.told(event.sizeBytes, event.maxFrameBytes);
      this.#takesNotes = event.seq !== null;
      this.#seqComing = event.seq;
      void this.#meetErasures(event.erasures);
    }
    const mayWriteNow = event.access === "write" && this.#access !== "write";
    this.#access = event.access;
    // Who may no longer write is asked before it is sent, should the right come back. Whom an administrator has
    // stopped for a while need not be asked.
    if (event.access !== "write" && !this.#isFrozen && this.#ledger.unacknowledged > 0) {
      if (this.#held === null) this.#hold("readonly");
    }
    // What was refused while all writing was stopped is refused no longer: sync anew.
    if (mayWriteNow && event.type === "access" && !this.#ledger.isSettled && !this.#held) {
      this.#socket?.abandon(4000, "sync anew");
    }
  }

  /** Put all that has come into the document, the server's in one transaction: the editor draws once. */
  #applyIncoming(): void {
    const waiting = this.#incoming;
    const bytes = waiting.reduce((sum, { update }) => sum + update.length, 0);
    if (waiting.length === 0 || this.#pause.mustWait(bytes)) return;
    this.#incoming = [];
    for (const listener of this.#incomingListeners) listener();
    for (const origin of new Set(waiting.map((each) => each.origin))) {
      const apply = () => {
        for (const each of waiting)
          if (each.origin === origin) Y.applyUpdate(this.doc, each.update, origin);
      };
      Y.transact(this.doc, apply, origin, false);
    }
    this.#reach();
  }

  #socketClosed(code: number, reason: string): void {
    this.#applyIncoming();
    this.#socket = null;
    this.#isSynced = false;
    this.#hasFailed = true;
    this.#outgoing = [];
    this.#ledger.connectionLost();
    this.#own.connectionLost();
    this.#seqComing = null;
    this.#seqSaid = null;
    forgetOthers(this.awareness, this.#tabs.clientIds, this);
    const verdict = closeVerdict(code, reason);
    if (this.#stop.signal.aborted) return;
    if (verdict.kind === "final") {
      this.#closed = verdict.reason;
      // The same words would be refused again by the next page.
      const isRefused = verdict.reason === "refused" || verdict.reason === "tooBig";
      if (isRefused && this.#ledger.unacknowledged > 0) this.#hold("refused");
    } else {
      const waitMs =
        verdict.afterMs === null
          ? backoffMs(this.#attempt, this.#random)
          : statedMs(verdict.afterMs, this.#random);
      this.#attempt += 1;
      this.#retryTimer = setTimeout(() => this.reconnectNow(), waitMs);
    }
    this.#show();
  }

  // -- what the page may claim -----------------------------------------------------------------

  #status(): Status {
    return deriveStatus({
      closed: this.#closed,
      access: this.#access,
      isFrozen: this.#isFrozen,
      link: this.#socket?.isOpen ? "open" : this.#hasFailed ? "down" : "starting",
      isSynced: this.#isSynced,
      isSettled: this.#ledger.isSettled,
      unsaved: this.#ledger.unacknowledged,
      isHeld: this.#held !== null,
    });
  }

  #noteUnsaved(): void {
    this.#store.noteUnsaved(this.#ledger.unacknowledged, this.#own.kept(), this.#seq);
  }

  #hold(why: Held | null): void {
    if (this.#held === why) return;
    this.#held = why;
    this.#store.noteHeld(why);
    this.#noteUnsaved();
  }

  /** Text was erased while this device was away: what it keeps is from before. */
  async #meetErasures(count: number): Promise<void> {
    if (!(await this.#store.isFromBefore(count))) return;
    this.#isErased = true;
    this.#show();
  }

  /** Throw away the device's copy. */
  async #forget(): Promise<void> {
    this.#isErased = false;
    await this.#store.clear();
    for (const listener of this.#erasedListeners) listener();
  }

  #show(): void {
    if (this.#isErased && this.#ledger.isSettled) void this.#forget();
    const state = this.state;
    const shown = JSON.stringify({ ...state, roundTripMs: null });
    if (shown === this.#shown) return;
    this.#shown = shown;
    for (const listener of this.#stateListeners) listener(state);
  }
}
