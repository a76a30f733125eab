// One WebSocket connection that says when it is dead: frames in, messages out, heartbeat. It never
// reconnects; the provider makes a new one. See docs/protocol.md.
import { decode, encode, FrameError } from "../protocol/codec";
import type { Message } from "../protocol/messages";

export const SUBPROTOCOL = "scriptorium.v1";

/** A ping this often, so that a dead link is noticed within interval + deadline. */
const PING_INTERVAL_MS = 10_000;
const PONG_DEADLINE_MS = 5_000;
/** A shorter deadline when the browser itself doubts the network. */
const DOUBT_DEADLINE_MS = 2_000;
const OPEN_DEADLINE_MS = 10_000;

export interface SocketHandlers {
  opened(): void;
  received(message: Message): void;
  closed(code: number, reason: string): void;
}

/** Makes the WebSocket; tests give their own. */
export type MakeWebSocket = (url: string, subprotocol: string) => WebSocket;

const BROWSER_SOCKET: MakeWebSocket = (url, subprotocol) => new WebSocket(url, subprotocol);

/** A connection from its first packet to its end. `closed` is called exactly once. */
export class Socket {
  readonly #webSocket: WebSocket;
  readonly #handlers: SocketHandlers;
  #isEnded = false;
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #pongTimer: ReturnType<typeof setTimeout> | undefined;
  #pingToken = 0;
  #pingSentAt = 0;
  /** Of the last ping; null before the first pong. */
  roundTripMs: number | null = null;

  constructor(url: string, handlers: SocketHandlers, make: MakeWebSocket = BROWSER_SOCKET) {
    this.#handlers = handlers;
    this.#webSocket = make(url, SUBPROTOCOL);
    this.#webSocket.binaryType = "arraybuffer";
    this.#openTimer = setTimeout(() => this.abandon(), OPEN_DEADLINE_MS);
    this.#webSocket.onopen = () => {
      clearTimeout(this.#openTimer);
      this.#pingTimer = setInterval(() => this.#ping(PONG_DEADLINE_MS), PING_INTERVAL_MS);
      handlers.opened();
    };
    this.#webSocket.onmessage = (event: MessageEvent<unknown>) => this.#receive(event.data);
    this.#webSocket.onclose = (event) => this.#end(event.code, event.reason);
  }

  get isOpen(): boolean {
    return !this.#isEnded && this.#webSocket.readyState === WebSocket.OPEN;
  }

  send(message: Message): void {
    if (this.isOpen) this.#webSocket.send(encode(message) as Uint8Array<ArrayBuffer>);
  }

  /** The network may have gone: ask at once and do not wait long. */
  doubt(): void {
    if (this.isOpen) this.#ping(DOUBT_DEADLINE_MS);
  }

  /** Give up without waiting for the other side, which may never answer. */
  abandon(code = 4000, reason = "no answer"): void {
    if (this.#isEnded) return;
    try {
      this.#webSocket.close(code, reason);
    } finally {
      this.#end(1006, reason);
    }
  }

  #ping(deadlineMs: number): void {
    if (this.#pongTimer !== undefined) return; // One question at a time.
    this.#pingToken += 1;
    this.#pingSentAt = performance.now();
    this.send({ type: "ping", token: this.#pingToken });
    this.#pongTimer = setTimeout(() => this.abandon(), deadlineMs);
  }

  #receive(data: unknown): void {
    if (this.#isEnded) return;
    if (!(data instanceof ArrayBuffer)) {
      this.abandon(4400, "bad frame: not binary");
      return;
    }
    let message: Message;
    try {
      message = decode(new Uint8Array(data));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.abandon(4400, error.message);
      return;
    }
    if (message.type === "pong") {
      if (message.token !== this.#pingToken) return;
      clearTimeout(this.#pongTimer);
      this.#pongTimer = undefined;
      this.roundTripMs = performance.now() - this.#pingSentAt;
    } else if (message.type === "ping") {
      this.send({ type: "pong", token: message.token });
    } else {
      this.#handlers.received(message);
    }
  }

  #end(code: number, reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#openTimer);
    clearTimeout(this.#pongTimer);
    clearInterval(this.#pingTimer);
    this.#handlers.closed(code, reason);
  }
}
