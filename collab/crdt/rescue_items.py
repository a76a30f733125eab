"""A document's elements in their order, kept from record to record: what the rescuer walks over.

Like ``order.py``, with two differences: it grows record by record; and it knows which record named
an element as deleted, apart from what died only because something around it was deleted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import cast

from collab.crdt.contents import body_reader, utf16_split, values_of
from collab.crdt.contents import read_struct as read_content
from collab.crdt.update import (
    ANY,
    DELETED,
    GC,
    SKIP,
    STRING,
    TYPE,
    Id,
    UpdateError,
    read_deletes,
)
from collab.lib0 import Reader, uint
from collab.types import Update

#: The parent of a list of items (a root's name, or a type's item), and a map's key or None.
Place = tuple[str | Id | None, str | None]
Delete = tuple[int, int, int]


class Item:
    """Elements of one client that stand together, all deleted or none."""

    __slots__ = (
        "by",
        "client",
        "clock",
        "key",
        "kind",
        "left",
        "length",
        "name",
        "origin",
        "parent",
        "ref",
        "right",
        "right_origin",
        "value",
    )

    def __init__(self, client: int, clock: int, length: int, ref: int) -> None:
        self.client = client
        self.clock = clock
        self.length = length
        self.ref = ref
        self.origin: Id | None = None
        self.right_origin: Id | None = None
        self.parent: str | Id | None = None
        self.key: str | None = None
        #: The text of a STRING, the encoded content of others.
        self.value: str | bytes = b""
        #: Of a TYPE: which, and an element's name.
        self.kind = 0
        self.name = ""
        #: The record that was the first to name it as deleted; 0: none.
        self.by = 0
        #: The last element of what stands before. An id: two objects that know each other are
        #: freed late by Python.
        self.left: Id | None = None
        self.right: Item | None = None

    @property
    def id(self) -> Id:
        """The id of the first element."""
        return (self.client, self.clock)

    @property
    def last(self) -> Id:
        """The id of the last element."""
        return (self.client, self.clock + self.length - 1)

    @property
    def end(self) -> int:
        """The clock behind the last element."""
        return self.clock + self.length

    @property
    def text(self) -> str:
        """The text of a STRING."""
        return cast(str, self.value)

    @property
    def content(self) -> bytes:
        """The encoded content of anything else."""
        return cast(bytes, self.value)


class Items:
    """All items of one document."""

    def __init__(self) -> None:
        self.of_client: dict[int, list[Item]] = {}
        self.starts: dict[int, list[int]] = {}
        self.first: dict[Place, Item] = {}
        #: The last item of each list.
        self.last: dict[Place, Item] = {}
        #: The keys of each map.
        self.keys: dict[str | Id | None, list[str]] = {}

    # -- asked -----------------------------------------------------------------------------------

    def clock(self, client: int) -> int:
        """Return the next clock of a client."""
        items = self.of_client.get(client)
        return items[-1].end if items else 0

    def find(self, unit: Id) -> Item:
        """Return the item that holds an element which is there."""
        client, clock = unit
        return self.of_client[client][bisect_right(self.starts[client], clock) - 1]

    def has(self, unit: Id) -> bool:
        """Return whether an element is there."""
        return unit[1] < self.clock(unit[0])

    def within(self, client: int, clock: int, length: int) -> list[Item]:
        """Return the items that hold some of a range, as far as it is there."""
        items, starts = self.of_client.get(client), self.starts.get(client)
        if not items or not starts:
            return []
        low = max(0, bisect_right(starts, clock) - 1)
        return items[low : bisect_right(starts, clock + length - 1)]

    def list_of(self, parent: str | Id | None) -> Iterator[Item]:
        """Yield the items of a list, deleted ones too."""
        item = self.first.get((parent, None))
        while item is not None:
            yield item
            item = item.right

    def before(self, item: Item) -> Item | None:
        """Return what stands left of an item."""
        return None if item.left is None else self.find(item.left)

    def back_from(self, item: Item | None) -> Iterator[Item]:
        """Yield an item and those left of it, the nearest first."""
        while item is not None:
            yield item
            item = self.before(item)

    def entries_of(self, parent: Id) -> Iterator[tuple[str, Item]]:
        """Yield the keys of a map with the items that are their values now."""
        for key in sorted(self.keys.get(parent, ())):
            item = self.first[parent, key]
            while item.right is not None:
                item = item.right
            if not item.by:
                yield key, item

    # -- changed ---------------------------------------------------------------------------------

    def cut(self, unit: Id) -> Item:
        """Return the item that begins with an element, cut off for that where it has to be."""
        client, clock = unit
        place = bisect_right(self.starts[client], clock) - 1
        item = self.of_client[client][place]
        if item.clock == clock:
            return item
        rest = _rest_of(item, clock - item.clock)
        rest.left, rest.right, item.right = item.last, item.right, rest
        if self.last.get((item.parent, item.key)) is item:
            self.last[item.parent, item.key] = rest
        self.of_client[client].insert(place + 1, rest)
        self.starts[client].insert(place + 1, clock)
        return rest

    def part(self, client: int, clock: int, length: int) -> Iterator[Item]:
        """Yield the items of a range, cut at both of its ends."""
        end = min(clock + length, self.clock(client))
        if clock >= end:
            return
        item = self.cut((client, clock))
        if end < self.clock(client):
            self.cut((client, end))
        place = bisect_right(self.starts[client], clock) - 1
        items = self.of_client[client]
        while True:
            yield item
            if item.end >= end:
                return
            place = bisect_right(self.starts[client], item.end, place) - 1
            item = items[place]

    def delete(self, client: int, clock: int, length: int, by: int) -> None:
        """Note that a record names a range as deleted."""
        for item in list(self.part(client, clock, length)):
            item.by = item.by or by

    def take(self, update: Update) -> tuple[list[Delete], tuple[Delete, ...]]:
        """Put in what an update brings; return the ranges that are new, and its deletes."""
        reader = Reader(update)
        queues: dict[int, list[Item]] = {}
        fresh: list[Delete] = []
        for _ in range(reader.uint()):
            count, client, clock = reader.uint(), reader.uint(), reader.uint()
            known = self.clock(client)
            queue = queues.setdefault(client, [])
            for _ in range(count):
                item = _read(reader, client, clock, update)
                clock = item.end
                if item.end > known and item.ref != SKIP:
                    queue.append(_rest_of(item, known - item.clock) if item.clock < known else item)
            if queue:
                fresh.append((client, queue[0].clock, clock - queue[0].clock))
        self._integrate(queues)
        return fresh, read_deletes(reader)

    def _integrate(self, queues: dict[int, list[Item]]) -> None:
        """Put every item in its place, each after those that it stands beside."""
        done = dict.fromkeys(queues, 0)
        for first in queues:
            stack = [(first, len(queues[first]))]
            waiting = {first}
            while stack:
                client, until = stack[-1]
                queue = queues[client]
                if done[client] >= until:
                    stack.pop()
                    waiting.discard(client)
                    continue
                needed = self._needed(queue[done[client]], queues)
                if needed is None:
                    self._place(queue[done[client]])
                    done[client] += 1
                elif needed[0] in waiting:
                    # The gate lets no circle in.
                    raise UpdateError("structs depend on each other in a circle")
                else:
                    stack.append(needed)
                    waiting.add(needed[0])

    def _needed(self, item: Item, queues: dict[int, list[Item]]) -> tuple[int, int] | None:
        """Return what has to be put in before: whose, and how many of that client's items."""
        for wanted in (item.origin, item.right_origin, item.parent):
            if isinstance(wanted, tuple) and wanted[1] >= self.clock(wanted[0]):
                queue = queues.get(wanted[0], [])
                if not queue or queue[-1].end <= wanted[1]:
                    # A log with a hole in it.
                    raise UpdateError("depends on edits that are missing")
                low, high = 0, len(queue) - 1
                while low < high:
                    middle = (low + high) // 2
                    if queue[middle].end <= wanted[1]:
                        low = middle + 1
                    else:
                        high = middle
                return wanted[0], low + 1
        return None

    def _append(self, item: Item) -> None:
        self.of_client.setdefault(item.client, []).append(item)
        self.starts.setdefault(item.client, []).append(item.clock)

    def _collect(self, item: Item) -> None:
        item.ref, item.by, item.value, item.parent, item.key = GC, 1, b"", None, None
        self._append(item)

    def _place(self, item: Item) -> None:
        if item.ref == GC:
            self._collect(item)
            return
        left = right = None
        if item.origin is not None:
            left = self.find(item.origin)
            if left.last != item.origin:
                self.cut((item.origin[0], item.origin[1] + 1))
        if item.right_origin is not None:
            right = self.cut(item.right_origin)
        if any(each is not None and each.ref == GC for each in (left, right)):
            # Its list was in something that is deleted for good.
            self._collect(item)
            return
        beside = left or right
        if beside is not None:
            item.parent, item.key = beside.parent, beside.key
        elif isinstance(item.parent, tuple) and self.find(item.parent).ref != TYPE:
            self._collect(item)
            return
        if item.ref == DELETED:
            item.by = item.by or 1
        place: Place = (item.parent, item.key)
        other = left.right if left is not None else self.first.get(place)
        if other is right and left is not None and self._typed_on(left, item):
            return
        self._link(item, self._settle(item, left, other, right))

    def _typed_on(self, left: Item, item: Item) -> bool:
        """Make text that goes on where its client's last text ends part of that."""
        if (
            item.ref != STRING
            or left.ref != STRING
            or left.client != item.client
            or left.end != item.clock
            or left.by
            or left.right_origin != item.right_origin
            or self.of_client[item.client][-1] is not left
        ):
            return False
        left.value = left.text + item.text
        left.length += item.length
        if left.right is not None:
            left.right.left = left.last
        return True

    def _link(self, item: Item, left: Item | None) -> None:
        """Put an item behind another; None: in front of all."""
        place: Place = (item.parent, item.key)
        if left is not None:
            item.left, item.right, left.right = left.last, left.right, item
        else:
            item.right = self.first.get(place)
            self.first[place] = item
            if item.key is not None and item.right is None:
                self.keys.setdefault(item.parent, []).append(item.key)
        if item.right is not None:
            item.right.left = item.last
        else:
            self.last[place] = item
        self._append(item)
        if item.key is not None and item.right is None and left is not None:
            left.by = left.by or 1  # a new value takes the place of the one before

    def put(self, item: Item, left: Item | None) -> None:
        """Put in an item whose place is known: right behind ``left``."""
        self._link(item, left)

    def _settle(
        self, item: Item, left: Item | None, other: Item | None, right: Item | None
    ) -> Item | None:
        """Return the item that ``item`` goes after, among those put at the same place at once."""
        passed: set[Id] = set()
        conflicting: set[Id] = set()
        while other is not None and other is not right:
            passed.add(other.id)
            conflicting.add(other.id)
            if item.origin == other.origin:
                if other.client < item.client:
                    left = other
                    conflicting.clear()
                elif item.right_origin == other.right_origin:
                    break
            else:
                origin = self.find(other.origin).id if other.origin is not None else None
                if origin is None or origin not in passed:
                    break
                if origin not in conflicting:
                    left = other
                    conflicting.clear()
            other = other.right
        return left


def _read(reader: Reader, client: int, clock: int, update: bytes) -> Item:
    start = len(update) - reader.left
    found = read_content(reader, client, clock)
    item = Item(client, clock, found.length, found.ref)
    item.origin, item.right_origin = found.origin, found.right_origin
    item.parent, item.key = found.parent, found.key
    if found.ref == STRING:
        item.value = found.value
    elif found.ref not in (GC, SKIP, DELETED):
        raw = update[start : len(update) - reader.left]
        item.value = raw[len(raw) - body_reader(raw).left :]
        if found.ref == TYPE:
            item.kind, item.name = found.value
    return item


def _rest_of(item: Item, at: int) -> Item:
    """Cut an item in two; return the second part, which belongs behind the first."""
    rest = Item(item.client, item.clock + at, item.length - at, item.ref)
    rest.origin, rest.right_origin = (item.client, rest.clock - 1), item.right_origin
    rest.parent, rest.key, rest.by = item.parent, item.key, item.by
    if item.ref == STRING:
        item.value, rest.value = utf16_split(item.text, at)
    elif item.ref == ANY:
        values = values_of(item.content)
        item.value = uint(at) + b"".join(values[:at])
        rest.value = uint(len(values) - at) + b"".join(values[at:])
    item.length = at
    return rest
