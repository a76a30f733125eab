"""Which of the text that one edit wrote is text that the same edit deleted elsewhere."""

from __future__ import annotations

from array import array
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from collab.crdt.update import Id
from collab.richtext.alignment import common

#: Fewer equal units are chance, unless they are all that was put in or all that was taken out.
MIN_UNITS = 4
#: Blocks of one edit that are compared each with each; of more, only equal ones and long rows.
MAX_PAIRS = 100
#: Units of one block times units of another, summed up over an edit: 60 million take 15 ms.
MAX_CELLS = 400_000_000
#: Units in the gaps of a row, for each pair in it.
MAX_WIDTH = 3
#: Equal units that begin a row where there is too much to compare each with each.
SEED = 8
#: Units from this number to twice of it are nodes, and no letters.
NODE = 1 << 20
#: What is matched matches nothing any more. No unit of a text is as large; rapidfuzz takes no
#: negative ones.
_SPENT_NEW, _SPENT_OLD = 0x7FFFFFFF, 0x7FFFFFFE


@dataclass(frozen=True, slots=True)
class Move:
    """Elements in a row, and those in a row that they were before."""

    target: Id
    source: Id
    length: int


@dataclass(slots=True)
class Side:
    """What one edit put into a block, or took out of it, in the block's order."""

    block: int
    ids: list[Id] = field(default_factory=list)
    units: array[int] = field(default_factory=lambda: array("i"))

    def add(self, start: Id, said: Sequence[int]) -> None:
        """Put elements of consecutive ids behind those that are there."""
        client, clock = start
        self.ids += [(client, clock + place) for place in range(len(said))]
        self.units.extend(said)

    @property
    def is_spent(self) -> bool:
        """Whether all of it is matched."""
        return all(unit >= _SPENT_OLD for unit in self.units)

    def as_written(self) -> Side:
        """Return what is not matched yet, in the order in which its writer wrote it."""
        order = [n for n in range(len(self.ids)) if self.units[n] < _SPENT_OLD]
        order.sort(key=self.ids.__getitem__)
        units = array("i", (self.units[n] for n in order))
        return Side(self.block, [self.ids[n] for n in order], units)


def spend(sides: Iterable[Side], others: Iterable[Side]) -> None:
    """Note as matched, in some sides, what is matched in others that have the same elements."""
    spent = {
        each: unit
        for other in others
        for each, unit in zip(other.ids, other.units, strict=True)
        if unit >= _SPENT_OLD
    }
    for side in sides:
        for place, each in enumerate(side.ids):
            side.units[place] = spent.get(each, side.units[place])


def units_of(text: str) -> array[int]:
    """Return the UTF-16 units of a text."""
    return array("i", array("H", text.encode("utf-16-le", "surrogatepass")))


def matched(
    came: list[Side], went: list[Side], *, least: int = MIN_UNITS, passing: int = 0
) -> Iterator[Move]:
    """Pair what one record brought with what it took from other blocks.

    Args:
        came: what it brought, block by block, in the order of the document.
        went: what it took.
        least: equal units that are no chance.
        passing: elements that it brought and took itself, so that it is more than one edit.
    """
    by_units: dict[bytes, deque[Side]] = defaultdict(deque)
    for old in went:
        by_units[old.units.tobytes()].append(old)
    for new in came:
        equals = by_units.get(new.units.tobytes())
        same = _other_than(new, equals) if equals else None
        if same is not None:
            yield from _moves(new, same, [(n, n) for n in range(len(new.ids))], least, 0)
    came = [side for side in came if not side.is_spent]
    went = [side for side in went if not side.is_spent]
    cells = sum(len(new.ids) for new in came) * sum(len(old.ids) for old in went)
    if len(came) * len(went) > MAX_PAIRS or cells > MAX_CELLS:
        yield from _seeded(came, went)
        return
    for new in came:
        written = new.as_written()
        # What was carried was written in a row, whatever its writer has put between since then.
        # What was put before it, later, is carried text out of its order.
        for side in (written, new) if written.ids != new.ids else (new,):
            if side is new:
                spend([new], [written])
            for old in went:
                if side.block != old.block and not side.is_spent and not old.is_spent:
                    yield from _moves(side, old, common(side.units, old.units), least, passing)


def _other_than(new: Side, equals: deque[Side]) -> Side | None:
    """Take the first of another block out of ``equals``; an edit has one side a block."""
    for place in range(min(2, len(equals))):
        if equals[place].block != new.block:
            same = equals[place]
            del equals[place]
            return same
    return None


def _moves(
    new: Side, old: Side, pairs: list[tuple[int, int]], least: int, passing: int
) -> Iterator[Move]:
    """Yield the pairs in a row as moves; what is matched is spent, on both sides."""
    if not pairs:
        return
    gaps = [_gap(new, old, *both) for both in pairwise(pairs)]
    start = 0
    while start < len(pairs):
        end = _end_of_row(gaps, start, passing)
        if end - start >= min(least, len(new.ids), len(old.ids)):
            yield from _spent(new, old, pairs[start:end])
        start = end


def _end_of_row(gaps: list[int | None], start: int, passing: int) -> int:
    """Return where a row of pairs ends: it has no more units in its gaps than pairs.

    What was typed in one edit, and carried in the next of the same record, may be more.
    """
    end, width, tried = start + 1, 0, 0
    for place in range(start, len(gaps)):
        gap = gaps[place]
        if gap is None:
            break
        width += gap
        pairs = place + 2 - start
        if width <= max(pairs, min(passing, MAX_WIDTH * pairs)):
            end, tried = place + 2, 0
        elif (tried := tried + 1) > MIN_UNITS:
            break
    return end


def _gap(new: Side, old: Side, last: tuple[int, int], pair: tuple[int, int]) -> int | None:
    """Return how many units stand between two pairs; None: on both sides, so they are no row.

    On one side, something was typed into what was carried, or erased in it, within the same record.
    Nodes do not count: a code block has none of the breaks of a paragraph.
    """
    one = _letters(new.units[last[0] + 1 : pair[0]])
    other = _letters(old.units[last[1] + 1 : pair[1]])
    return None if one and other else one + other


def _letters(units: array[int]) -> int:
    return sum(not NODE <= unit < 2 * NODE for unit in units)


def _spent(new: Side, old: Side, row: list[tuple[int, int]]) -> Iterator[Move]:
    yield from _cut([(new.ids[one], old.ids[other]) for one, other in row])
    for one, other in row:
        new.units[one], old.units[other] = _SPENT_NEW, _SPENT_OLD


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


def _seeded(came: list[Side], went: list[Side]) -> Iterator[Move]:
    """Find equal rows by their first units: in time linear in what there is."""
    width = SEED * array("i").itemsize
    found: dict[bytes, deque[tuple[Side, int]]] = defaultdict(deque)
    for old in went:
        said = old.units.tobytes()
        for at in range(len(old.ids) - SEED + 1):
            found[said[at * width // SEED : at * width // SEED + width]].append((old, at))
    for new in came:
        said, at = new.units.tobytes(), 0
        while at <= len(new.ids) - SEED:
            places = found.get(said[at * width // SEED : at * width // SEED + width])
            place = _unspent(new, places) if places else None
            if place is None:
                at += 1
                continue
            old, there = place
            length = SEED
            while (
                at + length < len(new.ids)
                and there + length < len(old.ids)
                and new.units[at + length] == old.units[there + length]
            ):
                length += 1
            yield from _spent(new, old, [(at + n, there + n) for n in range(length)])
            at += length


def _unspent(new: Side, places: deque[tuple[Side, int]]) -> tuple[Side, int] | None:
    """Return the first place that is still as it was; those before it are let go."""
    while places:
        old, at = places.popleft()
        if old.block != new.block and _SPENT_OLD not in old.units[at : at + SEED]:
            return old, at
    return None
