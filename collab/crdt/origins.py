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
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from heapq import heappop, heappush
from itertools import accumulate, pairwise
from operator import le

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
    """Answers which record an element is from; of several, the first in the log.

    Args:
        entries: in any order; of those that overlap, the one of the lowest ``seq`` counts.
    """

    __slots__ = ("_by_client",)

    def __init__(self, entries: Iterable[Entry]) -> None:
        columns: dict[int, _Columns] = {}
        for client, clock, length, seq in entries:
            starts, ends, seqs = columns.setdefault(client, ([], [], []))
            starts.append(clock)
            ends.append(clock + length)
            seqs.append(seq)
        #: client -> starts, ends, seqs; sorted, without overlap.
        self._by_client = {client: _in_order(found) for client, found in columns.items()}

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

    def parts(self, client: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield, part by part, how many elements and of which record; 0: not known."""
        starts, ends, seqs = self._by_client.get(client, _NOTHING)
        place = bisect_right(ends, start)
        while start < end:
            begin = starts[place] if place < len(starts) else end
            if begin > start:
                stop, seq = min(begin, end), 0
            else:
                stop, seq = min(ends[place], end), seqs[place]
                place += 1
            yield stop - start, seq
            start = stop

    def records(self) -> set[int]:
        """Return the records that anything is from."""
        return {seq for _starts, _ends, seqs in self._by_client.values() for seq in seqs}

    def of_records(self, wanted: Collection[int]) -> Iterator[Entry]:
        """Yield what is from these records, by client and clock."""
        for client, (starts, ends, seqs) in self._by_client.items():
            for start, end, seq in zip(starts, ends, seqs, strict=True):
                if seq in wanted:
                    yield client, start, end - start, seq

    def next_start(self, client: int, clock: int) -> int | None:
        """Return where the first range after ``clock`` begins; None: there is none."""
        starts = self._by_client.get(client, _NOTHING)[0]
        place = bisect_right(starts, clock)
        return starts[place] if place < len(starts) else None


#: Clocks whose ranges are sorted in one call.
BOX = 4096
#: Starts, ends and records of ranges.
_Columns = tuple[list[int], list[int], list[int]]
_NOTHING: _Columns = ([], [], [])


def _in_order(columns: _Columns) -> _Columns:
    """Return ranges sorted, without overlap."""
    starts, ends, _seqs = columns
    if all(map(le, ends, starts[1:])):
        return columns
    # Sorted little by little: one call over a long log would hold the GIL for tens of milliseconds.
    boxes: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for row in zip(*columns, strict=True):
        boxes[row[0] // BOX].append(row)
    rows = [row for box in sorted(boxes) for row in sorted(boxes[box])]
    parts: list[tuple[int, int, int]] = []
    first = 0
    while first < len(rows):
        # A cluster: each begins before what stands before it has ended.
        after, reach = first + 1, rows[first][1]
        while after < len(rows) and rows[after][0] < reach:
            reach = max(reach, rows[after][1])
            after += 1
        if after == first + 1:
            parts.append(rows[first])
        else:
            parts += _without_overlap(rows[first:after])
        first = after
    return [row[0] for row in parts], [row[1] for row in parts], [row[2] for row in parts]


def _without_overlap(rows: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return the parts of ranges sorted by their starts, each of the lowest ``seq`` that has it."""
    edges = sorted({edge for start, end, _seq in rows for edge in (start, end)})
    out: list[tuple[int, int, int]] = []
    open_ones: list[tuple[int, int]] = []  # (seq, end): a heap
    place = 0
    for start, end in pairwise(edges):
        while place < len(rows) and rows[place][0] == start:
            heappush(open_ones, (rows[place][2], rows[place][1]))
            place += 1
        while open_ones[0][1] <= start:
            heappop(open_ones)
        seq = open_ones[0][0]
        if out and out[-1][1:] == (start, seq):
            out[-1] = (out[-1][0], end, seq)
        else:
            out.append((start, end, seq))
    return out
