"""A large state as several updates that are applied one after the other, between other work.

pycrdt applies an update in one call, in which the event loop stands still. In portions, and in one
transaction, the same structs take the same time in all. See docs/adr/0012.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from collab.crdt.update import Struct, UpdateError, iter_heads, read_deletes, read_struct
from collab.lib0 import EncodingError, Reader, uint
from collab.types import Update

#: Structs of a portion: applied in about 4 ms. Deleted ranges cost less each.
PORTION = 4_000

#: No client has structs, or nothing is deleted.
NOTHING = uint(0)

Delete = tuple[int, int, int]


@dataclass(slots=True)
class _Placed:
    """A struct, and where its bytes lie in the state."""

    struct: Struct
    start: int
    end: int


def split(state: Update, portion: int = PORTION) -> list[Update]:
    """Return updates of at most ``portion`` structs that bring, in this order, all of ``state``.

    Each needs only what those before it bring. A state that is not whole, or holds what is not
    taken apart here, comes back as it is.
    """
    try:
        placed, deletes = _taken_apart(state)
        ordered = list(_in_order_of_need(placed))
    except (EncodingError, UpdateError):
        return [state]
    return [
        *(
            _encoded(state, ordered[start : start + portion])
            for start in range(0, len(ordered), portion)
        ),
        *(
            _encoded_deletes(deletes[start : start + 4 * portion])
            for start in range(0, len(deletes), 4 * portion)
        ),
    ]


def _taken_apart(state: Update) -> tuple[dict[int, list[_Placed]], tuple[Delete, ...]]:
    """Return the structs of each client, and what is deleted."""
    reader = Reader(state)
    placed: dict[int, list[_Placed]] = {}
    for count, client, clock in iter_heads(reader):
        own = placed.setdefault(client, [])
        for _ in range(count):
            start = len(state) - reader.left
            struct = read_struct(reader, client, clock)
            clock += struct.length
            own.append(_Placed(struct, start, len(state) - reader.left))
    deletes = read_deletes(reader)
    reader.finish()
    return placed, deletes


def _in_order_of_need(placed: dict[int, list[_Placed]]) -> Iterator[_Placed]:
    """Give each client's structs in their order, and none before what it refers to.

    Raises:
        UpdateError: some refer to what is not there.
    """
    given = {client: own[0].struct.clock for client, own in placed.items() if own}
    at = dict.fromkeys(given, 0)
    #: Clients whose next struct waits for a clock of another one.
    waiting: dict[int, list[int]] = {}
    ready = list(given)
    left = sum(map(len, placed.values()))
    while ready:
        client = ready.pop()
        own = placed[client]
        while at[client] < len(own):
            each = own[at[client]]
            needed = _needs(each.struct, given)
            if needed is not None:
                waiting.setdefault(needed, []).append(client)
                break
            at[client] += 1
            left -= 1
            given[client] = each.struct.clock + each.struct.length
            yield each
        # They look again; who still lacks something waits again.
        ready += waiting.pop(client, ())
    if left:
        raise UpdateError("state with a hole")


def _needs(struct: Struct, given: Mapping[int, int]) -> int | None:
    """Return a client of whom more must be given before this struct; None where there is none."""
    parent = struct.parent if isinstance(struct.parent, tuple) else None
    for needed in (struct.origin, struct.right_origin, parent):
        if needed is not None and needed[1] >= given.get(needed[0], 0):
            return needed[0]
    return None


def _encoded(state: Update, part: Sequence[_Placed]) -> Update:
    by_client: dict[int, list[_Placed]] = {}
    for each in part:
        by_client.setdefault(each.struct.client, []).append(each)
    blocks = [
        # Neighbours in the order of need are neighbours in the state, too.
        uint(len(own))
        + uint(client)
        + uint(own[0].struct.clock)
        + state[own[0].start : own[-1].end]
        for client, own in by_client.items()
    ]
    return Update(uint(len(blocks)) + b"".join(blocks) + NOTHING)


def _encoded_deletes(part: Sequence[Delete]) -> Update:
    blocks = [
        uint(client) + uint(len(ranges)) + b"".join(uint(at) + uint(n) for _, at, n in ranges)
        for client, ranges in ((c, list(own)) for c, own in groupby(part, key=itemgetter(0)))
    ]
    return Update(NOTHING + uint(len(blocks)) + b"".join(blocks))
