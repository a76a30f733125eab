"""Looks at a line from a unit outwards: what a record touches costs, and not the line it is in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collab.crdt.rescue_fit import LEAVES, is_text
from collab.crdt.rescue_items import Item
from collab.crdt.rescue_view import View
from collab.crdt.update import STRING, Id


def in_order(view: View, line: Id, wanted: list[Item]) -> list[Item]:
    """Return units of a line in their order."""
    if len(wanted) < 2:
        return wanted
    missing = {item.id for item in wanted}
    first = wanted[0]
    if not _stands_in(view, line, first):
        return [item for item in view.units_in(line) if item.id in missing]
    missing.discard(first.id)
    before: list[Item] = []
    behind = [first]
    walks = [(_left_of(view, first), before), (_right_of(view, first), behind)]
    # By turns: mostly they are close together, and on which side is not known.
    while missing and walks:
        for walk in list(walks):
            units, found = walk
            item = next(units, None)
            if item is None:
                walks.remove(walk)
            elif item.id in missing:
                missing.discard(item.id)
                found.append(item)
    return [*reversed(before), *behind]


def rows_of(view: View, line: Id, some: Iterable[Item], own: int) -> list[list[Item]] | None:
    """Return the rows of living units in which some stand, each with what is around it.

    A row ends at what is dead, and at what ``own`` has written. Around it are the dead units on
    both sides and the next living one: what decides where a row goes. None: read the whole line.
    """
    rows: list[list[Item]] = []
    known: set[Id] = set()
    for item in some:
        if item.id in known:
            continue
        if not _stands_in(view, line, item):
            return None
        before, behind = [
            list(_until_living(view, walk, own, known))
            for walk in (_left_of(view, item), _right_of(view, item))
        ]
        rows.append([*reversed(before), item, *behind])
    return rows


def _until_living(view: View, units: Iterator[Item], own: int, known: set[Id]) -> Iterator[Item]:
    """Yield the rest of a row, which is noted as known, and what is beside it."""
    is_row = True
    for item in units:
        is_alive = view.is_alive(item)
        is_row = is_row and is_alive and item.client != own
        yield item
        if is_row:
            known.add(item.id)
        elif is_alive:
            return


def _stands_in(view: View, line: Id, item: Item) -> bool:
    """Return whether an item is an ordinary unit of a line: in it, or in a text in it."""
    holder = view.items.find(line)
    if is_text(holder):
        return item.ref == STRING and item.parent == line
    if holder.name in LEAVES or item.id == line:
        return False
    if item.ref == STRING and isinstance(item.parent, tuple):
        text = view.items.find(item.parent)
        return is_text(text) and text.parent == line
    return view.is_node(item) and item.parent == line


def _right_of(view: View, item: Item) -> Iterator[Item]:
    """Yield the units of a line right of one, the nearest first."""
    child: Item | None = item
    if item.ref == STRING and isinstance(item.parent, tuple):
        child, each = view.items.find(item.parent), item.right
        while each is not None:
            if each.ref == STRING:
                yield each
            each = each.right
        if not _is_in_line(view, child):
            return
    while child is not None and (child := child.right) is not None:
        if is_text(child):
            yield from (each for each in view.items.list_of(child.id) if each.ref == STRING)
        elif view.is_node(child):
            yield child


def _left_of(view: View, item: Item) -> Iterator[Item]:
    """Yield the units of a line left of one, the nearest first."""
    child: Item | None = item
    if item.ref == STRING and isinstance(item.parent, tuple):
        child = view.items.find(item.parent)
        yield from _letters_back_from(view, view.items.before(item))
        if not _is_in_line(view, child):
            return
    while child is not None and (child := view.items.before(child)) is not None:
        if is_text(child):
            yield from _letters_back_from(view, view.items.last.get((child.id, None)))
        elif view.is_node(child):
            yield child


def _letters_back_from(view: View, item: Item | None) -> Iterator[Item]:
    return (each for each in view.items.back_from(item) if each.ref == STRING)


def _is_in_line(view: View, text: Item) -> bool:
    """Return whether a text is one of a line, and no line of its own, as one in a root is."""
    return isinstance(text.parent, tuple)
