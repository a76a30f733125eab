"""Writes what died unseen beside what its neighbours have become; see docs/merging.md."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from collab.crdt.contents import read_any
from collab.crdt.rescue_fit import (
    ITEMS,
    LEAVES,
    PLAIN,
    TEXT_BLOCKS,
    holds_blocks,
    is_element,
    is_text,
)
from collab.crdt.rescue_items import Delete, Item
from collab.crdt.rescue_pen import Marks, Pen
from collab.crdt.rescue_place import Place, Placer
from collab.crdt.rescue_view import View, value_of
from collab.crdt.update import STRING, Id
from collab.lib0 import Reader
from collab.richtext.schema import NODES

_NO_MARKS: Marks = {}
#: Letters that are asked on the right where there are some on the left.
NEAR = 64


class Saver:
    """Saves what one record has killed.

    Args:
        view: the document, the record's deletes noted.
        pen: what writes.
        by: the record.
        instead: of dead blocks, the living ones that took their places; added to.
    """

    def __init__(self, view: View, pen: Pen, by: int, instead: dict[Id, Id]) -> None:
        self._view = view
        self._items = view.items
        self._pen = pen
        self._by = by
        self._instead = instead
        self._placer = Placer(view, instead)

    # -- dead lines ------------------------------------------------------------------------------

    def save(self, line: Id) -> None:
        """Save what is in a line and died unseen."""
        if self._items.find(line).name in LEAVES:
            if self.is_lost(line):
                self.replant(self._items.find(line))
            return
        spans = self._view.spans(line)
        for start, end in list(self._rows(spans)):
            self._save_row(line, spans, start, end)

    def is_lost(self, line: Id) -> bool:
        """Return whether anything in a line died unseen."""
        return any(self._view.is_lost((client, at)) for client, at, _ in self._view.spans(line))

    def is_free(self, line: Id) -> bool:
        """Return whether nothing in a line was carried anywhere."""
        return all(self._view.targets.get(span[:2]) is None for span in self._view.spans(line))

    def _rows(self, spans: list[Delete]) -> Iterator[tuple[int, int]]:
        """Yield where rows begin and end that died unseen."""
        start: int | None = None
        for place, (client, clock, _) in enumerate(spans):
            if self._view.is_lost((client, clock)):
                start = place if start is None else start
            elif start is not None:
                yield start, place
                start = None
        if start is not None:
            yield start, len(spans)

    def _save_row(self, line: Id, spans: list[Delete], start: int, end: int) -> None:
        row = spans[start:end]
        # One that was saved stands left of the next: no row is far from what lives.
        known = self._view.neighbours_of(row[0][:2])
        left = self._nearest(filter(known, _backward(self._view, spans, start)))
        after = filter(known, _forward(self._view, spans, end))
        right = self._nearest(islice(after, NEAR if left else None))
        if left is not None and not (right is not None and self._view.stands_before(right, left)):
            self._write_behind(row, self._view.ending(left))
        elif right is not None:
            self._write_before(row, self._view.cut(right))
        else:
            self._write_anew(line, row)

    def _nearest(self, units: Iterator[Id]) -> Id | None:
        return next((live for unit in units if (live := self._view.live(unit))), None)

    # -- letters and inline nodes ----------------------------------------------------------------

    def _write_behind(self, row: list[Delete], left: Item) -> None:
        if left.ref == STRING:
            self.write_in(row, left)
            return
        after = left.right
        while after is not None and after.by:
            after = after.right
        if after is not None and is_text(after):
            self._write_at_start(row, after)
        else:
            self._write_at_start(row, self._pen.text(left, left.parent))

    def _write_before(self, row: list[Delete], right: Item) -> None:
        if right.ref != STRING:
            self._write_at_start(row, self._pen.text(self._items.before(right), right.parent))
            return
        now = self._view.marks_of(right)
        self._write(row, self._items.before(right), self._view.text_of(right), now)

    def _write_at_start(self, row: list[Delete], text: Item) -> None:
        self._write(row, None, text.id, {})

    def write_in(self, row: list[Delete], left: Item) -> None:
        """Write a row into a text, behind letters."""
        self._write(row, left, self._view.text_of(left), self._view.marks_of(left))

    def _write(self, row: list[Delete], left: Item | None, text: Id, now: Marks) -> None:
        """Write a row into a text, behind ``left``; ``now``: the marks that hold there."""
        holder = self._placer.name_of(self._items.find(text).parent)
        before = now
        for item in [item for part in row for item in self._items.part(*part)]:
            said, wanted = "", _NO_MARKS
            if item.ref == STRING:
                said = item.text
                if holder not in PLAIN:
                    wanted = self._view.marks_of(item, killed_by=self._by)
            elif holder in PLAIN or holder == "detailsSummary":
                said = self._plain(item) or " "
            else:
                if left is not None:
                    left = self._pen.marks(now, before, left, text)
                left, text = None, self._write_node(item, left, text).id
                now = before = _NO_MARKS
                continue
            left = self._pen.marks(now, wanted, left, text)
            left = self._pen.letters(said, left, text)
            self._view.note_marks(left, wanted)
            now = wanted
            self._became(item, left.id)
        if left is not None:
            self._pen.marks(now, before, left, text)

    def _plain(self, node: Item) -> str:
        """Return an inline node as text, for where none may stand: a formula's source."""
        for key, entry in self._items.entries_of(node.id):
            value = value_of(entry)
            if key == "latex" and value is not None:
                return str(read_any(Reader(value)))
        return "\n" if node.name == "hardBreak" else ""

    def _write_node(self, node: Item, left: Item | None, text: Id) -> Item:
        """Write an inline node behind ``left`` in a text; return the text behind the node."""
        holder = self._items.find(text)
        rest = self._pen.text(self._copied(node, holder, holder.parent), holder.parent)
        moved: list[Delete] = []
        after = left.right if left is not None else self._items.first.get((text, None))
        while after is not None:
            if after.ref == STRING and not after.by:
                moved.append((after.client, after.clock, after.length))
            after = after.right
        if moved:
            self._write_at_start(moved, rest)
        return rest

    def _became(self, item: Item, copy: Id) -> None:
        """Note what a unit has become; to name it as deleted lets the history find its writer."""
        self._view.targets.put(item.id, item.length, copy)
        self._pen.delete(item.client, item.clock, item.length)

    # -- blocks ----------------------------------------------------------------------------------

    def replant(self, block: Item) -> None:
        """Write a block that died in something else that was deleted where that now is."""
        place = self._placer.place(block) if self._is_whole(block) else None
        if place is not None:
            left, parent = self._wrapped(place)
            self._fill(self._pen.element(place.name, left, parent), block)
            return
        # No such block may stand there: what is in it may.
        for child in list(self._items.list_of(block.id)):
            if is_element(child) and not self._view.is_node(child):
                if child.name in TEXT_BLOCKS:
                    self.save(child.id)
                elif not child.by:
                    self.replant(child)

    def _wrapped(self, place: Place) -> tuple[Item | None, str | Id | None]:
        if place.wrap is None:
            return place.left, place.parent
        item = self._pen.element(place.wrap, place.left, place.parent)
        if place.wrap in ITEMS and place.name != "paragraph":
            first = self._pen.element("paragraph", None, item.id)
            self._pen.text(None, first.id)
            return first, item.id
        return None, item.id

    def _copied(self, node: Item, left: Item | None, parent: str | Id | None) -> Item:
        """Write an element anew, with all in it that nobody deleted."""
        return self._fill(self._pen.type_like(node, left, parent), node)

    def _fill(self, copy: Item, node: Item) -> Item:
        if copy.name == node.name:
            self._copy_attributes(copy, node)
        last: Item | None = None
        if copy.name in ITEMS and not self._begins_with_paragraph(node):
            last = self._pen.element("paragraph", None, copy.id)
            self._pen.text(None, last.id)
        for child in self._children(node):
            if is_text(child):
                last = self._pen.text(last, copy.id)
                row = [span for span in self._view.spans(child.id) if self._view.is_lost(span[:2])]
                if row:
                    self._write_at_start(row, last)
                    last = _last_from(last)
            else:
                last = self._copied(child, last, copy.id)
        if last is None and copy.name in TEXT_BLOCKS:
            self._pen.text(None, copy.id)
        elif last is None and holds_blocks(copy.name):
            self._pen.text(None, self._pen.element("paragraph", None, copy.id).id)
        if self._view.is_node(node):
            self._became(node, copy.id)
        else:
            self._instead[node.id] = copy.id
        return copy

    def _copy_attributes(self, copy: Item, node: Item) -> None:
        for key, entry in list(self._items.entries_of(node.id)):
            value = value_of(entry)
            if value is not None:
                self._pen.attribute(copy, key, value)

    def _children(self, node: Item) -> list[Item]:
        """Return what an element holds that nobody deleted, and that is nowhere else yet."""
        return [
            child
            for child in self._items.list_of(node.id)
            if (is_text(child) or is_element(child))
            and not child.by
            and (is_text(child) or self._is_whole(child))
            and self._view.targets.get(child.id) is None
            and child.id not in self._instead
        ]

    def _is_whole(self, node: Item) -> bool:
        """Return whether a copy of an element would hold what the schema asks for."""
        known = NODES.get(node.name)
        if known is None or known.content != "named":
            return True
        names = [child.name for child in self._children(node)]
        return names == list(known.children) if node.name == "details" else bool(names)

    def _begins_with_paragraph(self, node: Item) -> bool:
        children = self._children(node)
        return not children or children[0].name == "paragraph"

    def _write_anew(self, line: Id, row: list[Delete]) -> None:
        """No neighbour lives: into what replaced the block, or a block of its own."""
        element = self._items.find(line)
        block = self._placer.replacement(element)
        if block is None or not (block.name in TEXT_BLOCKS or block.name == "footnote"):
            block = self._new_block(element)
            self._instead[element.id] = block.id
        texts = [child for child in self._items.list_of(block.id) if not child.by]
        if texts and is_text(texts[-1]):
            self._write_at_end(row, texts[-1])
        else:
            self._write_at_start(row, self._pen.text(texts[-1] if texts else None, block.id))

    def _write_at_end(self, row: list[Delete], text: Item) -> None:
        last = end = None
        for each in self._items.list_of(text.id):
            last = each
            end = each if each.ref == STRING else end
        if end is not None and last is end:
            self.write_in(row, end)
        else:
            self._write(row, last, text.id, self._view.marks_at_end(text.id))

    def _new_block(self, element: Item) -> Item:
        place = self._placer.place(element, as_paragraph=True)
        if place is None:
            raise AssertionError("a paragraph may stand in any root")
        left, parent = self._wrapped(place)
        name = place.name if place.name in TEXT_BLOCKS else "paragraph"
        block = self._pen.element(name, left, parent)
        if name == element.name:
            self._copy_attributes(block, element)
        return block


def _last_from(item: Item) -> Item:
    """Return the last of a list: inline nodes may have been put behind ``item``."""
    while item.right is not None:
        item = item.right
    return item


def _backward(view: View, spans: list[Delete], end: int) -> Iterator[Id]:
    """Yield the units before a span that may have become something living; the last first."""
    for place in range(end - 1, -1, -1):
        client, clock, length = spans[place]
        if view.is_gone((client, clock)):
            continue
        for at in range(clock + length - 1, clock - 1, -1):
            yield client, at


def _forward(view: View, spans: list[Delete], start: int) -> Iterator[Id]:
    for place in range(start, len(spans)):
        client, clock, length = spans[place]
        if view.is_gone((client, clock)):
            continue
        for at in range(clock, clock + length):
            yield client, at
