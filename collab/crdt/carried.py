"""Text that one edit took out of one block and put into another: it stays its writer's.

Yjs cannot move text. An editor that splits a paragraph, joins two, or makes one a heading deletes
text in one block and writes it anew in another, within one update; that is how it is found again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from collab.crdt.origins import Ranges
from collab.crdt.tracked import Element, Piece
from collab.crdt.update import Id
from collab.richtext.alignment import common

#: Fewer equal units are chance, unless they are all that was put in or all that was taken out.
MIN_UNITS = 4
#: Blocks of one edit that are compared each with each; of more, only equal ones are found.
MAX_PAIRS = 100


@dataclass(frozen=True, slots=True)
class Move:
    """Elements in a row, and those in a row that they were before."""

    target: Id
    source: Id
    length: int


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


@dataclass(slots=True)
class _Side:
    """What one edit put into a block, or took out of it, in the block's order."""

    block: int
    ids: list[Id] = field(default_factory=list)
    units: array[int] = field(default_factory=lambda: array("i"))

    def add(self, start: Id, said: array[int]) -> None:
        client, clock = start
        self.ids += [(client, clock + place) for place in range(len(said))]
        self.units.extend(said)

    @property
    def is_spent(self) -> bool:
        return all(unit < 0 for unit in self.units)


def carried_text(root: Element, inserted: Ranges, deleted: Ranges) -> Carried:
    """Return what was carried from block to block in a document that keeps deleted text.

    Args:
        root: the document.
        inserted: which record brought each element.
        deleted: which record deleted each element.
    """
    blocks = [
        (number, [child for child in block.children if isinstance(child, Piece)])
        for number, block in enumerate(_elements(root))
    ]
    blocks = [each for each in blocks if each[1]]
    if len(blocks) <= 1:
        return Carried()
    gone = [(number, [each for each in pieces if each.is_deleted]) for number, pieces in blocks]
    went = _sides(gone, deleted, None)
    came = _sides(blocks, inserted, went.keys())
    moves: list[Move] = []
    for seq in came.keys() & went.keys():
        moves += _matched(list(came[seq].values()), list(went[seq].values()))
    return Carried(moves)


def _elements(root: Element) -> Iterator[Element]:
    waiting = [root]
    while waiting:
        element = waiting.pop()
        yield element
        waiting += [child for child in element.children if isinstance(child, Element)]


def _sides(
    blocks: list[tuple[int, list[Piece]]], ranges: Ranges, records: Collection[int] | None
) -> dict[int, dict[int, _Side]]:
    """Return what each record brought, or deleted, block by block; of ``records`` where given."""
    found: dict[int, dict[int, _Side]] = defaultdict(dict)
    for number, pieces in blocks:
        for piece in pieces:
            said = array("H", piece.text.encode("utf-16-le", "surrogatepass"))
            client, clock = piece.id
            end = clock + piece.length
            while clock < end:
                known = ranges.find(client, clock)
                stop = known[1] if known else ranges.next_start(client, clock) or end
                stop = min(stop, end)
                if known and (records is None or known[0] in records):
                    side = found[known[0]].setdefault(number, _Side(number))
                    at = clock - piece.id[1]
                    side.add((client, clock), array("i", said[at : at + stop - clock]))
                clock = stop
    return found


def _matched(came: list[_Side], went: list[_Side]) -> Iterator[Move]:
    """Pair what one record brought with what it took from other blocks."""
    by_units: dict[bytes, list[_Side]] = defaultdict(list)
    for old in reversed(went):
        by_units[old.units.tobytes()].append(old)
    for new in came:
        equals = by_units.get(new.units.tobytes(), [])
        same = next((old for old in reversed(equals) if old.block != new.block), None)
        if same is not None:
            equals.remove(same)
            yield from _moves(new, same, [(place, place) for place in range(len(new.ids))])
    if len(came) * len(went) > MAX_PAIRS:
        return
    for new in came:
        for old in went:
            if new.block != old.block and not new.is_spent and not old.is_spent:
                yield from _moves(new, old, common(new.units, old.units))


def _moves(new: _Side, old: _Side, pairs: list[tuple[int, int]]) -> Iterator[Move]:
    """Yield the pairs in a row as moves; what is matched is spent, on both sides."""
    start = 0
    for place in range(1, len(pairs) + 1):
        if place < len(pairs) and pairs[place] == (
            pairs[place - 1][0] + 1,
            pairs[place - 1][1] + 1,
        ):
            continue
        row, start = pairs[start:place], place
        if len(row) >= min(MIN_UNITS, len(new.ids), len(old.ids)):
            yield from _cut([(new.ids[one], old.ids[other]) for one, other in row])
            for one, other in row:
                # No unit is below zero: neither matches anything any more.
                new.units[one], old.units[other] = -1, -2


def _cut(pairs: list[tuple[Id, Id]]) -> Iterator[Move]:
    """Yield moves of consecutive ids on both sides."""
    start = 0
    for place in range(1, len(pairs) + 1):
        if place < len(pairs):
            (one, at), (other, there) = pairs[place - 1]
            if pairs[place] == ((one, at + 1), (other, there + 1)):
                continue
        yield Move(*pairs[start], place - start)
        start = place
