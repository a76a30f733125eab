// The messages of the document socket, as values. Twin of collab/protocol/messages.py; formulas in
// docs/protocol.md.

export interface AwarenessEntry {
  readonly clientId: number;
  readonly clock: number;
  /** Raw JSON text. */
  readonly state: string;
}

export type Message =
  | { readonly type: "syncStep1"; readonly stateVector: Uint8Array }
  | { readonly type: "syncStep2"; readonly update: Uint8Array }
  | { readonly type: "syncUpdate"; readonly update: Uint8Array }
  | { readonly type: "awareness"; readonly entries: readonly AwarenessEntry[] }
  | { readonly type: "queryAwareness" }
  | { readonly type: "permissionDenied"; readonly reason: string }
  | { readonly type: "saved"; readonly frames: number }
  | { readonly type: "ping"; readonly token: number }
  | { readonly type: "pong"; readonly token: number }
  | { readonly type: "event"; readonly payload: string }
  | { readonly type: "signal"; readonly payload: string }
  | { readonly type: "chat"; readonly payload: string }
  /** Of the updates behind it: the last record seen; of the next one: whether it is an undo or a redo. */
  | { readonly type: "editNote"; readonly upto: number; readonly isUndo: boolean };
