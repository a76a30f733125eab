// The provider against a small server in memory that speaks the real wire and can die at any moment.
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as Y from "yjs";
import { decode, encode } from "../protocol/codec";
import type { Message } from "../protocol/messages";
import { type Limits, NO_LIMITS } from "./limits";
import { Provider } from "./provider";

/** One end of a connection: what `WebSocket` is to the provider. */
class FakeSocket {
  binaryType = "";
  readyState: number = WebSocket.CONNECTING;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly #server: FakeServer;

  constructor(server: FakeServer) {
    this.#server = server;
    queueMicrotask(() => {
      if (!server.isUp) return this.drop(1006, "");
      this.readyState = WebSocket.OPEN;
      this.onopen?.();
      server.joined(this);
    });
  }

  send(frame: Uint8Array): void {
    const copy = frame.slice();
    queueMicrotask(() => this.#server.received(this, decode(copy)));
  }

  deliver(message: Message): void {
    if (this.readyState !== WebSocket.OPEN) return;
    const frame = encode(message);
    this.onmessage?.({ data: frame.slice().buffer });
  }

  close(): void {
    this.drop(1000, "");
  }

  drop(code: number, reason: string): void {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.#server.left(this);
    this.onclose?.({ code, reason });
  }
}

class FakeServer {
  doc = new Y.Doc();
  isUp = true;
  /** Whether frames are committed as they come. */
  commits = true;
  attempts = 0;
  /** What `welcome` says; null: it says nothing. */
  welcome: Record<string, unknown> | null = null;
  readonly sockets = new Set<FakeSocket>();
  /** What came of updates and notes on them, in order. */
  readonly heard: Message[] = [];
  readonly #frames = new Map<FakeSocket, number>();

  connect(): WebSocket {
    this.attempts += 1;
    return new FakeSocket(this) as unknown as WebSocket;
  }

  joined(socket: FakeSocket): void {
    this.sockets.add(socket);
    this.#frames.set(socket, 0);
    if (this.welcome) this.tell(socket, { type: "welcome", erasures: 0, ...this.welcome });
    socket.deliver({ type: "syncStep1", stateVector: Y.encodeStateVector(this.doc) });
  }

  left(socket: FakeSocket): void {
    this.sockets.delete(socket);
  }

  received(socket: FakeSocket, message: Message): void {
    if (!this.sockets.has(socket)) return;
    if (["syncStep2", "syncUpdate", "editNote"].includes(message.type)) this.heard.push(message);
    if (message.type === "syncStep1") {
      const update = Y.encodeStateAsUpdate(this.doc, message.stateVector);
      socket.deliver({ type: "syncStep2", update });
    } else if (message.type === "syncStep2" || message.type === "syncUpdate") {
      this.#frames.set(socket, (this.#frames.get(socket) ?? 0) + 1);
      if (!this.commits) return;
      Y.applyUpdate(this.doc, message.update);
      for (const other of this.sockets) {
        if (other !== socket) other.deliver({ type: "syncUpdate", update: message.update });
      }
      this.acknowledge(socket);
    } else if (message.type === "ping") {
      socket.deliver({ type: "pong", token: message.token });
    }
  }

  tell(socket: FakeSocket, event: Record<string, unknown>): void {
    socket.deliver({ type: "event", payload: JSON.stringify(event) });
  }

  acknowledge(socket: FakeSocket): void {
    socket.deliver({ type: "saved", frames: this.#frames.get(socket) ?? 0 });
  }

  drop(code = 1006, reason = ""): void {
    for (const socket of [...this.sockets]) socket.drop(code, reason);
  }

  /** Die, forgetting what was not committed, and come back. */
  kill(): void {
    this.isUp = false;
    this.drop();
  }

  get text(): string {
    return this.doc.getText("t").toString();
  }
}

let server: FakeServer;
let providers: Provider[];
let documentNumber = 0;

beforeEach(() => {
  server = new FakeServer();
  providers = [];
  documentNumber += 1;
});

afterEach(() => {
  for (const provider of providers) provider.destroy();
});

function open(
  userId = "1",
  access: "read" | "write" = "write",
  limits: Limits = NO_LIMITS,
): Provider {
  const provider = new Provider({
    doc: new Y.Doc(),
    documentId: `document-${documentNumber}`,
    userId,
    url: "ws://test/ws/documents",
    access,
    limits,
    makeWebSocket: () => server.connect(),
    random: () => 0,
  });
  providers.push(provider);
  provider.connect();
  return provider;
}

const kind = (provider: Provider) => provider.state.status.kind;
const text = (provider: Provider) => provider.doc.getText("t").toString();
const write = (provider: Provider, words: string) => {
  provider.doc.getText("t").insert(text(provider).length, words);
};
const until = (claim: () => void) => vi.waitFor(claim, { timeout: 5000, interval: 5 });

describe("the provider", () => {
  it("says saved when the server has acknowledged, and not before", async () => {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    server.commits = false;
    write(ann, "hello");
    expect(ann.state.status).toEqual({ kind: "saving", unsaved: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(kind(ann)).toBe("saving");
    server.commits = true;
    server.drop();
    await until(() => expect(kind(ann)).toBe("saved"));
    expect(server.text).toBe("hello");
  });

  it("brings the words of one to the other", async () => {
    const [ann, bob] = [open("1"), open("2")];
    await until(() => expect([kind(ann), kind(bob)]).toEqual(["saved", "saved"]));
    write(ann, "from ann");
    await until(() => expect(text(bob)).toBe("from ann"));
  });

  it("keeps what is written without a server, and hands it over once", async () => {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    server.kill();
    write(ann, "alone");
    expect(ann.state.status).toEqual({ kind: "offline", unsaved: 1 });
    server.isUp = true;
    await until(() => expect(kind(ann)).toBe("saved"));
    expect(server.text).toBe("alone");
  });

  it("says of what was done without a server what was deleted here, and what had been seen", async () => {
    server.welcome = { access: "write", seq: 7 };
    server.doc.getText("t").insert(0, "abcdef");
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    server.kill();
    server.doc.getText("t").delete(0, 1); // ann has not heard of it
    ann.doc.getText("t").delete(1, 2);
    await new Promise((resolve) => setTimeout(resolve, 700)); // the note of what is unsaved
    ann.destroy();
    server.isUp = true;
    server.welcome = { access: "write", seq: 9 };
    server.heard.length = 0;
    const next = open();
    await until(() => expect(kind(next)).toBe("saved"));
    const [note, own, answer] = server.heard;
    expect(note).toEqual({ type: "editNote", upto: 7, isUndo: false });
    expect([own?.type, answer?.type]).toEqual(["syncUpdate", "syncStep2"]);
    const { ds } = Y.decodeUpdate((own as { readonly update: Uint8Array }).update);
    expect([...ds.clients.values()].flat()).toEqual([
      expect.objectContaining({ clock: 1, len: 2 }),
    ]);
    expect([server.text, text(next)]).toEqual(["def", "def"]);
    // From now on it has seen record 9; of an edit that is like the last one nothing is said.
    server.heard.length = 0;
    next.noteUndo();
    write(next, "x");
    await until(() => expect(server.heard.length).toBe(2));
    write(next, "y");
    await until(() => expect(kind(next)).toBe("saved"));
    for (const socket of server.sockets) server.tell(socket, { type: "seen", seq: 11 });
    write(next, "z");
    await until(() =>
      expect(server.heard.filter(({ type }) => type === "editNote").length).toBe(2),
    );
    expect(server.heard.filter(({ type }) => type === "editNote")).toEqual([
      { type: "editNote", upto: 9, isUndo: true },
      { type: "editNote", upto: 11, isUndo: false },
    ]);
  });

  it("says nothing of it to a server that does not ask", async () => {
    server.welcome = { access: "write" };
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    write(ann, "x");
    await until(() => expect(server.text).toBe("x"));
    expect(server.heard.some(({ type }) => type === "editNote")).toBe(false);
  });

  it("loses nothing when the server dies before it has committed", async () => {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    server.commits = false;
    write(ann, "sent, not committed");
    await new Promise((resolve) => setTimeout(resolve, 10));
    server.kill();
    server.commits = true;
    server.isUp = true;
    await until(() => expect(kind(ann)).toBe("saved"));
    expect(server.text).toBe("sent, not committed");
    expect(text(ann)).toBe("sent, not committed");
  });

  it("finds on the device what an earlier page could not hand over", async () => {
    const first = open();
    await until(() => expect(kind(first)).toBe("saved"));
    server.kill();
    write(first, "kept");
    await new Promise((resolve) => setTimeout(resolve, 700)); // the note of what is unsaved
    first.destroy();
    const second = open();
    await second.whenReady;
    expect(text(second)).toBe("kept");
    await until(() => expect(second.state.status).toEqual({ kind: "offline", unsaved: 1 }));
    server.isUp = true;
    second.reconnectNow();
    await until(() => expect(kind(second)).toBe("saved"));
    expect(server.text).toBe("kept");
  });

  it.each([
    [4401, "signedOut"],
    [4403, "noAccess"],
    [4404, "noDocument"],
    [4422, "refused"],
  ] as const)("stops for good after %i", async (code, reason) => {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    server.drop(code, "");
    expect(ann.state.status).toEqual({ kind: "closed", reason, unsaved: 0 });
    const { attempts } = server;
    ann.reconnectNow();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.attempts).toBe(attempts);
  });

  it("comes back when the server says when", async () => {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    server.drop(1012, "restarting; retry_ms=20");
    expect(kind(ann)).toBe("offline");
    await until(() => expect(kind(ann)).toBe("saved"));
  });

  it("turns to read only when told, and says so", async () => {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    for (const socket of server.sockets) {
      socket.deliver({ type: "event", payload: '{"type":"access","access":"read"}' });
    }
    expect(kind(ann)).toBe("readonly");
    expect(ann.state.access).toBe("read");
  });

  it("tells of a new title", async () => {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    const titles: string[] = [];
    ann.onTitle((title) => titles.push(title));
    for (const socket of server.sockets) {
      socket.deliver({ type: "event", payload: '{"type":"title","title":"赤壁赋"}' });
    }
    expect(titles).toEqual(["赤壁赋"]);
  });

  it("asks to load again where text was erased, once its own words are saved", async () => {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    let asked = 0;
    ann.onErased(() => {
      asked += 1;
    });
    write(ann, "a");
    for (const socket of server.sockets) {
      socket.deliver({ type: "event", payload: '{"type":"erased"}' });
    }
    expect(asked).toBe(0);
    await until(() => expect(asked).toBe(1));
    expect(server.text).toBe("a");
  });

  it("makes one frame of what one turn of the page wrote", async () => {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    const frames = vi.spyOn(server, "received");
    for (const letter of "abc") write(ann, letter);
    await until(() => expect(server.text).toBe("abc"));
    expect(frames).toHaveBeenCalledTimes(1);
  });

  it("gives up on a server that speaks nonsense and tries again", async () => {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    for (const socket of server.sockets) socket.onmessage?.({ data: Uint8Array.of(99).buffer });
    expect(kind(ann)).toBe("offline");
    await until(() => expect(kind(ann)).toBe("saved"));
  });

  /** Ann writes while the server is away, and comes back with less than the right to write. */
  async function demoted(words: string): Promise<Provider> {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    server.kill();
    write(ann, words);
    server.welcome = { access: "read" };
    server.isUp = true;
    await until(() => expect(ann.state.held).toBe("readonly"));
    return ann;
  }

  it("holds back what was written before the right went, and asks before it sends it", async () => {
    const ann = await demoted("mine");
    expect(ann.state.status).toEqual({ kind: "readonly", isFrozen: false, unsaved: 1 });
    expect(ann.unsentWords).toBe("mine");
    await until(() => expect(ann.state.isSynced).toBe(true));
    for (const socket of server.sockets) server.tell(socket, { type: "access", access: "write" });
    expect(ann.state.status).toEqual({ kind: "held", unsaved: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.text).toBe("");
    server.welcome = { access: "write" };
    ann.sendHeld();
    await until(() => expect(kind(ann)).toBe("saved"));
    expect(server.text).toBe("mine");
  });

  it("holds it back after a reload too, until it is thrown away", async () => {
    const first = await demoted("mine");
    await until(() => expect(first.state.isKeptOnDevice).toBe(true));
    first.destroy();
    server.welcome = { access: "write" };
    const second = open();
    await until(() => expect(second.state.status).toEqual({ kind: "held", unsaved: 1 }));
    let asked = 0;
    second.onErased(() => {
      asked += 1;
    });
    await second.discardUnsent();
    expect(asked).toBe(1);
    second.destroy();
    const third = open();
    await until(() => expect(kind(third)).toBe("saved"));
    expect([text(third), server.text]).toEqual(["", ""]);
  });

  it("does not send again what was refused", async () => {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    server.commits = false;
    write(ann, "too deep");
    server.drop(4422, "");
    expect(kind(ann)).toBe("closed");
    await until(() => expect(ann.state.isKeptOnDevice).toBe(true));
    ann.destroy();
    server.commits = true;
    const second = open();
    await until(() => expect(second.state.status).toEqual({ kind: "held", unsaved: 1 }));
    await until(() => expect(second.state.isSynced).toBe(true));
    expect([server.text, text(second)]).toEqual(["", "too deep"]);
  });

  it("sends what is larger than a frame in pieces, at once and when it comes back", async () => {
    server.welcome = { access: "write", maxFrameBytes: 2000 };
    const sizes: number[] = [];
    const receive = server.received.bind(server);
    vi.spyOn(server, "received").mockImplementation((socket, message) => {
      if ("update" in message) sizes.push(message.update.length);
      receive(socket, message);
    });
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    write(ann, "x".repeat(9000));
    await until(() => expect(kind(ann)).toBe("saved"));
    expect(server.text).toHaveLength(9000);
    server.kill();
    write(ann, "y".repeat(9000));
    server.isUp = true;
    await until(() => expect(kind(ann)).toBe("saved"));
    expect(server.text).toHaveLength(18_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2000);
  });

  it("does not send what is larger than a document may be, and says so", async () => {
    server.welcome = { access: "write", maxFrameBytes: 2000, sizeBytes: 1000 };
    const ann = open("1", "write", { ...NO_LIMITS, maxDocumentBytes: 3000 });
    await until(() => expect(kind(ann)).toBe("saved"));
    server.kill();
    write(ann, "x".repeat(3000));
    server.isUp = true;
    await until(() => expect(kind(ann)).toBe("held"));
    expect(ann.state.held).toBe("refused");
    const { attempts } = server;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([server.attempts, server.text]).toEqual([attempts, ""]);
  });

  it("says with a higher clock that it is here: when it comes back, and when it is told that it left", async () => {
    const ann = open();
    await until(() => expect(kind(ann)).toBe("saved"));
    const own = ann.awareness.clientID;
    const clocks: number[] = [];
    const receive = server.received.bind(server);
    vi.spyOn(server, "received").mockImplementation((socket, message) => {
      if (message.type === "awareness") clocks.push(...message.entries.map(({ clock }) => clock));
      receive(socket, message);
    });
    const before = ann.awareness.meta.get(own)?.clock ?? 0;
    const other = { clientId: own + 1, clock: 5, state: '{"user":{"id":"2","name":"Bob"}}' };
    server.drop();
    await until(() => expect(kind(ann)).toBe("saved"));
    await until(() => expect(Math.max(...clocks)).toBeGreaterThan(before + 1));
    for (const _ of [0, 1]) {
      for (const socket of server.sockets) socket.deliver({ type: "awareness", entries: [other] });
      expect(ann.awareness.states.has(own + 1)).toBe(true);
      server.drop();
      await until(() => expect(kind(ann)).toBe("saved"));
      expect(ann.awareness.states.has(own + 1)).toBe(false);
    }
    const left = (ann.awareness.meta.get(own)?.clock ?? 0) + 1;
    for (const socket of server.sockets) {
      const entries = [{ clientId: own, clock: left, state: "null" }];
      socket.deliver({ type: "awareness", entries });
    }
    await until(() => expect(clocks.at(-1)).toBeGreaterThan(left));
    expect(ann.awareness.getLocalState()).not.toBeNull();
  }, 20_000);
});
