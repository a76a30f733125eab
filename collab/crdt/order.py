"""The order of a document's elements, worked out in Python: pycrdt does not say who wrote what.

Yjs's rule (YATA; yjs/src/structs/Item.js, ``integrate``): an item stands after its origin, left of
its right origin; among those that were put at one place at once, the smaller client id goes first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from collab.crdt.contents import Content, utf16_split
from collab.crdt.update import ANY, DELETED, GC, SKIP, STRING, Id

#: The parent of a list of items (a root's name, or a type's item), and a map's key or None.
Place = tuple[str | Id | None, str | None]


class Item:
    """Elements of one client that stand together, all deleted or none."""

    __slots__ = (
        "client",
        "clock",
        "is_deleted",
        "key",
        "length",
        "origin",
        "parent",
        "ref",
        "right",
        "right_origin",
        "value",
    )

    def __init__(self, content: Content) -> None:
        self.client = content.client
        self.clock = content.clock
        self.length = content.length
        self.ref = content.ref
        self.origin = content.origin
        self.right_origin = content.right_origin
        self.parent = content.parent
        self.key = content.key
        self.value = content.value
        self.is_deleted = content.ref in (GC, DELETED)
        #: Only the next one is known: with both there were cycles, which Python frees late.
        self.right: Item | None = None

    @property
    def id(self) -> Id:
        """The id of the first element."""
        return (self.client, self.clock)


class Order:
    """The items of a document, in order, deleted ones among them."""

    def __init__(
        self, contents: Iterable[Content], deletes: Sequence[tuple[int, int, int]]
    ) -> None:
        self._items = _cut(list(contents), deletes)
        self._starts = {
            client: [item.clock for item in items] for client, items in self._items.items()
        }
        self._first: dict[Place, Item] = {}
        self._delete(deletes)
        self._integrate()
        self._keys: dict[str | Id | None, list[str]] = {}
        for parent, key in self._first:
            if key is not None:
                self._keys.setdefault(parent, []).append(key)

    def roots(self) -> list[str]:
        """Return the names of the roots that hold, or held, something."""
        return sorted({parent for parent, _key in self._first if isinstance(parent, str)})

    def list_of(self, parent: str | Id) -> Iterator[Item]:
        """Yield the items of a list, deleted ones too."""
        item = self._first.get((parent, None))
        while item is not None:
            yield item
            item = item.right

    def map_of(self, parent: str | Id) -> Iterator[tuple[str, Item]]:
        """Yield the keys of a map with the item that stands last: its value, unless deleted."""
        for key in sorted(self._keys.get(parent, ())):
            item = self._first[parent, key]
            while item.right is not None:
                item = item.right
            yield key, item

    def entries_of(self, parent: str | Id) -> Iterator[Item]:
        """Yield all items of a map, those that others took the place of too."""
        for key in self._keys.get(parent, ()):
            item: Item | None = self._first[parent, key]
            while item is not None:
                yield item
                item = item.right

    def _find(self, wanted: Id) -> Item | None:
        starts = self._starts.get(wanted[0])
        if not starts:
            return None
        return self._items[wanted[0]][bisect_right(starts, wanted[1]) - 1]

    def _delete(self, deletes: Iterable[tuple[int, int, int]]) -> None:
        for client, clock, length in deletes:
            items = self._items.get(client, [])
            place = bisect_left(self._starts.get(client, []), clock)
            while place < len(items) and items[place].clock < clock + length:
                items[place].is_deleted = True
                place += 1

    def _integrate(self) -> None:
        """Put every item in its place, each after those that it stands beside."""
        done = dict.fromkeys(self._items, 0)

        def is_waiting(item: Item) -> bool:
            for wanted in (item.origin, item.right_origin, item.parent):
                if not isinstance(wanted, tuple) or wanted[0] == item.client:
                    continue
                place = done.get(wanted[0])
                if place is None:
                    return True
                items = self._items[wanted[0]]
                if place < len(items) and wanted[1] >= items[place].clock:
                    return True
            return False

        has_moved = True
        while has_moved:
            has_moved = False
            for client, items in self._items.items():
                place = done[client]
                while place < len(items) and not is_waiting(items[place]):
                    if items[place].ref not in (GC, SKIP):
                        self._place(items[place])
                    place += 1
                    # Each step counts for items of other clients only: they are asked later.
                has_moved = has_moved or place > done[client]
                done[client] = place

    def _place(self, item: Item) -> None:
        left = self._find(item.origin) if item.origin else None
        right = self._find(item.right_origin) if item.right_origin else None
        for beside in (left, right):
            if beside is not None and beside.ref == GC:
                # Its list was in something that is deleted for good.
                item.ref, item.is_deleted = GC, True
                return
        beside = left or right
        if beside is not None:
            item.parent, item.key = beside.parent, beside.key
        place: Place = (item.parent, item.key)
        other = left.right if left is not None else self._first.get(place)
        left = self._settle(item, left, other, right)
        if left is not None:
            item.right, left.right = left.right, item
        else:
            item.right = self._first.get(place)
            self._first[place] = item

    def _settle(
        self, item: Item, left: Item | None, other: Item | None, right: Item | None
    ) -> Item | None:
        """Return the item that ``item`` goes after, among those put at the same place at once."""
        passed: set[int] = set()
        conflicting: set[int] = set()
        while other is not None and other is not right:
            passed.add(id(other))
            conflicting.add(id(other))
            if item.origin == other.origin:
                if other.client < item.client:
                    left = other
                    conflicting.clear()
                elif item.right_origin == other.right_origin:
                    break
            else:
                origin = self._find(other.origin) if other.origin is not None else None
                if origin is None or id(origin) not in passed:
                    break
                if id(origin) not in conflicting:
                    left = other
                    conflicting.clear()
            other = other.right
        return left


def _cut(contents: list[Content], deletes: Iterable[tuple[int, int, int]]) -> dict[int, list[Item]]:
    """Return the items of each client, cut where another stands between or a delete begins."""
    cuts: dict[int, set[int]] = {}
    for content in contents:
        if content.origin is not None:
            cuts.setdefault(content.origin[0], set()).add(content.origin[1] + 1)
        if content.right_origin is not None:
            cuts.setdefault(content.right_origin[0], set()).add(content.right_origin[1])
    for client, clock, length in deletes:
        cuts.setdefault(client, set()).update((clock, clock + length))
    ordered = {client: sorted(found) for client, found in cuts.items()}
    items: dict[int, list[Item]] = {}
    for content in contents:
        out = items.setdefault(content.client, [])
        places = ordered.get(content.client, [])
        place = bisect_right(places, content.clock)
        item = Item(content)
        while place < len(places) and places[place] < item.clock + item.length:
            rest = _split(item, places[place] - item.clock)
            out.append(item)
            item = rest
            place += 1
        out.append(item)
    return items


def _split(item: Item, at: int) -> Item:
    """Cut an item in two; return the second part, which stands after the first."""
    rest = Item.__new__(Item)
    rest.client, rest.clock, rest.length = item.client, item.clock + at, item.length - at
    rest.ref, rest.is_deleted = item.ref, item.is_deleted
    rest.origin, rest.right_origin = (item.client, rest.clock - 1), item.right_origin
    rest.parent = rest.key = rest.right = None
    rest.value = None
    if item.ref == STRING:
        item.value, rest.value = utf16_split(item.value, at)
    elif item.ref == ANY:
        item.value, rest.value = item.value[:at], item.value[at:]
    item.length = at
    return rest
