"""What a document consists of, as the gate needs it: structs in runs, deletes, roots."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from collab.crdt.update import ANY, DELETED, FORMAT, GC, STRING, TYPE, Id

#: Root type of the rich text; other roots hold whatever their programs put into them.
BODY = "default"


@dataclass(slots=True)
class Run:
    """A run of structs of one client that differ in nothing that the gate asks for."""

    clock: int
    length: int
    ref: int
    #: A root's name, the id of a type, or None: garbage collected, nobody's child.
    parent: str | Id | None = None
    key: str | None = None
    type_ref: int = 0
    splits: AbstractSet[int] = frozenset()
    depth: int = 0
    #: Of a type: whether it is in the rich text.
    in_body: bool = False
    #: What the first of a STRING or FORMAT was written behind; forgotten when that is noted.
    origin: Id | None = None


#: A client and one of its runs, which grows.
Child = tuple[int, Run]


class StructIndex:
    """The structs that a document has, without their content."""

    def __init__(self) -> None:
        self._clocks: dict[int, int] = {}
        self._starts: dict[int, list[int]] = {}
        self._runs: dict[int, list[Run]] = {}
        self._deleted: dict[int, list[tuple[int, int]]] = {}
        self._roots: dict[str, str] = {BODY: "xml"}
        #: What each type holds.
        self._children: dict[Id, list[Child]] = {}
        #: Types that are deleted, or stand in what is.
        self.dead: set[str | Id | None] = set()
        self.pieces = Pieces()

    @property
    def clocks(self) -> dict[int, int]:
        """The next clock of each client: equal to the document's state vector."""
        return dict(self._clocks)

    @property
    def root_count(self) -> int:
        """The number of roots."""
        return len(self._roots)

    @property
    def run_count(self) -> int:
        """The number of runs: what the index costs."""
        return sum(map(len, self._runs.values()))

    def add(
        self,
        runs: dict[int, list[Run]],
        roots: dict[str, str],
        deletes: Sequence[tuple[int, int, int]],
    ) -> None:
        """Add what an update brings."""
        self._roots.update(roots)
        for client, fresh in runs.items():
            known = self._runs.setdefault(client, [])
            starts = self._starts.setdefault(client, [])
            for run in fresh:
                if run.ref in (STRING, FORMAT):
                    self.pieces.add(client, run, known[-1] if known else None)
                if not (known and _joined(known[-1], run)):
                    known.append(run)
                    starts.append(run.clock)
                    self._note_child(client, run)
            self._clocks[client] = known[-1].clock + known[-1].length
        fresh_ranges: dict[int, list[tuple[int, int]]] = {}
        for client, clock, length in deletes:
            fresh_ranges.setdefault(client, []).append((clock, clock + length))
        for client, ranges in fresh_ranges.items():
            # Each once, and only what is new of it: an update may name one range again and again.
            joined = _joined_ranges(sorted(ranges))
            gaps = [gap for each in joined for gap in self._gaps(client, *each)]
            known_ranges = self._deleted.setdefault(client, [])
            if len(joined) > _FEW:
                # Each by itself would move all behind it: the product of two sizes.
                self._deleted[client] = _joined_ranges(sorted([*known_ranges, *joined]))
            else:
                for start, end in joined:
                    _add_range(known_ranges, start, end)
            for start, end in gaps:
                for run in self.runs_in(client, start, end):
                    if run.ref == TYPE:
                        self._bury((client, run.clock))

    def _gaps(self, client: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield what of a range is not deleted yet."""
        at = self.deleted_from(client, start)
        while at < end:
            stop = min(end, self.next_deleted(client, at))
            yield at, stop
            at = self.deleted_from(client, stop)

    def _note_child(self, client: int, run: Run) -> None:
        if run.parent.__class__ is tuple:
            parent: Id = run.parent
            self._children.setdefault(parent, []).append((client, run))
            if run.ref == TYPE and parent in self.dead:
                self.dead.add((client, run.clock))

    def _bury(self, dead: Id) -> None:
        """Note that a type is deleted, and with it what stands in it."""
        waiting = [dead]
        while waiting:
            each = waiting.pop()
            if each not in self.dead:
                self.dead.add(each)
                waiting += [
                    (client, run.clock) for client, run in self.children(each) if run.ref == TYPE
                ]

    def children(self, parent: Id) -> Sequence[Child]:
        """Return what a type holds, in no order."""
        return self._children.get(parent, ())

    def runs_in(self, client: int, start: int, end: int) -> Iterator[Run]:
        """Yield the runs that hold some of a range, as far as the document has it."""
        starts = self._starts.get(client, [])
        place = max(0, bisect_right(starts, start) - 1)
        while place < len(starts) and starts[place] < end:
            yield self._runs[client][place]
            place += 1

    def find(self, target: Id) -> Run | None:
        """Return the run that holds the id, if the document has it."""
        client, clock = target
        if clock >= self._clocks.get(client, 0):
            return None
        return self._runs[client][bisect_right(self._starts[client], clock) - 1]

    def clock(self, client: int) -> int:
        """Return the next clock of a client."""
        return self._clocks.get(client, 0)

    def root(self, name: str) -> str | None:
        """Return what a root is known to hold: xml, text, or "" for anything."""
        return self._roots.get(name)

    def is_deleted(self, client: int, clock: int, length: int) -> bool:
        """Return whether all of a range is deleted."""
        ranges = self._deleted.get(client, [])
        at = bisect_right(ranges, (clock, _MAX_END)) - 1
        return at >= 0 and ranges[at][1] >= clock + length

    def has_deleted(self, client: int, clock: int, length: int) -> bool:
        """Return whether any of a range is deleted."""
        until, begins = self.deleted_around(client, clock)
        return until > clock or begins < clock + length

    def deleted_around(self, client: int, clock: int) -> tuple[int, int]:
        """Return ``deleted_from`` and ``next_deleted``, for the price of one."""
        ranges = self._deleted.get(client)
        if not ranges:
            return clock, _MAX_END
        at = bisect_right(ranges, (clock, _MAX_END))
        begins = ranges[at][0] if at < len(ranges) else _MAX_END
        until = ranges[at - 1][1] if at else clock
        return (until if until > clock else clock), begins

    def dead_ranges(self, listed: Sequence[tuple[int, int, int]]) -> tuple[int, int]:
        """Return how many ranges are deleted and all in ``listed``, and how many are deleted."""
        named: dict[int, list[tuple[int, int]]] = {}
        for client, clock, length in listed:
            named.setdefault(client, []).append((clock, clock + length))
        inside = 0
        for client, ranges in named.items():
            joined = _joined_ranges(sorted(ranges))
            starts = [start for start, _end in joined]
            for start, end in self._deleted.get(client, ()):
                at = bisect_right(starts, start) - 1
                inside += at >= 0 and joined[at][1] >= end
        return inside, sum(map(len, self._deleted.values()))

    def deleted_from(self, client: int, clock: int) -> int:
        """Return how far all is deleted, from ``clock`` on; ``clock``: it is not."""
        ranges = self._deleted.get(client, [])
        at = bisect_right(ranges, (clock, _MAX_END)) - 1
        return max(clock, ranges[at][1]) if at >= 0 else clock

    def deleted_since(self, client: int, clock: int) -> int:
        """Return where the deleted range begins that holds ``clock``."""
        ranges = self._deleted[client]
        return ranges[bisect_right(ranges, (clock, _MAX_END)) - 1][0]

    def next_deleted(self, client: int, clock: int) -> int:
        """Return where the first range after ``clock`` begins that is deleted."""
        ranges = self._deleted.get(client, [])
        at = bisect_right(ranges, (clock, _MAX_END))
        return ranges[at][0] if at < len(ranges) else _MAX_END


class Pieces:
    """What each piece of text was written behind: nine of ten go on where the last one ended."""

    def __init__(self) -> None:
        self._starts: dict[int, array[int]] = {}
        self._clients: dict[int, array[int]] = {}
        self._clocks: dict[int, array[int]] = {}

    def add(self, client: int, run: Run, last: Run | None) -> None:
        """Note a run of text, and what its client wrote before."""
        origin, run.origin = run.origin, None
        if origin is None:
            origin = _NOWHERE
        elif (
            origin[1] == run.clock - 1
            and origin[0] == client
            and last is not None
            and last.ref in (STRING, FORMAT)
        ):
            return
        starts = self._starts.get(client)
        if starts is None:
            starts = self._starts[client] = array("I")
            self._clients[client], self._clocks[client] = array("Q"), array("I")
        starts.append(run.clock)
        self._clients[client].append(origin[0])
        self._clocks[client].append(origin[1])

    def before(self, client: int, clock: int) -> tuple[int, Id | None]:
        """Return where the piece of a unit begins, and what that was written behind."""
        starts = self._starts[client]
        place = bisect_right(starts, clock) - 1
        origin = (self._clients[client][place], self._clocks[client][place])
        return starts[place], None if origin == _NOWHERE else origin

    def starts_in(self, client: int, start: int, end: int) -> Sequence[int]:
        """Return where pieces begin in a range."""
        starts = self._starts.get(client, array("I"))
        return starts[bisect_right(starts, start - 1) : bisect_right(starts, end - 1)]


#: Stands for the start of a text: no client has this id.
_NOWHERE: Id = (2**64 - 1, 0)
_MAX_END = 2**53
#: Ranges that are put into a sorted list one by one.
_FEW = 16


def _joined(last: Run, run: Run) -> bool:
    """Make ``run`` part of ``last`` where nothing tells them apart: typing must not grow us."""
    same = (
        last.ref == run.ref
        and last.ref in (STRING, DELETED, GC, ANY)
        and last.parent == run.parent
        and last.key is None
        and run.key is None
        and last.clock + last.length == run.clock
    )
    if same:
        if run.splits:
            # In place: a copy for each of n characters would take the square of n.
            if not isinstance(last.splits, set):
                last.splits = set(last.splits)
            last.splits.update(last.length + offset for offset in run.splits)
        last.length += run.length
    return same


def _add_range(ranges: list[tuple[int, int]], start: int, end: int) -> None:
    """Add ``start .. end`` to sorted ranges that do not touch."""
    first = bisect_left(ranges, (start, 0))
    if first and ranges[first - 1][1] >= start:
        first -= 1
    last = first
    while last < len(ranges) and ranges[last][0] <= end:
        start, end = min(start, ranges[last][0]), max(end, ranges[last][1])
        last += 1
    ranges[first:last] = [(start, end)]


def _joined_ranges(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return sorted ranges with those made one that overlap or touch."""
    out: list[tuple[int, int]] = []
    for start, end in ranges:
        if out and out[-1][1] >= start:
            out[-1] = out[-1][0], max(out[-1][1], end)
        else:
            out.append((start, end))
    return out
