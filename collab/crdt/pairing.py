"""Which of the text that one edit wrote is text that the same edit deleted elsewhere."""

from __future__ import annotations

from array import array
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from collab.crdt.update import Id
from collab.richtext.alignment import common

#: Fewer equal units are chance, unless they are all that was put in or all that was taken out.
MIN_UNITS = 4
#: Blocks of one edit that are compared each with each; of more, only equal ones and long rows.
MAX_PAIRS = 100
#: Units of one block times units of another, summed up over an edit: 60 million take 15 ms.
MAX_CELLS = 400_000_000
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


def units_of(text: str) -> array[int]:
    """Return the UTF-16 units of a text."""
    return array("i", array("H", text.encode("utf-16-le", "surrogatepass")))


def matched(came: list[Side], went: list[Side], *, least: int = MIN_UNITS) -> Iterator[Move]:
    """Pair what one record brought with what it took from other blocks.

    Args:
        came: what it brought, block by block, in the order of the document.
        went: what it took.
        least: equal units that are no chance.
    """
    by_units: dict[bytes, deque[Side]] = defaultdict(deque)
    for old in went:
        by_units[old.units.tobytes()].append(old)
    for new in came:
        equals = by_units.get(new.units.tobytes())
        same = _other_than(new, equals) if equals else None
        if same is not None:
            yield from _moves(new, same, [(n, n) for n in range(len(new.ids))], least)
    came = [side for side in came if not side.is_spent]
    went = [side for side in went if not side.is_spent]
    cells = sum(len(new.ids) for new in came) * sum(len(old.ids) for old in went)
    if len(came) * len(went) > MAX_PAIRS or cells > MAX_CELLS:
        yield from _seeded(came, went)
        return
    for new in came:
        for old in went:
            if new.block != old.block and not new.is_spent and not old.is_spent:
                yield from _moves(new, old, common(new.units, old.units), least)


def _other_than(new: Side, equals: deque[Side]) -> Side | None:
    """Take the first of another block out of ``equals``; an edit has one side a block."""
    for place in range(min(2, len(equals))):
        if equals[place].block != new.block:
            same = equals[place]
            del equals[place]
            return same
    return None


def _moves(new: Side, old: Side, pairs: list[tuple[int, int]], least: int) -> Iterator[Move]:
    """Yield the pairs in a row as moves; what is matched is spent, on both sides."""
    start = 0
    for place in range(1, len(pairs) + 1):
        if place < len(pairs) and _goes_on(new, old, pairs[place - 1], pairs[place]):
            continue
        row, start = pairs[start:place], place
        if len(row) >= min(least, len(new.ids), len(old.ids)):
            yield from _spent(new, old, row)


def _goes_on(new: Side, old: Side, last: tuple[int, int], pair: tuple[int, int]) -> bool:
    """Return whether a pair follows another: a code block has none of the breaks of a paragraph."""
    skipped = (*new.units[last[0] + 1 : pair[0]], *old.units[last[1] + 1 : pair[1]])
    return all(NODE <= unit < 2 * NODE for unit in skipped)


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
