// The device's store against an IndexedDB that throws, aborts, blocks and fills up: "kept" is said of what is
// stored, and of nothing else.
import { IDBFactory, IDBObjectStore } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as Y from "yjs";
import { OfflineStore } from "./offline";

const until = (claim: () => void) => vi.waitFor(claim, { timeout: 9000, interval: 5 });
const stores: OfflineStore[] = [];

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

afterEach(() => {
  vi.restoreAllMocks();
  for (const store of stores.splice(0)) store.destroy();
});

function keep(doc = new Y.Doc()): { doc: Y.Doc; store: OfflineStore } {
  const store = new OfflineStore(doc, "1", "document");
  stores.push(store);
  return { doc, store };
}

const write = (doc: Y.Doc, words: string) => doc.getText("t").insert(0, words);

async function stored(): Promise<string> {
  const { doc, store } = keep();
  await store.whenReady;
  return doc.getText("t").toString();
}

/** Make every write abort its transaction, as a full disk does. */
function fill(name = "QuotaExceededError") {
  return vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(function (
    this: IDBObjectStore,
  ) {
    const { transaction } = this as unknown as { transaction: IDBTransaction };
    Object.defineProperty(transaction, "error", { value: new DOMException("full", name) });
    transaction.abort();
    return {} as IDBRequest<IDBValidKey>;
  } as never);
}

describe("the device's store", () => {
  it("says kept when the transaction is complete, and not before", async () => {
    const { doc, store } = keep();
    await store.whenReady;
    expect(store.isKeeping).toBe(true);
    write(doc, "words");
    expect(store.isKeeping).toBe(false);
    expect(store.state).toEqual({ kind: "keeping", isConfirmed: false });
    await until(() => expect(store.isKeeping).toBe(true));
    expect(await stored()).toBe("words");
  });

  it("says at once that it is full, and keeps all when there is room again", async () => {
    const { doc, store } = keep();
    await store.whenReady;
    const full = fill();
    write(doc, "one ");
    await until(() => expect(store.state).toEqual({ kind: "failing", failure: "full" }));
    write(doc, "two ");
    expect(store.isKeeping).toBe(false);
    full.mockRestore();
    await until(() => expect(store.isKeeping).toBe(true)); // it tries again
    expect(await stored()).toBe("two one ");
  });

  it("fails while only what is noted beside the words cannot be written, and notes it later", async () => {
    const { doc, store } = keep();
    await store.whenReady;
    const full = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    store.noteUnsaved(3, null, 7);
    expect(store.state).toEqual({ kind: "failing", failure: "full" });
    const add = vi.spyOn(IDBObjectStore.prototype, "add");
    write(doc, "words");
    await until(() => expect(add).toHaveBeenCalled());
    expect(await stored()).toBe("words");
    expect(store.state).toEqual({ kind: "failing", failure: "full" });
    full.mockRestore();
    await until(() => expect(store.isKeeping).toBe(true));
    const { store: next } = keep();
    await next.whenReady;
    expect([next.unsavedBefore, next.seqBefore]).toEqual([3, 7]);
  });

  it.each([
    ["SecurityError", "unavailable"],
    ["UnknownError", "failed"],
  ])("is ready when opening throws %s", async (name, failure) => {
    vi.spyOn(indexedDB, "open").mockImplementation(() => {
      throw new DOMException("no", name);
    });
    const { store } = keep();
    await store.whenReady;
    expect(store.state).toEqual({ kind: "failing", failure });
  });

  it("is ready where there is none, and where it never answers", async () => {
    vi.spyOn(indexedDB, "open").mockReturnValue({} as IDBOpenDBRequest);
    const { store } = keep();
    await store.whenReady;
    expect(store.state).toEqual({ kind: "failing", failure: "blocked" });
    Reflect.deleteProperty(globalThis, "indexedDB");
    const { store: none } = keep();
    await none.whenReady;
    expect(none.state).toEqual({ kind: "failing", failure: "unavailable" });
  });

  it("is ready when the first transaction throws", async () => {
    vi.spyOn(IDBObjectStore.prototype, "getAll").mockImplementation(() => {
      throw new DOMException("broken", "UnknownError");
    });
    const { store } = keep();
    await store.whenReady;
    expect(store.state).toEqual({ kind: "failing", failure: "failed" });
  });

  it("reads what y-indexeddb wrote, in many rows, and makes them one", async () => {
    const { doc, store } = keep();
    await store.whenReady;
    for (let row = 0; row < 510; row += 1) {
      write(doc, "x");
      await until(() => expect(store.isKeeping).toBe(true));
    }
    expect((await stored()).length).toBe(510);
  }, 30_000);

  it("keeps nothing after it was thrown away", async () => {
    const { doc, store } = keep();
    await store.whenReady;
    write(doc, "words");
    await until(() => expect(store.isKeeping).toBe(true));
    store.noteUnsaved(3, null, null);
    await store.clear();
    expect(await stored()).toBe("");
  });
});
