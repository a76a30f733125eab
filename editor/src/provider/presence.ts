// The twin shapes of awareness: y-protocols' object and the wire's entries.
import * as awarenessProtocol from "y-protocols/awareness";
import { encodeAwareness } from "../protocol/codec";
import type { AwarenessEntry } from "../protocol/messages";

type Awareness = awarenessProtocol.Awareness;

/** Return what `awareness` holds of `clientIds`; an id that it never heard of is left out. */
export function awarenessEntries(
  awareness: Awareness,
  clientIds: Iterable<number>,
): AwarenessEntry[] {
  const entries: AwarenessEntry[] = [];
  for (const clientId of clientIds) {
    const meta = awareness.meta.get(clientId);
    if (!meta) continue;
    const state = JSON.stringify(awareness.states.get(clientId) ?? null);
    entries.push({ clientId, clock: meta.clock, state });
  }
  return entries;
}

/** Take entries from the wire or from another tab. One whose state is not JSON is left out. */
export function applyEntries(
  awareness: Awareness,
  entries: readonly AwarenessEntry[],
  origin: unknown,
): void {
  const sound = entries.filter((entry) => isJson(entry.state));
  awarenessProtocol.applyAwarenessUpdate(awareness, encodeAwareness(sound), origin);
}

/**
 * Say with a higher clock that this page is here. A departure is told with the clock plus one, so that what
 * this page last said, and what is one above it, would be old news to those who heard of it.
 */
export function announceAnew(awareness: Awareness): void {
  const state = awareness.getLocalState();
  if (state === null) return;
  awareness.setLocalState(state);
  awareness.setLocalState(state);
}

/** Whether `entries` say that this page has left. */
export function sayItLeft(awareness: Awareness, entries: readonly AwarenessEntry[]): boolean {
  return entries.some(({ clientId, state }) => clientId === awareness.clientID && state === "null");
}

/** Forget everybody but this page and `kept`, and what they last said: it may be said again. */
export function forgetOthers(
  awareness: Awareness,
  kept: ReadonlySet<number>,
  origin: unknown,
): void {
  const gone = [...awareness.states.keys()].filter(
    (id) => id !== awareness.clientID && !kept.has(id),
  );
  awarenessProtocol.removeAwarenessStates(awareness, gone, origin);
  // The server says who is here with the clocks that were heard already.
  for (const id of awareness.meta.keys()) {
    if (id !== awareness.clientID && !kept.has(id)) awareness.meta.delete(id);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
