"""What of a refused update can be taken: of each client the structs before the one that is refused.

The structs of a client come in the order of their clocks, so that nothing behind a refused one can
be taken. For somebody who was away, whose words from before would wait behind it for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collab.crdt.gate import Accepted, Gate
from collab.crdt.lineage import encoded_deletes
from collab.crdt.update import DecodedUpdate, decode_update, iter_heads, read_struct
from collab.lib0 import Reader, uint
from collab.types import Update

#: Asked on the event loop: each halving checks all of it again, 3 µs a struct.
MAX_STRUCTS = 500
MAX_CLIENTS = 8
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Part:
    """An update that may be applied."""

    update: Update
    decoded: DecodedUpdate
    verdict: Accepted


def admissible(update: Update, decoded: DecodedUpdate, gate: Gate) -> Part | None:
    """Return what of a refused update may be applied.

    Args:
        update: the refused one.
        decoded: the same, taken apart.
        gate: which has refused it.

    Returns:
        None where there is nothing, and for an update of more than ``MAX_STRUCTS``.
    """
    if len(decoded.structs) > MAX_STRUCTS:
        return None
    rows = _rows(update)
    if len(rows) > MAX_CLIENTS:
        return None
    found: Part | None = None
    cuts = dict.fromkeys(rows, 0)
    for _ in range(ROUNDS):
        before = dict(cuts)
        for client, row in rows.items():
            low, high = cuts[client], len(row.structs)
            while low < high:
                middle = (low + high + 1) // 2
                part = _part(rows, {**cuts, client: middle}, decoded, gate)
                if part is None:
                    high = middle - 1
                else:
                    low, found = middle, part
            cuts[client] = low
        if cuts == before:
            break
    return None if found is None or found.verdict.brings_nothing else found


@dataclass(frozen=True, slots=True)
class _Row:
    """The structs of one client, as they stand in the update."""

    clock: int
    structs: Sequence[bytes]
    #: The clock behind each.
    ends: Sequence[int]


def _rows(update: Update) -> dict[int, _Row]:
    reader = Reader(update)
    rows: dict[int, _Row] = {}
    for count, client, first in iter_heads(reader):
        structs: list[bytes] = []
        ends: list[int] = []
        clock = first
        for _ in range(count):
            start = len(update) - reader.left
            clock += read_struct(reader, client, clock).length
            structs.append(bytes(update[start : len(update) - reader.left]))
            ends.append(clock)
        rows[client] = _Row(first, structs, ends)
    return rows


def _part(
    rows: Mapping[int, _Row], cuts: Mapping[int, int], decoded: DecodedUpdate, gate: Gate
) -> Part | None:
    """Return the update with so many structs of each client, if it may be applied."""
    kept = {client: count for client, count in cuts.items() if count}
    body = [uint(len(kept))]
    known: dict[int, int] = {}
    for client, count in kept.items():
        row = rows[client]
        body += [uint(count), uint(client), uint(row.clock), *row.structs[:count]]
        known[client] = row.ends[count - 1]
    deletes = []
    for client, clock, length in decoded.deletes:
        end = max(known.get(client, 0), gate.structs.clock(client))
        if (part := min(length, end - clock)) > 0:
            deletes.append((client, clock, part))
    update = Update(b"".join(body) + encoded_deletes(deletes))
    taken = decode_update(update)
    verdict = gate.check(taken)
    return Part(update, taken, verdict) if isinstance(verdict, Accepted) else None
