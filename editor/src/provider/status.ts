// What the page may claim about the words on it. Pure: facts in, status out.
import type { ClosedReason } from "../protocol/close";

export type Access = "read" | "comment" | "write";

export type Status =
  | { readonly kind: "connecting" }
  | { readonly kind: "saving"; readonly unsaved: number }
  | { readonly kind: "saved" }
  | { readonly kind: "offline"; readonly unsaved: number }
  /** The person may write, and earlier words wait for a word on whether to send them. */
  | { readonly kind: "held"; readonly unsaved: number }
  | { readonly kind: "readonly"; readonly isFrozen: boolean; readonly unsaved: number }
  | { readonly kind: "closed"; readonly reason: ClosedReason; readonly unsaved: number };

export interface Facts {
  /** Set for good once the server has said no. */
  readonly closed: ClosedReason | null;
  readonly access: Access;
  /** An administrator has stopped all writing. */
  readonly isFrozen: boolean;
  /** "down" means that an attempt failed or a connection broke, and no socket is open. */
  readonly link: "starting" | "down" | "open";
  /** The server's state has arrived on this connection. */
  readonly isSynced: boolean;
  /** Every update frame of this connection is committed and nothing waits. */
  readonly isSettled: boolean;
  readonly unsaved: number;
  /** What is unsaved is not sent before the person says so. */
  readonly isHeld: boolean;
}

/** Derive the status. "Saved" is said only if the server has committed everything. */
export function deriveStatus(facts: Facts): Status {
  const { unsaved } = facts;
  if (facts.closed !== null) return { kind: "closed", reason: facts.closed, unsaved };
  if (facts.access !== "write") {
    return facts.link === "down" && unsaved === 0
      ? { kind: "connecting" }
      : { kind: "readonly", isFrozen: facts.isFrozen, unsaved };
  }
  if (facts.isHeld) return { kind: "held", unsaved };
  if (facts.link === "down") return { kind: "offline", unsaved };
  if (facts.link === "starting" || !facts.isSynced) return { kind: "connecting" };
  return facts.isSettled ? { kind: "saved" } : { kind: "saving", unsaved };
}

/** Whether leaving the page now would lose words. */
export function wouldLose(status: Status, isKeptOnDevice: boolean): boolean {
  return "unsaved" in status && status.unsaved > 0 && !isKeptOnDevice;
}
