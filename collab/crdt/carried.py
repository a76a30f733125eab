"""Text that one edit took out of one block and put into another: it stays its writer's.

Yjs cannot move text. An editor that splits a paragraph, joins two, or makes one a heading deletes
text in one block and writes it anew in another, within one update; that is how it is found again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter

from collab.crdt.origins import Entry, Ranges
from collab.crdt.pairing import MIN_UNITS, Move, Side, matched, units_of
from collab.crdt.rescue_ids import is_rescuer
from collab.crdt.tracked import Element, Piece
from collab.crdt.update import Id


class Carried:
    """Answers what an element was before it was carried, and what it has become."""

    def __init__(self, moves: Iterable[Move] = ()) -> None:
        moves = list(moves)
        self._sources = _Index((move.target, move.length, move.source) for move in moves)
        self._targets = _Index((move.source, move.length, move.target) for move in moves)

    def sources(self, start: Id, length: int) -> Iterator[tuple[int, Id | None]]:
        """Yield, part by part, how long and where it was before; None: it was not."""
        return self._sources.parts(start, length)

    def targets(self, start: Id, length: int) -> Iterator[tuple[int, Id | None]]:
        """Yield, part by part, how long and what it has become; None: it was not carried."""
        return self._targets.parts(start, length)


class _Index:
    def __init__(self, entries: Iterable[tuple[Id, int, Id]]) -> None:
        by_client: dict[int, list[tuple[int, int, Id]]] = defaultdict(list)
        for (client, clock), length, other in entries:
            by_client[client].append((clock, length, other))
        self._by_client = {client: sorted(rows) for client, rows in by_client.items()}
        self._starts = {c: [row[0] for row in rows] for c, rows in self._by_client.items()}

    def parts(self, start: Id, length: int) -> Iterator[tuple[int, Id | None]]:
        client, clock = start
        rows, starts = self._by_client.get(client, []), self._starts.get(client, [])
        end = clock + length
        place = max(0, bisect_right(starts, clock) - 1)
        while clock < end:
            while place < len(rows) and rows[place][0] + rows[place][1] <= clock:
                place += 1
            if place == len(rows) or rows[place][0] >= end:
                yield end - clock, None
                return
            begin, size, (other, at) = rows[place]
            if begin > clock:
                yield begin - clock, None
                clock = begin
            stop = min(end, begin + size)
            yield stop - clock, (other, at + clock - begin)
            clock = stop


def carried_text(root: Element, inserted: Ranges, deleted: Ranges) -> Carried:
    """Return what was carried from block to block in a document that keeps deleted text.

    Args:
        root: the document.
        inserted: which record brought each element.
        deleted: which record deleted each element.
    """
    # Most records of most documents bring one letter or take one: only those that did both count.
    both = inserted.records() & deleted.records()
    places = _Places(root)
    if not both or places.block_count <= 1:
        return Carried()
    went = places.sides(deleted.of_records(both), only_deleted=True)
    came = places.sides(inserted.of_records(went.keys()), only_deleted=False)
    moves: list[Move] = []
    for seq in came.keys() & went.keys():
        brought = list(came[seq].values())
        least = MIN_UNITS
        if is_rescuer(brought[0].ids[0][0]):
            # It writes nothing but what was there: a single letter is no chance, nor one that goes
            # from text to text of one block.
            least = 1
            brought = [Side(-1 - side.block, side.ids, side.units) for side in brought]
        moves += matched(brought, list(went[seq].values()), least=least)
    return Carried(moves)


def _elements(root: Element) -> Iterator[Element]:
    waiting = [root]
    while waiting:
        element = waiting.pop()
        yield element
        waiting += [child for child in element.children if isinstance(child, Element)]


class _Places:
    """Finds the text of a document by its ids: in which block it is, and where in the order."""

    def __init__(self, root: Element) -> None:
        self.block_count = 0
        by_client: dict[int, list[tuple[int, int, int, Piece]]] = defaultdict(list)
        order = 0
        for block, element in enumerate(_elements(root)):
            pieces = [child for child in element.children if isinstance(child, Piece)]
            self.block_count += bool(pieces)
            for piece in pieces:
                client, clock = piece.id
                by_client[client].append((clock, order, block, piece))
                order += 1
        self._by_client = {client: sorted(rows) for client, rows in by_client.items()}
        self._starts = {c: [row[0] for row in rows] for c, rows in self._by_client.items()}

    def sides(self, entries: Iterable[Entry], *, only_deleted: bool) -> dict[int, dict[int, Side]]:
        """Return, record by record and block by block, the text of ``entries``, in its order."""
        found: list[tuple[int, int, int, int, int, Piece]] = []
        for client, clock, length, seq in entries:
            rows, starts = self._by_client.get(client, []), self._starts.get(client, [])
            end = clock + length
            place = max(0, bisect_right(starts, clock) - 1)
            while place < len(rows) and rows[place][0] < end:
                begin, order, block, piece = rows[place]
                place += 1
                low, high = max(begin, clock), min(begin + piece.length, end)
                if low < high and (piece.is_deleted or not only_deleted):
                    found.append((order, low, high, seq, block, piece))
        found.sort(key=itemgetter(0, 1))
        sides: dict[int, dict[int, Side]] = defaultdict(dict)
        last: Piece | None = None
        said: array[int] = array("i")
        for _order, low, high, seq, block, piece in found:
            if piece is not last:
                # Once for all of its parts: there can be as many as letters.
                last, said = piece, units_of(piece.text)
            client, clock = piece.id
            side = sides[seq].setdefault(block, Side(block))
            side.add((client, low), said[low - clock : high - clock])
        return sides
