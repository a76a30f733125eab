// What a close code of the document socket asks of the browser. Twin of collab/protocol/close_codes.py.

export type ClosedReason =
  | "badFrame"
  | "signedOut"
  | "noAccess"
  | "removed"
  | "noDocument"
  | "refused"
  | "tooBig"
  | "other";

export type Verdict =
  | { readonly kind: "final"; readonly reason: ClosedReason }
  | { readonly kind: "retry"; readonly afterMs: number | null };

const FINAL: ReadonlyMap<number, ClosedReason> = new Map([
  [4400, "badFrame"],
  [4401, "signedOut"],
  [4403, "noAccess"],
  [4404, "noDocument"],
  [4422, "refused"],
  // The same words would be too big again.
  [1009, "tooBig"],
]);

/** How the reason begins where an administrator closed this page; the person's right may stand. */
const BY_ADMINISTRATOR = "closed by an administrator";

/** The longest wait that the server may ask for. */
const MAX_RETRY_MS = 60_000;

/** Say whether to connect again after a close, and how soon if the server named a time. */
export function closeVerdict(code: number, reason: string): Verdict {
  const final = FINAL.get(code);
  if (final === "noAccess" && reason.startsWith(BY_ADMINISTRATOR)) {
    return { kind: "final", reason: "removed" };
  }
  if (final) return { kind: "final", reason: final };
  if (code >= 4400 && code <= 4499) return { kind: "final", reason: "other" };
  const stated = code === 1012 ? /(?:^|[;\s])retry_ms=(\d{1,9})/.exec(reason)?.[1] : undefined;
  return {
    kind: "retry",
    afterMs: stated === undefined ? null : Math.min(Number(stated), MAX_RETRY_MS),
  };
}
