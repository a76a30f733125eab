"""Well-formed Yjs updates with wrong meaning, made by a grammar: what a hostile client can send.

Random bytes are refused by any decoder; what breaks a CRDT is an update whose every byte is in its
place and whose structs lean on what is not there, on the wrong kind of thing, or on each other.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from collab.lib0 import array, string, uint
from collab.protocol.codec import encode
from collab.protocol.messages import Awareness, AwarenessEntry, SyncStep1, SyncStep2, SyncUpdate
from collab.types import StateVector, Update

#: Those that have written in the base document and ones that have not.
CLIENTS = [1, 2, 3, 4, 5, 2**32 - 1, 2**53 - 1]
NUMBERS = [0, 1, 2, 3, 5, 8, 13, 40, 127, 128, 2**31 - 2, 2**31, 2**32 - 1, 2**53 - 1]
WORDS = ["", "t", "m", "a", "default", "notes", "paragraph", "😀", "你好", "k", "\0", "__proto__"]
REFS = [1, 2, 9, 9, 11, *(3 * [3, 5, 6]), *(6 * [4, 7, 8])]
TEXTS = [
    b"{}",
    b"null",
    b'"a"',
    b"1",
    b"NaN",
    b"1e999",
    b'"\\ud800"',
    b"undefined",
    b"[" * 130,
    b"-",
]


def hostile_update(dice: random.Random, clocks: Mapping[int, int] | None = None) -> Update:
    """Return an update of up to four writers.

    Args:
        clocks: what the document has seen, so that much of it can be placed.
    """
    known = clocks or {}
    writers = dice.sample(CLIENTS, dice.choice([0, 1, 1, 1, 2, 4]))
    out = uint(len(writers))
    for client in writers:
        count = dice.randint(1, 4)
        clock = known.get(client, 0) if dice.random() < 0.8 else _number(dice)
        out += uint(count) + uint(client) + uint(clock)
        for _ in range(count):
            out += _struct(dice, known)
    deleted = dice.sample(CLIENTS, dice.choice([0, 0, 1, 2]))
    out += uint(len(deleted))
    for client in deleted:
        out += uint(client) + uint(1) + uint(_number(dice)) + uint(_number(dice))
    return Update(_damaged(out, dice) if dice.random() < 0.03 else out)


def hostile_frame(dice: random.Random, clocks: Mapping[int, int] | None = None) -> bytes:
    """Return a frame of any type, mostly with an update in it."""
    match dice.random():
        case p if p < 0.6:
            return encode(SyncUpdate(hostile_update(dice, clocks)))
        case p if p < 0.8:
            return encode(SyncStep2(hostile_update(dice, clocks)))
        case p if p < 0.85:
            seen = b"".join(uint(dice.choice(CLIENTS)) + uint(_number(dice)) for _ in range(3))
            return encode(SyncStep1(StateVector(uint(3) + seen)))
        case p if p < 0.95:
            entries = tuple(
                AwarenessEntry(
                    dice.choice(CLIENTS),
                    _number(dice),
                    dice.choice(["{}", "null", "[]", "{", '{"a":"\\ud800"}', '{"a":NaN}', ""]),
                )
                for _ in range(dice.randint(0, 4))
            )
            return encode(Awareness(entries))
        case _:
            return _damaged(encode(SyncUpdate(hostile_update(dice, clocks))), dice)


def _number(dice: random.Random) -> int:
    return dice.choice(NUMBERS) if dice.random() < 0.5 else dice.randint(0, 30)


def _id(dice: random.Random, known: Mapping[int, int]) -> bytes:
    if known and dice.random() < 0.85:
        client = dice.choice(sorted(known))
        return uint(client) + uint(dice.randrange(known[client] or 1))
    return uint(dice.choice(CLIENTS)) + uint(_number(dice))


def _struct(dice: random.Random, known: Mapping[int, int]) -> bytes:
    if dice.random() < 0.08:
        return bytes([dice.choice([0, 10])]) + uint(_number(dice))
    ref, content = _content(dice)
    flags = dice.choice([0, 0, 0x80, 0x80, 0x40, 0xC0, 0x20, 0xA0])
    out = bytes([ref | flags])
    if flags & 0x80:
        out += _id(dice, known)
    if flags & 0x40:
        out += _id(dice, known)
    if not flags & 0xC0:
        named = dice.random() < 0.5
        out += b"\1" + string(dice.choice(WORDS)) if named else b"\0" + _id(dice, known)
        if flags & 0x20:
            out += string(dice.choice(WORDS))
    return out + content


def _content(dice: random.Random) -> tuple[int, bytes]:
    ref = dice.choice(REFS)
    match ref:
        case 1:
            return ref, uint(_number(dice))
        case 3:
            return ref, array(dice.randbytes(3))
        case 4:
            return ref, string(dice.choice(WORDS))
        case 5:
            return ref, array(dice.choice(TEXTS))
        case 6:
            return ref, string(dice.choice(WORDS)) + array(dice.choice(TEXTS))
        case 7:
            kind = dice.choice([0, 1, 2, 3, 3, 3, 4, 5, 6, 6, 6, 7])
            return ref, uint(kind) + (string(dice.choice(WORDS)) if kind in (3, 5) else b"")
        case 2 | 8:
            count = dice.randint(0, 3)
            return ref, uint(count) + b"".join(_any(dice, 0) for _ in range(count))
        case 9 if dice.random() < 0.8:
            return ref, string(dice.choice(WORDS)) + _any(dice, 0)
        case _:
            return ref, dice.randbytes(dice.randint(0, 4))


def _any(dice: random.Random, depth: int) -> bytes:
    tag = dice.choice([127, 126, 125, 124, 123, 122, 121, 119, 118, 117, 116])
    match tag:
        case 125:
            return bytes([tag]) + uint(_number(dice))
        case 124:
            return bytes([tag]) + dice.randbytes(4)
        case 123 | 122:
            return bytes([tag]) + dice.randbytes(8)
        case 119:
            return bytes([tag]) + string(dice.choice(WORDS))
        case 118 if depth < 3:
            return bytes([tag, 1]) + string(dice.choice(WORDS)) + _any(dice, depth + 1)
        case 117 if depth < 3:
            # Now and then far deeper than anybody means.
            if dice.random() < 0.05:
                return bytes([117, 1]) * dice.choice([30, 99, 130, 5000]) + b"\x7e"
            return bytes([tag, 1]) + _any(dice, depth + 1)
        case 116:
            return bytes([tag]) + array(dice.randbytes(2))
        case _:
            return bytes([dice.choice([127, 126, 121, 120])])


def _damaged(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 3)):
        if changed:
            changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed[: dice.randint(0, len(changed))] if dice.random() < 0.3 else changed)
