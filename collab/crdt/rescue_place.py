"""Where a block goes whose place was deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from collab.crdt.rescue_fit import (
    CELLS,
    ITEMS,
    LEAVES,
    TEXT_BLOCKS,
    fitting,
    is_element,
    wrapper,
)
from collab.crdt.rescue_items import Item, Items
from collab.crdt.rescue_view import View
from collab.crdt.update import Id

#: Neighbours of a dead block that are asked where they have gone, on either side.
MAX_NEIGHBOURS = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A place for a block."""

    #: As what it may stand there.
    name: str
    #: What it stands behind; None: it is the first in ``parent``.
    left: Item | None
    parent: str | Id | None
    #: An element that has to be put around it.
    wrap: str | None = None


class Placer:
    """Finds places.

    Args:
        view: the document.
        instead: of dead blocks, those that took their places.
    """

    def __init__(self, view: View, instead: dict[Id, Id]) -> None:
        self._view = view
        self._items: Items = view.items
        self._instead = instead

    def replacement(self, element: Item) -> Item | None:
        """Return the living block that took the place of a dead one."""
        # Each step is one restyle of a block without letters; there is no circle in it.
        found = self._instead.get(element.id)
        while found is not None:
            item = self._items.find(found)
            if self._view.is_alive(item):
                return item
            found = self._instead.get(found)
        return None

    def place(self, block: Item, *, as_paragraph: bool = False) -> Place | None:
        """Return where a dead block goes; None: such a block may stand nowhere there.

        Args:
            block: the dead block.
            as_paragraph: whether it may become one.
        """
        name = block.name
        if as_paragraph and name not in TEXT_BLOCKS - {"detailsSummary"}:
            name = "paragraph"
        element = block
        while True:
            found = self._beside_others(element, name)
            if found is not None:
                return found
            if not self._view.is_dead(element.parent):
                return self._at(element, block, name)
            if not isinstance(element.parent, tuple):
                return None
            element = self._items.find(element.parent)

    # -- beside what the neighbours have become --------------------------------------------------

    def _beside_others(self, element: Item, name: str) -> Place | None:
        death = self._death(element)
        for is_left in (True, False):
            for count, other in enumerate(self._siblings(element, is_left=is_left)):
                if count == MAX_NEIGHBOURS or self._view.is_alive(other):
                    break
                near = self._near(other, is_left=is_left) if self._death(other) == death else None
                found = self._fitting_beside(near, name, after=is_left) if near else None
                if found is not None:
                    return found
        return None

    def _siblings(self, element: Item, *, is_left: bool) -> Iterator[Item]:
        if is_left:
            yield from self._items.back_from(self._items.before(element))
            return
        item = element.right
        while item is not None:
            yield item
            item = item.right

    def _death(self, item: Item) -> int:
        """Return the record that deleted an element, or the nearest around it that is deleted."""
        if item.by:
            return item.by
        return next((each.by for each in self._view.above(item.parent) if each.by), 0)

    def _near(self, other: Item, *, is_left: bool) -> Item | None:
        """Return the block in which the last (first) letters of a dead element now stand."""
        if not is_element(other):
            return None
        replaced = self.replacement(other)
        if replaced is not None:
            return replaced
        for count, unit in enumerate(self._units(other, is_last=is_left)):
            if count == MAX_NEIGHBOURS:
                break
            live = self._view.live(unit)
            if live is not None:
                return self._block_of(self._items.find(live))
        return None

    def _units(self, element: Item, *, is_last: bool) -> Iterator[Id]:
        """Yield an end of each row of letters in and below a dead element."""
        units = list(self._view.units_in(element.id))
        for item in reversed(units) if is_last else units:
            if not (item.by and self._view.targets.get(item.id) is None):
                yield item.last if is_last else item.id
        children = [each for each in self._items.list_of(element.id) if is_element(each)]
        for child in reversed(children) if is_last else children:
            if not self._view.is_node(child):
                yield from self._units(child, is_last=is_last)

    def _block_of(self, unit: Item) -> Item:
        line = self._view.line_of(unit)
        return self._items.find(line) if line is not None else unit

    def _fitting_beside(self, near: Item, name: str, *, after: bool) -> Place | None:
        for level in (near, *self._view.above(near.parent)):
            container = self.name_of(level.parent)
            fit = fitting(name, container)
            if fit is None:
                continue
            before = self._items.before(level)
            if not after and not (container in ITEMS and before is None and fit != "paragraph"):
                return Place(fit, before, level.parent)
            return Place(fit, level, level.parent)
        return None

    # -- where it was ----------------------------------------------------------------------------

    def _at(self, element: Item, block: Item, name: str) -> Place | None:
        """Return the place of ``element``, which stands in something living, or one farther out."""
        container = self.name_of(element.parent)
        if container in ("table", "tableRow") and name not in ("tableRow", *CELLS):
            cell = self._living_cell(element, block)
            if cell is not None:
                row = list(self._items.list_of(cell.id))
                return Place(name, row[-1] if row else None, cell.id)
        for level in (element, *self._view.above(element.parent)):
            container = self.name_of(level.parent)
            fit = fitting(name, container)
            if fit is not None and not (container in ITEMS and self._is_first(level, fit)):
                return Place(fit, level, level.parent)
            wrap = wrapper(container)
            if wrap is not None and fitting(name, wrap) is not None:
                return Place(name, level, level.parent, wrap)
        return None

    def _is_first(self, level: Item, name: str) -> bool:
        """Return whether a block of that name would be the first of an item, and may not be."""
        others = self._items.back_from(level)
        return name != "paragraph" and all(each.by for each in others)

    def _living_cell(self, element: Item, block: Item) -> Item | None:
        """Return the living cell that is nearest to a dead one, or to one in a dead row."""
        for is_left in (True, False):
            for other in self._siblings(element, is_left=is_left):
                if other.by or not is_element(other):
                    continue
                if other.name in CELLS:
                    return other
                cells = [
                    each
                    for each in self._items.list_of(other.id)
                    if not each.by and is_element(each) and each.name in CELLS
                ]
                if cells:
                    return cells[min(self._column(element, block), len(cells) - 1)]
        return None

    def _column(self, row: Item, block: Item) -> int:
        """Return in which cell of a row a block stood."""
        inside = {each.id for each in (block, *self._view.above(block.parent))}
        count = 0
        for cell in self._items.list_of(row.id):
            if cell.id in inside:
                break
            count += self._death(cell) == self._death(row)
        return count

    def name_of(self, parent: str | Id | None) -> str:
        """Return the name of a container; a root holds what a document does."""
        if not isinstance(parent, tuple):
            return "doc"
        return self._items.find(parent).name

    def is_block(self, item: Item) -> bool:
        """Return whether an item is a block, and no part of a line."""
        return is_element(item) and (item.name in LEAVES or not self._view.is_node(item))
