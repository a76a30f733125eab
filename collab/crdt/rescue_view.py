"""What a rescuer asks of a document: lines of text, what is to be seen, what letters have become.

A *line* is a block that holds text, with all of its texts and inline nodes in one row; a block that
holds nothing, as a picture does, is a line of its own. A *unit* is a letter (a UTF-16 unit) or a
node without letters. What *dies* is deleted by name, or stands in what is deleted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast
from zlib import crc32

from collab.crdt.contents import values_of
from collab.crdt.pairing import NODE, units_of
from collab.crdt.rescue_fit import LEAVES, is_element, is_text
from collab.crdt.rescue_items import Delete, Item, Items
from collab.crdt.rescue_pen import OFF, Marks
from collab.crdt.rescue_ranges import RangeMap
from collab.crdt.update import ANY, FORMAT, STRING, TYPE, Id
from collab.lib0 import Reader
from collab.richtext.schema import INLINE, NODES

#: Steps of a chain of carries after which it is made shorter.
LONG_CHAIN = 8
#: Items within which the order of two units is looked for.
NEAR_ITEMS = 64


class View:
    """The items of a document, seen as rich text; what it finds out holds until ``forget``."""

    def __init__(self, items: Items, targets: RangeMap) -> None:
        self.items = items
        self.targets = targets
        self._dead: dict[Id, bool] = {}
        self._places: dict[str | Id | None, dict[Id, int]] = {}
        self._marks: dict[tuple[Id, int], dict[Id, Marks]] = {}
        self._killers: dict[Id, set[int]] = {}

    def forget(self) -> None:
        """Say that types have been deleted."""
        self._dead.clear()

    # -- what is to be seen ----------------------------------------------------------------------

    def above(self, parent: str | Id | None) -> Iterator[Item]:
        """Yield the elements around something, the nearest first."""
        while isinstance(parent, tuple):
            item = self.items.find(parent)
            yield item
            parent = item.parent

    def is_dead(self, parent: str | Id | None) -> bool:
        """Return whether what stands in ``parent`` cannot be seen."""
        if not isinstance(parent, tuple):
            return parent is None
        known = self._dead.get(parent)
        if known is None:
            item = self.items.find(parent)
            known = item.ref != TYPE or bool(item.by) or self.is_dead(item.parent)
            self._dead[parent] = known
        return known

    def is_alive(self, item: Item) -> bool:
        """Return whether an item is to be seen."""
        return not item.by and not self.is_dead(item.parent)

    def live(self, unit: Id) -> Id | None:
        """Return what a unit has become, if that is to be seen."""
        start, room, steps = unit, 1 << 31, 0
        while not self.is_alive(self.items.find(unit)):
            target = self.targets.get(unit)
            if target is None:
                return None
            room = min(room, self.targets.room(unit))
            unit, steps = target, steps + 1
        if steps > LONG_CHAIN:
            # What is dead and carried stays so: none between has to be asked again.
            self.targets.put(start, room, unit)
        return unit

    def neighbours_of(self, letter: Id) -> Callable[[Id], bool]:
        """Return a test of units beside a letter: whether they were there when it was typed.

        Its writer can have carried them away himself before; for Yjs they stand beside it still.
        """
        client, clock = letter

        def was_there(unit: Id) -> bool:
            step = self.targets.get(unit)
            return step is None or step[0] != client or step[1] > clock

        return was_there

    def stands_before(self, one: Id, other: Id) -> bool:
        """Return whether a unit is shortly before another, in one text.

        Who types where he has carried letters away stands right of these for Yjs. What is on his
        right was there when he typed: where both sides have become one text, it counts more.
        """
        item, wanted = self.items.find(one), self.items.find(other)
        if item.parent != wanted.parent:
            return False
        if item is wanted:
            return one[1] < other[1]
        for _ in range(NEAR_ITEMS):
            if item.right is None:
                return False
            item = item.right
            if item is wanted:
                return True
        return False

    # -- lines -----------------------------------------------------------------------------------

    def is_node(self, item: Item) -> bool:
        """Return whether an item is a node that counts as a unit."""
        if not is_element(item):
            return False
        if item.name in INLINE or item.name in LEAVES:
            return True
        return item.name not in NODES and self.items.first.get((item.id, None)) is None

    def line_of(self, item: Item) -> Id | None:
        """Return the line in which a unit stands; None: it is no unit of a line."""
        if item.ref == STRING:
            if not isinstance(item.parent, tuple):
                return None
            text = self.items.find(item.parent)
            return text.parent if isinstance(text.parent, tuple) else text.id
        if self.is_node(item):
            is_inline = item.name not in LEAVES and isinstance(item.parent, tuple)
            return item.parent if is_inline and isinstance(item.parent, tuple) else item.id
        return None

    def text_of(self, letters: Item) -> Id:
        """Return the text in which letters of a line stand."""
        return cast(Id, letters.parent)

    def units_in(self, line: Id) -> Iterator[Item]:
        """Yield the items of a line that are letters or nodes, in order."""
        item = self.items.find(line)
        if is_text(item):
            yield from (each for each in self.items.list_of(line) if each.ref == STRING)
            return
        if item.name in LEAVES:
            yield item
            return
        for child in self.items.list_of(line):
            if is_text(child):
                yield from (each for each in self.items.list_of(child.id) if each.ref == STRING)
            elif self.is_node(child):
                yield child
        if self.is_node(item) and item.name not in INLINE:
            yield item

    def spans(self, line: Id) -> list[Delete]:
        """Return a line as ranges; all of each is alive, lost, gone, or carried."""
        return self.spans_of(self.units_in(line))

    def spans_of(self, units: Iterable[Item]) -> list[Delete]:
        """Return units as such ranges."""
        return [
            (item.client, clock, length)
            for item in units
            for clock, length, _ in self.targets.parts(item.id, item.length)
        ]

    def is_lost(self, unit: Id) -> bool:
        """Return whether a unit died, was deleted by nobody, and is nowhere else."""
        item = self.items.find(unit)
        return not item.by and self.targets.get(unit) is None and not self.is_alive(item)

    def is_gone(self, unit: Id) -> bool:
        """Return whether somebody deleted a unit, and nobody carried it on."""
        return bool(self.items.find(unit).by) and self.targets.get(unit) is None

    def values(self, item: Item) -> Sequence[int]:
        """Return numbers that are equal for equal units."""
        if item.ref == STRING:
            return units_of(item.text)
        said = item.name.encode()
        for key, entry in self.items.entries_of(item.id):
            said += key.encode() + entry.content
        return [NODE + crc32(said) % NODE]

    def path(self, item: Item) -> list[int]:
        """Return the place of an element: in the root's list, in that one's, and so on."""
        return [self._place(each) for each in (item, *self.above(item.parent))][::-1]

    def _place(self, item: Item) -> int:
        places = self._places.get(item.parent)
        if places is None or item.id not in places:
            row = self.items.list_of(item.parent)
            places = {each.id: place for place, each in enumerate(row)}
            self._places[item.parent] = places
        return places.get(item.id, 0)

    # -- marks -----------------------------------------------------------------------------------

    def cut(self, unit: Id) -> Item:
        """Return the item that begins with a unit; its marks are still known."""
        whole = self.items.find(unit)
        item = self.items.cut(unit)
        for known in self._marks_of_text(item.parent):
            if whole.id in known:
                known[item.id] = known[whole.id]
        return item

    def ending(self, unit: Id) -> Item:
        """Return the item that ends with a unit."""
        item = self.items.find(unit)
        if item.last != unit:
            self.cut((unit[0], unit[1] + 1))
            item = self.items.find(unit)
        return item

    def marks_of(self, item: Item, *, killed_by: int = 0) -> Marks:
        """Return the marks that letters have, or had.

        Args:
            item: the letters.
            killed_by: a record whose deletes do not count: what it took away, it took with them.
        """
        if not isinstance(item.parent, tuple):
            return {}
        place = (item.parent, killed_by)
        known = self._marks.get(place)
        if known is None or item.id not in known:
            known = self._marks[place] = dict(self._marked(*place))
        return known.get(item.id, {})

    def marks_at_end(self, text: Id) -> Marks:
        """Return the marks that hold at the end of a text."""
        marks: Marks = {}
        for item in self.items.list_of(text):
            if item.ref == FORMAT and not item.by:
                name, value = format_of(item)
                marks = {k: v for k, v in marks.items() if k != name}
                if value != OFF and name != "ychange":
                    marks[name] = value
        return marks

    def note_marks(self, item: Item, marks: Marks) -> None:
        """Note the marks of letters that were written just now."""
        for known in self._marks_of_text(item.parent):
            known[item.id] = marks

    def _marks_of_text(self, text: str | Id | None) -> Iterator[dict[Id, Marks]]:
        if isinstance(text, tuple):
            for killed_by in self._killers.get(text, ()):
                yield self._marks[text, killed_by]

    def _marked(self, text: Id, killed_by: int) -> Iterator[tuple[Id, Marks]]:
        marks: Marks = {}
        around = (self.items.find(text), *self.above(self.items.find(text).parent))
        deaths = {0, killed_by, next((each.by for each in around if each.by), 0)}
        self._killers.setdefault(text, set()).add(killed_by)
        for item in self.items.list_of(text):
            if item.ref == FORMAT and item.by in deaths:
                name, value = format_of(item)
                if name != "ychange":
                    marks = {k: v for k, v in marks.items() if k != name}
                    if value != OFF:
                        marks[name] = value
            elif item.ref == STRING:
                yield item.id, marks


def format_of(item: Item) -> tuple[str, str]:
    """Return the name and the value, as JSON, of a FORMAT."""
    reader = Reader(item.content)
    name, value = reader.string(), reader.string()
    return name, json.dumps(json.loads(value)) if value != "undefined" else OFF


def value_of(entry: Item) -> bytes | None:
    """Return an attribute's value as it is encoded; None: it is of no kind that attributes have."""
    if entry.ref != ANY:
        return None
    return values_of(entry.content)[-1]
