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

/** Forget everybody but this page and `kept`. */
export function forgetOthers(
  awareness: Awareness,
  kept: ReadonlySet<number>,
  origin: unknown,
): void {
  const gone = [...awareness.states.keys()].filter(
    (id) => id !== awareness.clientID && !kept.has(id),
  );
  awarenessProtocol.removeAwarenessStates(awareness, gone, origin);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
