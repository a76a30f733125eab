"""Blocks that a record made for text that had been carried already: what is empty goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from collab.crdt.rescue_fit import ITEMS, TEXT_BLOCKS, is_element
from collab.crdt.rescue_items import Item
from collab.crdt.rescue_pen import Pen
from collab.crdt.rescue_view import View
from collab.crdt.update import STRING, TYPE, Id

#: Siblings among which that is looked for which was put in the place of a dead block.
NEAR = 8


class Tidier:
    """Sees to the blocks around the text of one record.

    Args:
        view: the document.
        pen: what writes.
        is_new: whether the record brought something.
        instead: of dead blocks, the living ones that took their places; added to.
    """

    def __init__(
        self, view: View, pen: Pen, is_new: Callable[[Item], bool], instead: dict[Id, Id]
    ) -> None:
        self._view = view
        self._items = view.items
        self._pen = pen
        self._is_new = is_new
        self._instead = instead

    def clear(self, line: Id) -> None:
        """Delete what the record made around a line that holds nothing after a double carry."""
        top: Item | None = None
        for element in self._view.above(line):
            if not self._is_new(element) or element.by or self._holds_something(element):
                break
            top = element
        if top is not None and self._can_go(top):
            self._delete(top)
            self._view.forget()

    def _holds_something(self, element: Item) -> bool:
        return any(
            not child.by
            and (
                child.ref == STRING
                or self._view.is_node(child)
                or (child.ref == TYPE and self._holds_something(child))
            )
            for child in self._items.list_of(element.id)
        )

    def _can_go(self, top: Item) -> bool:
        """Return whether what is around a block is still valid without it."""
        others = [
            each
            for each in self._items.list_of(top.parent)
            if not each.by and each is not top and is_element(each)
        ]
        if not others:
            return False
        holder = self._items.find(top.parent) if isinstance(top.parent, tuple) else None
        return holder is None or holder.name not in ITEMS or others[0].name == "paragraph"

    def _delete(self, element: Item) -> None:
        for child in list(self._items.list_of(element.id)):
            if not child.by:
                self._delete(child)
        self._pen.delete(element.client, element.clock, element.length)

    def note_replacements(self, dying: Iterable[Item]) -> None:
        """An empty block has no letters to go by: what was put beside it has replaced it."""
        for dead in dying:
            if not is_element(dead) or dead.name not in TEXT_BLOCKS or dead.id in self._instead:
                continue
            for beside in (self._items.before(dead), dead.right):
                block = self._first_block(beside)
                if block is not None and not self._holds_something(block):
                    self._instead[dead.id] = block.id

    def clear_seconds(self, again: Iterable[Item]) -> None:
        """Of an empty block that two have replaced, without having seen it, the first stays."""
        for dead in again:
            if not is_element(dead) or dead.name not in TEXT_BLOCKS:
                continue
            first = self._living_instead(dead)
            if first is None or self._is_new(self._items.find(first)):
                continue
            for beside in list(self._put_at(dead)):
                block = self._first_block(beside)
                if block is not None and not self._holds_something(block):
                    self.clear(block.id)
                    if block.by:
                        self._instead[block.id] = first

    def _living_instead(self, dead: Item) -> Id | None:
        """Return the living block that has taken the place of a dead one."""
        found = self._instead.get(dead.id)
        while found is not None and not self._view.is_alive(self._items.find(found)):
            found = self._instead.get(found)
        return found

    def _put_at(self, dead: Item) -> Iterator[Item]:
        """Yield what was put in the place of a block: others may have put something there, too."""
        for item in islice(self._items.back_from(self._items.before(dead)), NEAR):
            if item.right_origin == dead.id:
                yield item
        right = dead.right
        if right is not None and right.origin == dead.id:
            yield right

    def _first_block(self, item: Item | None) -> Item | None:
        """Return the block of text with which a new element begins."""
        while item is not None and is_element(item) and self._is_new(item) and not item.by:
            if item.name in TEXT_BLOCKS:
                return item
            children = self._items.list_of(item.id)
            item = next((each for each in children if not each.by), None)
        return None
