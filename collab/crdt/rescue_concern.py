"""Whether a record could lose, double or strand words: asked before it is admitted.

The answer costs in proportion to the record and to the blocks out of which it takes something. True
means that ``rescue.Rescuer`` is to be asked, which knows; it also knows where False was wrong, so
that the rescue is late then, and nothing is lost.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from collab.crdt.gate import Accepted
from collab.crdt.index import Run, StructIndex
from collab.crdt.rescue_ids import is_rescuer
from collab.crdt.update import EMBED, FORMAT, GC, STRING, TYPE, DecodedUpdate, Id

#: An update that deletes more types is looked into, whatever is in them: 2 µs for each.
MAX_DYING = 2000
_WORDS = frozenset({STRING, EMBED, TYPE})


def concern(
    decoded: DecodedUpdate,
    verdict: Accepted,
    structs: StructIndex,
    *,
    seen: Mapping[int, int] | None = None,
    undo: bool | None = None,
) -> bool:
    """Return whether the law has to be asked about a record.

    It can be so for one that brings nothing: what it deletes is dead, and may have been carried.

    Args:
        decoded: the record.
        verdict: the gate's, which has not admitted it yet.
        structs: what the document has.
        seen: the sender's state vector, where the record has all that its replica saw deleted.
        undo: whether it is an undo or a redo; None: not said.
    """
    dead = structs.dead
    for fresh in verdict.runs.values():
        for run in fresh:
            parent = run.parent
            if parent in dead or (parent is None and run.ref != GC):
                return True
    for struct in decoded.structs:
        right = struct.right_origin
        # Who types goes past what is dead, so that the next on the right lives: here it died since.
        if right is not None and struct.ref == STRING and structs.is_deleted(*right, 1):
            return True
    if not verdict.deletes:
        return False
    deletes = verdict.deletes
    if seen is not None and not verdict.runs and _has_all(seen, structs):
        deletes = tuple(each for each in deletes if not structs.is_deleted(*each))
    return _Deletes(structs, verdict.runs, deletes).concern(undo)


def _has_all(seen: Mapping[int, int], structs: StructIndex) -> bool:
    """Return whether a replica has all that we have: it knows of every death that it tells of."""
    return all(seen.get(client, 0) >= clock for client, clock in structs.clocks.items())


class _Deletes:
    """What a record deletes."""

    def __init__(
        self,
        index: StructIndex,
        runs: Mapping[int, Sequence[Run]],
        deletes: Sequence[tuple[int, int, int]],
    ) -> None:
        self._index = index
        self._runs = runs
        self._deletes = deletes
        self._starts: dict[int, list[int]] = {}
        self._ends: dict[int, list[int]] = {}
        for client, clock, length in sorted(deletes):
            self._starts.setdefault(client, []).append(clock)
            self._ends.setdefault(client, []).append(clock + length)

    def concern(self, undo: bool | None) -> bool:
        dying: list[Id] = []
        touched: set[str | Id | None] = set()
        for client, clock, length in self._deletes:
            end = clock + length
            if self._index.has_deleted(client, clock, length):
                return True  # somebody else has deleted it, or it died with something
            for run in self._index.runs_in(client, clock, end):
                if run.ref == TYPE:
                    dying.append((client, run.clock))
                    if len(dying) > MAX_DYING:
                        return True  # asked on the event loop: the look beside it knows
                elif run.ref == STRING:
                    touched.add(run.parent)
                    if undo is None and is_rescuer(client):
                        return True
        if dying and undo:
            return True
        if any(self._loses(each) for each in dying):
            return True
        # Letters go after others only where those were carried, and not just deleted.
        written = {run.parent for fresh in self._runs.values() for run in fresh if _is_text(run)}
        dead = set(dying)
        return any(
            self._strands(text)
            for text in touched
            if isinstance(text, tuple) and text not in dead and written - {text}
        )

    def _loses(self, dying: Id) -> bool:
        """Return whether a type that dies holds what is not listed: others wrote it unseen."""
        return any(
            run.ref in _WORDS
            and run.key is None
            and next(self._spared(client, run.clock, run.clock + run.length), None) is not None
            for client, run in self._index.children(dying)
        )

    def _spared(self, client: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield what of a range lives, and goes on to."""
        starts, ends = self._starts.get(client, []), self._ends.get(client, [])
        deleted_around = self._index.deleted_around
        while start < end:
            until, stop = deleted_around(client, start)
            place = bisect_right(starts, start)
            if place and ends[place - 1] > until:
                until = ends[place - 1]
            if until > start:
                start = until
                continue
            if place < len(starts) and starts[place] < stop:
                stop = starts[place]
            if end < stop:
                stop = end
            yield start, stop
            start = stop

    def _strands(self, text: Id) -> bool:
        """Return whether living letters stand behind letters that are carried out of a text."""
        for client, run in self._index.children(text):
            if run.ref != STRING:
                continue
            for start, end in self._spared(client, run.clock, run.clock + run.length):
                begins = self._index.pieces.starts_in(client, start + 1, end)
                if any(self._is_behind_listed(client, each) for each in (start, *begins)):
                    return True
        return False

    def _is_behind_listed(self, client: int, clock: int) -> bool:
        """Return whether what a letter was written behind is listed, or died behind such."""
        while True:
            begin, origin = self._index.pieces.before(client, clock)
            if clock > begin:
                origin = (client, clock - 1)
            if origin is None:
                return False
            client, clock = origin
            place = bisect_right(self._starts.get(client, []), clock) - 1
            if place >= 0 and self._ends[client][place] > clock:
                return True
            run = self._index.find(origin)
            if run is None or run.ref not in (STRING, FORMAT):
                return False
            if run.ref == FORMAT:
                continue
            if not self._index.is_deleted(client, clock, 1):
                return False
            # It died before: what stood left of it stands left of the letter now.
            clock = max(self._index.deleted_since(client, clock), self._piece_of(client, clock))

    def _piece_of(self, client: int, clock: int) -> int:
        return self._index.pieces.before(client, clock)[0]


def _is_text(run: Run) -> bool:
    return run.ref == STRING
