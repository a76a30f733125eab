"""What stretches of Yjs elements have become: a map from ids to ids, kept in ranges."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from collab.crdt.update import Id


class RangeMap:
    """Maps elements to elements; what stands in a row and is mapped in a row is one entry."""

    __slots__ = ("_ends", "_starts", "_to")

    def __init__(self) -> None:
        self._starts: dict[int, list[int]] = {}
        self._ends: dict[int, list[int]] = {}
        self._to: dict[int, list[Id]] = {}

    def get(self, unit: Id) -> Id | None:
        """Return what one element is mapped to."""
        client, clock = unit
        starts = self._starts.get(client)
        if not starts:
            return None
        place = bisect_right(starts, clock) - 1
        if place < 0 or self._ends[client][place] <= clock:
            return None
        other, at = self._to[client][place]
        return other, at + clock - starts[place]

    def room(self, unit: Id) -> int:
        """Return how many elements from one that is mapped on are mapped in a row with it."""
        client, clock = unit
        place = bisect_right(self._starts[client], clock) - 1
        return self._ends[client][place] - clock

    def parts(self, start: Id, length: int) -> Iterator[tuple[int, int, Id | None]]:
        """Yield, part by part: the clock, how many, what the first is mapped to (None: nothing)."""
        client, clock = start
        end = clock + length
        starts = self._starts.get(client, _NOTHING)
        ends, to = self._ends.get(client, _NOTHING), self._to.get(client, ())
        place = max(0, bisect_right(starts, clock) - 1)
        out: list[tuple[int, int, Id | None]] = []
        while clock < end:
            if place < len(starts) and ends[place] <= clock:
                place += 1
            elif place == len(starts) or starts[place] >= end:
                out.append((clock, end - clock, None))
                break
            elif starts[place] > clock:
                out.append((clock, starts[place] - clock, None))
                clock = starts[place]
            else:
                stop, (other, at) = min(end, ends[place]), to[place]
                out.append((clock, stop - clock, (other, at + clock - starts[place])))
                clock = stop
        # Not while it is walked: callers change the map between two parts.
        yield from out

    def put(self, start: Id, length: int, target: Id) -> None:
        """Map ``length`` elements, whatever they were mapped to before."""
        client, clock = start
        starts = self._starts.setdefault(client, [])
        ends, to = self._ends.setdefault(client, []), self._to.setdefault(client, [])
        end = clock + length
        first = bisect_right(starts, clock) - 1
        if first < 0 or ends[first] <= clock:
            first += 1
        last = first
        pieces: list[tuple[int, int, Id]] = []
        while last < len(starts) and starts[last] < end:
            other, at = to[last]
            if starts[last] < clock:
                pieces.append((starts[last], clock, to[last]))
            if ends[last] > end:
                pieces.append((end, ends[last], (other, at + end - starts[last])))
            last += 1
        pieces.append((clock, end, target))
        pieces.sort()
        starts[first:last] = [piece[0] for piece in pieces]
        ends[first:last] = [piece[1] for piece in pieces]
        to[first:last] = [piece[2] for piece in pieces]
        # Letters that are carried one by one, in a row, are one entry.
        self._join(client, first + len(pieces))
        for place in range(first + len(pieces) - 1, first - 1, -1):
            self._join(client, place)

    def _join(self, client: int, place: int) -> None:
        """Make the entry at ``place`` one with that before it, if it goes on where that ends."""
        starts, ends, to = self._starts[client], self._ends[client], self._to[client]
        if not 0 < place < len(starts) or ends[place - 1] != starts[place]:
            return
        other, at = to[place - 1]
        if to[place] == (other, at + starts[place] - starts[place - 1]):
            ends[place - 1] = ends[place]
            del starts[place], ends[place], to[place]

    def entries(self) -> Iterator[tuple[int, int, int, int, int]]:
        """Yield (client, clock, length, client, clock): all that is mapped."""
        for client, starts in self._starts.items():
            rows = zip(starts, self._ends[client], self._to[client], strict=True)
            for start, end, (other, at) in rows:
                yield client, start, end - start, other, at


_NOTHING: list[int] = []
