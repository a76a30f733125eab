"""Structs that one struct could hold, made one before the CRDT library has them.

Yjs joins what one client writes in a row, so an honest update has few such chains. yrs joins them
as well, but takes the square of their number: 20,000 single characters 0.2 s, the 700,000 that a
frame holds minutes, in one call that nothing interrupts.
"""

from __future__ import annotations

from collections.abc import Sequence

from collab.crdt.update import (
    ANY,
    DELETED,
    GC,
    STRING,
    DecodedUpdate,
    Struct,
    decode_update,
    iter_heads,
    read_deletes,
    read_struct,
)
from collab.lib0 import Reader, uint
from collab.types import Update

#: So many do not matter: 1 ms.
FEW = 1_000
_JOINABLE = frozenset({STRING, DELETED, GC, ANY})

_Placed = tuple[Struct, bytes]


def chain_count(structs: Sequence[Struct]) -> int:
    """Return how many of an update's structs continue the one before."""
    return sum(map(_continues, structs, structs[1:]))


def shortened(update: Update, decoded: DecodedUpdate) -> tuple[Update, DecodedUpdate]:
    """Return an update as the CRDT library is to have it: without chains, if it has many."""
    if chain_count(decoded.structs) <= FEW:
        return update, decoded
    update = without_chains(update)
    return update, decode_update(update)


def without_chains(update: Update) -> Update:
    """Return the same update with each chain as one struct; it must have been decoded before."""
    reader = Reader(update)
    blocks: list[bytes] = []
    for count, client, clock in iter_heads(reader):
        joined: list[list[_Placed]] = []
        first = clock
        for _ in range(count):
            start = len(update) - reader.left
            struct = read_struct(reader, client, clock)
            clock += struct.length
            placed = struct, update[start : len(update) - reader.left]
            if joined and _continues(joined[-1][-1][0], struct):
                joined[-1].append(placed)
            else:
                joined.append([placed])
        structs = b"".join(map(_one, joined))
        blocks.append(uint(len(joined)) + uint(client) + uint(first) + structs)
    deletes = update[len(update) - reader.left :]
    read_deletes(reader)
    reader.finish()
    return Update(uint(len(blocks)) + b"".join(blocks) + deletes)


def _continues(before: Struct, struct: Struct) -> bool:
    """Return whether Yjs would make one struct of these two (Item.mergeWith)."""
    if (
        struct.ref != before.ref
        or struct.ref not in _JOINABLE
        or struct.client != before.client
        or struct.clock != before.clock + before.length
    ):
        return False
    return struct.ref == GC or (
        struct.origin == (struct.client, struct.clock - 1)
        and struct.right_origin == before.right_origin
        and before.key is None
    )


def _one(chain: Sequence[_Placed]) -> bytes:
    first, data = chain[0]
    if len(chain) == 1:
        return data
    length = sum(struct.length for struct, _ in chain)
    if first.ref in (GC, DELETED):
        return data[: _head_length(data)] + uint(length)
    contents = b"".join(map(_content, (each for _, each in chain)))
    # Text is counted in bytes here, values as what they are.
    return (
        data[: _head_length(data)]
        + uint(len(contents) if first.ref == STRING else length)
        + contents
    )


def _content(data: bytes) -> bytes:
    reader = Reader(data)
    reader.take(_head_length(data))
    reader.uint()
    return reader.take(reader.left)


def _head_length(data: bytes) -> int:
    """Return where, in a struct's bytes, the number begins that stands before its content."""
    reader = Reader(data)
    info = reader.byte()
    if info == GC:
        return 1
    for bit in (0x80, 0x40):
        if info & bit:
            reader.uint()
            reader.uint()
    if not info & 0xC0:
        if reader.uint():
            reader.string()
        else:
            reader.uint()
            reader.uint()
        if info & 0x20:
            reader.string()
    return len(data) - reader.left
