"""Which record of the log brought, and which deleted, each element of a document.

Yjs names elements by (client, clock) and forgets in which update they came, and who deleted them.
An ``Origins`` covers a stretch of records; stretches in order make the whole. Packed it is

    zlib(uint64 inserts, uint64 deletes, inserts, deletes), each of the two as columns:
    clients (uint64 each), clocks, lengths, seqs minus that of the entry before (uint32 each)

with all numbers little-endian.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate, pairwise

from collab.crdt.update import SKIP, DecodedUpdate
from collab.types import Seq

#: (client, clock, length, seq)
Entry = tuple[int, int, int, int]


class Origins:
    """What a stretch of records brought and deleted, in the order of the log."""

    __slots__ = ("deletes", "inserts")

    def __init__(self, inserts: Iterable[Entry] = (), deletes: Iterable[Entry] = ()) -> None:
        self.inserts = list(inserts)
        self.deletes = list(deletes)

    def add(self, seq: Seq, update: DecodedUpdate) -> None:
        """Note the next record."""
        for struct in update.structs:
            if struct.ref == SKIP:
                continue
            last = self.inserts[-1] if self.inserts else (-1, 0, 0, 0)
            if last[0] == struct.client and last[3] == seq and last[1] + last[2] == struct.clock:
                self.inserts[-1] = (struct.client, last[1], last[2] + struct.length, seq)
            else:
                self.inserts.append((struct.client, struct.clock, struct.length, seq))
        self.deletes += [(client, clock, length, seq) for client, clock, length in update.deletes]

    def extend(self, later: Origins) -> None:
        """Take what the records after these brought."""
        self.inserts += later.inserts
        self.deletes += later.deletes

    def pack(self) -> bytes:
        """Return the stretch in the form above."""
        head = _little(array("Q", [len(self.inserts), len(self.deletes)]))
        return zlib.compress(head + _packed(self.inserts) + _packed(self.deletes), 6)

    @classmethod
    def unpack(cls, packed: bytes) -> Origins:
        """Return the stretch that ``pack`` has put in this form."""
        data = zlib.decompress(packed)
        inserts, deletes = _column("Q", data[:16])
        middle = 16 + 20 * inserts
        return cls(_unpacked(data[16:middle], inserts), _unpacked(data[middle:], deletes))


def _packed(entries: list[Entry]) -> bytes:
    clients, clocks, lengths, seqs = zip(*entries, strict=True) if entries else ((), (), (), ())
    steps = [after - before for before, after in pairwise((0, *seqs))]
    return (
        _little(array("Q", clients))
        + _little(array("I", clocks))
        + _little(array("I", lengths))
        + _little(array("I", steps))
    )


def _unpacked(data: bytes, count: int) -> Iterable[Entry]:
    ends = [8 * count, 12 * count, 16 * count, 20 * count]
    return zip(
        _column("Q", data[: ends[0]]),
        _column("I", data[ends[0] : ends[1]]),
        _column("I", data[ends[1] : ends[2]]),
        accumulate(_column("I", data[ends[2] : ends[3]])),
        strict=True,
    )


def _column(code: str, data: bytes) -> array[int]:
    column = array(code, data)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _little(column: array[int]) -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


class Ranges:
    """Answers which record an element is from; of several, the first in the log."""

    __slots__ = ("_by_client",)

    def __init__(self, entries: Iterable[Entry]) -> None:
        #: client -> starts, ends, seqs; sorted, without overlap.
        self._by_client: dict[int, tuple[list[int], list[int], list[int]]] = {}
        for client, clock, length, seq in entries:
            self._add(client, clock, clock + length, seq)

    def _add(self, client: int, start: int, end: int, seq: int) -> None:
        starts, ends, seqs = self._by_client.setdefault(client, ([], [], []))
        if not ends or start >= ends[-1]:
            starts.append(start)
            ends.append(end)
            seqs.append(seq)
            return
        place = bisect_right(ends, start)
        while start < end:
            # What stands between two known ranges is new; what is known stays.
            known = starts[place] if place < len(starts) else end
            if start < known:
                starts.insert(place, start)
                ends.insert(place, min(end, known))
                seqs.insert(place, seq)
                place += 1
            if place >= len(starts):
                return
            start = max(start, ends[place])
            place += 1

    def find(self, client: int, clock: int) -> tuple[Seq, int] | None:
        """Return the record of an element and where its range ends; None: not known."""
        found = self._by_client.get(client)
        if found is None:
            return None
        starts, ends, seqs = found
        place = bisect_right(ends, clock)
        if place >= len(starts) or starts[place] > clock:
            return None
        return Seq(seqs[place]), ends[place]

    def next_start(self, client: int, clock: int) -> int | None:
        """Return where the first range after ``clock`` begins; None: there is none."""
        starts = self._by_client.get(client, ([], [], []))[0]
        place = bisect_right(starts, clock)
        return starts[place] if place < len(starts) else None
