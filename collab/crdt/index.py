"""What a document consists of, as the gate needs it: structs in runs, deletes, roots."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from collab.crdt.update import ANY, DELETED, GC, STRING, Id

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
    splits: frozenset[int] = frozenset()
    depth: int = 0
    #: Of a type: whether it is in the rich text.
    in_body: bool = False


class StructIndex:
    """The structs that a document has, without their content."""

    def __init__(self) -> None:
        self._clocks: dict[int, int] = {}
        self._starts: dict[int, list[int]] = {}
        self._runs: dict[int, list[Run]] = {}
        self._deleted: dict[int, list[tuple[int, int]]] = {}
        self._roots: dict[str, str] = {BODY: "xml"}

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
                if not (known and _joined(known[-1], run)):
                    known.append(run)
                    starts.append(run.clock)
            self._clocks[client] = known[-1].clock + known[-1].length
        for client, clock, length in deletes:
            _add_range(self._deleted.setdefault(client, []), clock, clock + length)

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


_MAX_END = 2**53


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
            last.splits |= {last.length + offset for offset in run.splits}
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
