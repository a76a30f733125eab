"""Two documents of one lineage: a draft and its origin hold the same Yjs items under the same ids.

So merging one into the other is giving it what it lacks, as to a replica that was offline; and what
each has changed since they last agreed can be told from the ids alone. See docs/drafts.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from collab.crdt.contents import Content, read_contents, utf16_split
from collab.crdt.doc import LiveDoc
from collab.crdt.order import Item, Order
from collab.crdt.origins import Ranges
from collab.crdt.tracked import Element, tree_of
from collab.crdt.update import (
    ANY,
    STRING,
    TYPE,
    XML_ELEMENT,
    XML_TEXT,
    Id,
    decode_update,
    iter_structs,
)
from collab.lib0 import Reader, uint
from collab.richtext.schema import INLINE
from collab.types import Update

#: (client, clock, length)
Deletes = Sequence[tuple[int, int, int]]
Side = Literal[0, 1]
SIDES: tuple[Side, Side] = (0, 1)


# -- what one lacks of the other -----------------------------------------------------------------


def missing_update(source: Update, target: Update) -> Update | None:
    """Return what a document in the state ``target`` lacks of ``source``; None: nothing.

    Deletes that the target knows are left out: a record says only what it brings.

    Raises:
        CrdtFailure: a state cannot be loaded.
        UpdateError: a state is none that the gate has let in.
    """
    there = LiveDoc.load([target])
    here = LiveDoc.load([source])
    try:
        update = here.diff(there.state_vector())
    finally:
        there.close()
        here.close()
    decoded = decode_update(update)
    fresh = list(minus(decoded.deletes, decode_update(target).deletes))
    if not decoded.structs and not fresh:
        return None
    reader = Reader(update)
    for _ in iter_structs(reader):
        pass
    return Update(update[: len(update) - reader.left] + encoded_deletes(fresh))


def minus(some: Deletes, others: Deletes) -> Iterator[tuple[int, int, int]]:
    """Yield what is in ``some`` and not in ``others``."""
    known = _ranges(others)
    for client, clock, length in some:
        place, end = clock, clock + length
        while place < end:
            found = known.find(client, place)
            if found is not None:
                place = found[1]
                continue
            stop = min(known.next_start(client, place) or end, end)
            yield client, place, stop - place
            place = stop


def deletion_of_ranges(deletes: Deletes) -> Update:
    """Return the update that deletes ranges of elements and does nothing else."""
    return Update(uint(0) + encoded_deletes(deletes))


def encoded_deletes(deletes: Deletes) -> bytes:
    """Return a delete set as it stands in an update."""
    by_client: dict[int, list[tuple[int, int]]] = {}
    for client, clock, length in sorted(deletes):
        by_client.setdefault(client, []).append((clock, length))
    parts = [uint(len(by_client))]
    for client, ranges in by_client.items():
        parts += [uint(client), uint(len(ranges))]
        parts += [uint(clock) + uint(length) for clock, length in ranges]
    return b"".join(parts)


def _ranges(deletes: Iterable[tuple[int, int, int]]) -> Ranges:
    return Ranges((client, clock, length, 0) for client, clock, length in deletes)


# -- what both have changed ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conflict:
    """A block that both sides have changed since they last agreed."""

    id: Id
    #: The side that has deleted it, while the other wrote in it; None: both wrote.
    gone_in: Side | None

    @property
    def name(self) -> str:
        """What it is called outside: the id as text."""
        return f"{self.id[0]}-{self.id[1]}"


@dataclass(frozen=True, slots=True)
class Divergence:
    """What two documents of one lineage have made of what they had in common."""

    #: In the order of the document.
    conflicts: tuple[Conflict, ...]
    #: The document as both know it: what each has added left out, what only one deleted in it.
    base: Element


def divergence(one: Update, other: Update, merged: Update) -> Divergence:
    """Compare two documents of one lineage.

    Args:
        one: state of side 0, deleted text kept.
        other: state of side 1, deleted text kept.
        merged: state of both merged, deleted text kept.

    Raises:
        UpdateError: a state is none that the gate has let in.
    """
    contents, deletes = read_contents(merged)
    known = (_known(one), _known(other))
    walk = _Walk(Order(contents, deletes), known)
    conflicts = tuple(walk.below("default", (False, False)))
    both = list(_common_deletes(known))
    common = [part for each in contents if (part := _common(each, known))]
    return Divergence(conflicts, tree_of(Order(common, both)))


@dataclass(frozen=True, slots=True)
class _Known:
    """What one side has: the next clock of each client, and all that is deleted there."""

    clocks: dict[int, int]
    deletes: Deletes
    deleted: Ranges


def _known(state: Update) -> _Known:
    decoded = decode_update(state)
    clocks: dict[int, int] = {}
    for struct in decoded.structs:
        end = struct.clock + struct.length
        clocks[struct.client] = max(clocks.get(struct.client, 0), end)
    return _Known(clocks, decoded.deletes, _ranges(decoded.deletes))


def _common(content: Content, known: tuple[_Known, _Known]) -> Content | None:
    """Return the part of a struct that both sides have; None: they have none of it."""
    end = min(side.clocks.get(content.client, 0) for side in known)
    length = min(content.length, end - content.clock)
    if length <= 0:
        return None
    if length == content.length:
        return content
    value = content.value
    if content.ref == STRING:
        value = utf16_split(value, length)[0]
    elif content.ref == ANY:
        value = value[:length]
    return replace(content, length=length, value=value)


def _common_deletes(known: tuple[_Known, _Known]) -> Iterator[tuple[int, int, int]]:
    """Yield what both sides have deleted."""
    only_here = list(minus(known[0].deletes, known[1].deletes))
    yield from minus(known[0].deletes, only_here)


class _Walk:
    """Goes through the merged document and finds the blocks that both sides have touched."""

    def __init__(self, order: Order, known: tuple[_Known, _Known]) -> None:
        self._order = order
        self._known = known
        self._only = tuple(
            _ranges(minus(known[side].deletes, known[1 - side].deletes)) for side in SIDES
        )

    def below(self, parent: str | Id, gone: tuple[bool, bool]) -> Iterator[Conflict]:
        """Yield the conflicts in the elements below ``parent``, which a side may have deleted."""
        for item in self._order.list_of(parent):
            if item.ref != TYPE or item.value[0] != XML_ELEMENT or self._is_new(item):
                continue
            if all(side.deleted.find(item.client, item.clock) for side in self._known):
                continue  # they agree, and what was ever deleted can be more than what is there
            here = tuple(gone[side] or self._went(item, side) for side in SIDES)
            if item.value[1] not in INLINE:
                yield from self._conflict(item, here)
                yield from self.below(item.id, (here[0], here[1]))

    def _conflict(self, item: Item, gone: tuple[bool, ...]) -> Iterator[Conflict]:
        for side in SIDES:
            if gone[side]:
                if not gone[1 - side] and self._changed(item, 1 - side, with_blocks=True):
                    yield Conflict(item.id, side)
                return
        if all(self._changed(item, side, with_blocks=False) for side in SIDES):
            yield Conflict(item.id, None)

    def _changed(self, element: Item, side: int, *, with_blocks: bool) -> bool:
        """Return whether a side has changed the text or the attributes of an element.

        Blocks in it are elements of their own; new ones count where it is asked for.
        """
        if any(self._touched(each, side) for each in self._order.entries_of(element.id)):
            return True
        for child in self._order.list_of(element.id):
            is_text = child.ref == TYPE and child.value[0] == XML_TEXT
            is_block = child.ref == TYPE and not is_text and child.value[1] not in INLINE
            if is_text:
                if any(self._touched(each, side) for each in self._order.list_of(child.id)):
                    return True
            elif is_block:
                if with_blocks and self._came(child, side):
                    return True
            elif self._touched(child, side):
                return True
        return False

    def _touched(self, item: Item, side: int) -> bool:
        return self._came(item, side) or self._went(item, side)

    def _is_new(self, item: Item) -> bool:
        return any(item.clock >= side.clocks.get(item.client, 0) for side in self._known)

    def _came(self, item: Item, side: int) -> bool:
        """Return whether the side has put in some of the item, and it is still there."""
        end = min(item.clock + item.length, self._known[side].clocks.get(item.client, 0))
        place = max(item.clock, self._known[1 - side].clocks.get(item.client, 0))
        while place < end:
            found = self._known[side].deleted.find(item.client, place)
            if found is None:
                return True
            place = found[1]
        return False

    def _went(self, item: Item, side: int) -> bool:
        """Return whether the side alone has deleted some of what both had of the item."""
        ends = [known.clocks.get(item.client, 0) for known in self._known]
        end = min(item.clock + item.length, *ends)
        if item.clock >= end:
            return False
        only = self._only[side]
        if only.find(item.client, item.clock) is not None:
            return True
        start = only.next_start(item.client, item.clock)
        return start is not None and start < end
