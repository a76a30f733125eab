"""Yjs bytes, written and read without a CRDT: the generator must be quicker than any server.

Every update is a genuine Yjs v1 insert at the end of the writer's own run in one Y.Text. What comes
back is taken apart by content, so that a merged frame counts for all that it carries.
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: Root of the text that the writers share.
ROOT = b"\x04text"
SYNC_STEP_1, SYNC_STEP_2, UPDATE = 0, 1, 2


def varuint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(128 | (value & 127))
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varuint(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    at += 1
    value = byte & 127
    shift = 7
    while byte > 127:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
    return value, at


def array(data: bytes) -> bytes:
    return varuint(len(data)) + data


def insert(client: bytes, clock: int, length: int = 1) -> bytes:
    """Return an update: ``length`` characters at the end of ``client``'s own run.

    Args:
        client: the client id as a varuint.
    """
    text = array(written(clock, length))
    if clock == 0:
        return b"\x01\x01" + client + b"\x00\x04\x01" + ROOT + text + b"\x00"
    before = client + varuint(clock - 1)
    return b"\x01\x01" + client + varuint(clock) + b"\x84" + before + text + b"\x00"


ALPHABET = bytes(range(97, 123)) * 2


def written(clock: int, length: int) -> bytes:
    """Return what stands at these clocks of any writer: what is there can be checked."""
    start = clock % 26
    return (ALPHABET[start : start + 26] * (length // 26 + 1))[:length]


def runs_of(update: bytes, at: int = 0) -> list[tuple[int, int, int]]:
    """Return what an update of such inserts brings, merged or not, as (client, clock, length)."""
    runs = []
    clients, at = read_varuint(update, at)
    for _ in range(clients):
        count, at = read_varuint(update, at)
        client, at = read_varuint(update, at)
        clock, at = read_varuint(update, at)
        for _ in range(count):
            info = update[at]
            at += 1
            ref = info & 31
            if ref in (0, 10):
                # Collected, or a gap in a diff: nothing was delivered for these clocks.
                length, at = read_varuint(update, at)
                clock += length
                continue
            if ref != 4:
                raise ValueError(f"content {ref} in an answer")
            for bit in (128, 64):
                if info & bit:
                    _, at = read_varuint(update, at)
                    _, at = read_varuint(update, at)
            if not info & 192:
                named, at = read_varuint(update, at)
                if named:
                    length, at = read_varuint(update, at)
                    at += length
                else:
                    _, at = read_varuint(update, at)
                    _, at = read_varuint(update, at)
            length, at = read_varuint(update, at)
            at += length
            runs.append((client, clock, length))  # ASCII: bytes are UTF-16 units
            clock += length
    return runs


@dataclass(frozen=True, slots=True)
class Flavour:
    """How a server's dialect wraps a y-protocols message."""

    #: Hocuspocus puts the document's name before each message, and wants to be greeted.
    named: bool = False

    def prefix(self, document: str) -> bytes:
        return array(document.encode()) if self.named else b""

    def greeting(self, document: str) -> list[bytes]:
        """Return what a client sends first: who it is, and that it has nothing."""
        prefix = self.prefix(document)
        hello = [prefix + b"\x02\x00" + array(b"token") + array(b"4.7.0")] if self.named else []
        return [*hello, prefix + b"\x00\x00\x01\x00"]


@dataclass(eq=False, slots=True)
class Frame:
    """One distinct payload, taken apart once however many clients receive it."""

    #: "update", "state", "ask", "ack" or "other".
    kind: str
    runs: list[tuple[int, int, int]] = field(default_factory=list)
    acked: int = 0
    #: Who received it, and when; clients by their place in the run.
    receivers: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


def take_apart(payload: bytes, offset: int, *, wants_runs: bool = True) -> Frame:
    """Return a received payload, whose prefix ends at ``offset``, as a frame."""
    kind, at = read_varuint(payload, offset)
    if kind == 100:
        acked, _ = read_varuint(payload, at)
        return Frame("ack", acked=acked)
    if kind not in (0, 4):
        return Frame("other")
    step, at = read_varuint(payload, at)
    if step == SYNC_STEP_1:
        return Frame("ask")
    if step not in (SYNC_STEP_2, UPDATE):
        return Frame("other")
    _, at = read_varuint(payload, at)
    runs = runs_of(payload, at) if wants_runs else []
    return Frame("state" if step == SYNC_STEP_2 else "update", runs)
