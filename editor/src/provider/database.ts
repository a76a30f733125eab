// IndexedDB as promises that settle in every case: browsers throw at opening, block, abort transactions when the
// disk is full, and close what is open when a person deletes site data.

export type DeviceFailure =
  /** The disk or the browser's share of it is full. */
  | "full"
  /** There is no store, or the browser forbids it: private windows, blocked cookies. */
  | "unavailable"
  /** Another tab or an older version of the page is in the way, or the browser does not answer. */
  | "blocked"
  | "failed";

/** Say what an error of the store means. */
export function failureOf(error: unknown): DeviceFailure {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "QuotaExceededError") return "full";
  if (name === "SecurityError" || name === "NotSupportedError") return "unavailable";
  return name === "BlockedError" ? "blocked" : "failed";
}

/** Open database `name` with the stores that y-indexeddb makes: the first numbers its rows. */
export function openDatabase(
  name: string,
  stores: readonly [string, string],
): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    if (typeof indexedDB === "undefined") {
      reject(new DOMException("no IndexedDB", "NotSupportedError"));
      return;
    }
    const request = indexedDB.open(name); // what it throws rejects
    request.onupgradeneeded = () => {
      const [numbered, named] = stores;
      request.result.createObjectStore(numbered, { autoIncrement: true });
      request.result.createObjectStore(named);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the store does not open"));
    request.onblocked = () => reject(new DOMException("another tab is in the way", "BlockedError"));
  });
}

/** Settle with the end of `transaction`: complete means that what it wrote is stored. */
export function settled(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () =>
      reject(transaction.error ?? new Error("the transaction was aborted"));
  });
}
