// The pure parts of the provider: the ledger, the status, the backoff, what a close asks, what an event says.
import { describe, expect, it } from "vitest";
import { closeVerdict } from "../protocol/close";
import { backoffMs, statedMs } from "./backoff";
import { parseEvent } from "./events";
import { Ledger } from "./ledger";
import { deriveStatus, type Facts, wouldLose } from "./status";

const FACTS: Facts = {
  closed: null,
  access: "write",
  isFrozen: false,
  link: "open",
  isSynced: true,
  isSettled: true,
  unsaved: 0,
  isHeld: false,
};

describe("the ledger", () => {
  it("is settled only when the server has said so", () => {
    const ledger = new Ledger();
    expect(ledger.isSettled).toBe(false);
    ledger.answerSent();
    expect(ledger.isSettled).toBe(false);
    ledger.acknowledged(1);
    expect(ledger.isSettled).toBe(true);
    ledger.localUpdate();
    expect(ledger.isSettled).toBe(false);
    ledger.updateSent();
    expect(ledger.isSettled).toBe(false);
    ledger.acknowledged(2);
    expect(ledger.isSettled).toBe(true);
  });

  it("counts updates, not frames", () => {
    const ledger = new Ledger();
    ledger.answerSent();
    for (let each = 0; each < 3; each += 1) ledger.localUpdate();
    ledger.updateSent();
    ledger.localUpdate();
    expect(ledger.unacknowledged).toBe(4);
    ledger.acknowledged(1);
    expect(ledger.unacknowledged).toBe(4);
    ledger.acknowledged(2);
    expect(ledger.unacknowledged).toBe(1);
  });

  it("lets everything wait again when the connection is lost", () => {
    const ledger = new Ledger();
    ledger.answerSent();
    ledger.localUpdate();
    ledger.updateSent();
    ledger.connectionLost();
    expect(ledger.unacknowledged).toBe(1);
    expect(ledger.isAnswered).toBe(false);
    ledger.answerSent();
    expect(ledger.acknowledged(1)).toBe(true);
    expect(ledger.unacknowledged).toBe(0);
  });

  it("does not believe an acknowledgement of what was never sent", () => {
    const ledger = new Ledger();
    ledger.answerSent();
    expect(ledger.acknowledged(2)).toBe(false);
    expect(ledger.isSettled).toBe(false);
  });
});

describe("the status", () => {
  it.each([
    [{}, { kind: "saved" }],
    [
      { isSettled: false, unsaved: 2 },
      { kind: "saving", unsaved: 2 },
    ],
    [{ isSynced: false }, { kind: "connecting" }],
    [{ link: "starting", isSynced: false }, { kind: "connecting" }],
    [
      { link: "down", isSettled: false, unsaved: 3 },
      { kind: "offline", unsaved: 3 },
    ],
    [{ access: "read" }, { kind: "readonly", isFrozen: false, unsaved: 0 }],
    [
      { access: "read", isFrozen: true },
      { kind: "readonly", isFrozen: true, unsaved: 0 },
    ],
    [
      { access: "comment", isSettled: false, unsaved: 1 },
      { kind: "readonly", isFrozen: false, unsaved: 1 },
    ],
    [
      { isHeld: true, isSettled: false, unsaved: 2 },
      { kind: "held", unsaved: 2 },
    ],
    [
      { closed: "noAccess", unsaved: 4 },
      { kind: "closed", reason: "noAccess", unsaved: 4 },
    ],
  ] as [Partial<Facts>, unknown][])("of %o is %o", (facts, status) => {
    expect(deriveStatus({ ...FACTS, ...facts })).toEqual(status);
  });

  it("says saved only of a settled ledger", () => {
    expect(deriveStatus({ ...FACTS, isSettled: false }).kind).not.toBe("saved");
  });

  it("warns on leaving only when words would be lost", () => {
    const offline = deriveStatus({ ...FACTS, link: "down", unsaved: 1, isSettled: false });
    expect(wouldLose(offline, false)).toBe(true);
    expect(wouldLose(offline, true)).toBe(false);
    expect(wouldLose(deriveStatus(FACTS), false)).toBe(false);
  });
});

describe("the wait before the next attempt", () => {
  it("doubles to a bound, with the upper half drawn by lot", () => {
    expect(backoffMs(0, () => 0)).toBe(200);
    expect(backoffMs(0, () => 1)).toBe(400);
    expect(backoffMs(3, () => 1)).toBe(3200);
    expect(backoffMs(60, () => 1)).toBe(20_000);
  });

  it("spreads what the server named", () => {
    expect(statedMs(1000, () => 0)).toBe(1000);
    expect(statedMs(1000, () => 1)).toBe(1250);
  });
});

describe("a close", () => {
  it.each([
    [4400, "bad frame", { kind: "final", reason: "badFrame" }],
    [4401, "", { kind: "final", reason: "signedOut" }],
    [4403, "", { kind: "final", reason: "noAccess" }],
    [4403, "closed by an administrator", { kind: "final", reason: "removed" }],
    [4404, "", { kind: "final", reason: "noDocument" }],
    [4422, "", { kind: "final", reason: "refused" }],
    [4499, "", { kind: "final", reason: "other" }],
    [1009, "", { kind: "final", reason: "tooBig" }],
    [1006, "", { kind: "retry", afterMs: null }],
    [1013, "too slow", { kind: "retry", afterMs: null }],
    [1012, "restarting; retry_ms=250", { kind: "retry", afterMs: 250 }],
    [1012, "restarting; retry_ms=999999999", { kind: "retry", afterMs: 60_000 }],
    [1006, "retry_ms=5", { kind: "retry", afterMs: null }],
  ])("with %i %s", (code, reason, verdict) => {
    expect(closeVerdict(code, reason)).toEqual(verdict);
  });
});

describe("an event", () => {
  it("is read", () => {
    expect(parseEvent('{"type":"title","title":"T"}')).toEqual({ type: "title", title: "T" });
    expect(parseEvent('{"type":"access","access":"read"}')).toEqual({
      type: "access",
      access: "read",
    });
  });

  it.each(["", "[]", "null", '{"type":"access","access":"all"}', '{"type":"new"}', '{"title":1}'])(
    "that is none is ignored: %s",
    (payload) => {
      expect(parseEvent(payload)).toBeNull();
    },
  );
});
