"""Writes a rescue: by ids and not by offsets, since what it stands beside can be deleted."""

from __future__ import annotations

from collections.abc import Mapping

from collab.crdt.contents import utf16_length
from collab.crdt.lineage import encoded_deletes
from collab.crdt.rescue_items import Delete, Item, Items
from collab.crdt.update import ANY, FORMAT, STRING, TYPE, XML_ELEMENT, XML_HOOK, XML_TEXT, Id
from collab.lib0 import string, uint
from collab.types import ClientId, Update

#: The marks of text: what is stored under a name, as JSON.
Marks = Mapping[str, str]
#: What takes a mark off.
OFF = "null"


class Pen:
    """One rescue, which stands in the items as soon as it is written."""

    def __init__(self, items: Items, client: ClientId, by: int) -> None:
        self._items = items
        self.client = client
        self._by = by
        self._structs: list[bytes] = []
        self._deletes: list[Delete] = []
        #: What nobody had deleted by name before.
        self.killed: list[Delete] = []

    def element(self, name: str, left: Item | None, parent: str | Id | None) -> Item:
        """Write an element behind ``left``, or as the first child of ``parent``."""
        content = uint(XML_ELEMENT) + string(name)
        return self._put(TYPE, content, left, parent, kind=XML_ELEMENT, name=name)

    def type_like(self, other: Item, left: Item | None, parent: str | Id | None) -> Item:
        """Write a type of the kind and name of another."""
        content = uint(other.kind)
        if other.kind in (XML_ELEMENT, XML_HOOK):
            content += string(other.name)
        return self._put(TYPE, content, left, parent, kind=other.kind, name=other.name)

    def text(self, left: Item | None, parent: str | Id | None) -> Item:
        """Write an empty text."""
        return self._put(TYPE, uint(XML_TEXT), left, parent, kind=XML_TEXT)

    def attribute(self, element: Item, key: str, value: bytes) -> None:
        """Set an attribute of a new element."""
        self._put(ANY, uint(1) + value, None, element.id, key=key)

    def letters(self, said: str, left: Item | None, text: Id) -> Item:
        """Write letters into a text."""
        return self._put(STRING, said, left, text)

    def marks(self, now: Marks, wanted: Marks, left: Item | None, text: Id) -> Item | None:
        """Write what makes ``wanted`` of ``now``; return behind what letters are to be written."""
        for name in sorted(now.keys() | wanted.keys()):
            value = wanted.get(name, OFF)
            if now.get(name, OFF) != value:
                left = self._put(FORMAT, string(name) + string(value), left, text)
        return left

    def delete(self, client: int, clock: int, length: int) -> None:
        """Delete a range, or name as deleted what is."""
        for item in list(self._items.part(client, clock, length)):
            if not item.by:
                item.by = self._by
                self.killed.append((item.client, item.clock, item.length))
        self._deletes.append((client, clock, length))

    @property
    def has_structs(self) -> bool:
        """Whether anything was written, and not only deleted."""
        return bool(self._structs)

    def written(self) -> Update | None:
        """Return all that was written; None: nothing."""
        if not self._structs and not self._deletes:
            return None
        body = uint(0)
        if self._structs:
            head = uint(1) + uint(len(self._structs)) + uint(self.client) + uint(0)
            body = head + b"".join(self._structs)
        return Update(body + encoded_deletes(_joined(self._deletes)))

    def _put(
        self,
        ref: int,
        content: bytes | str,
        left: Item | None,
        parent: str | Id | None,
        *,
        key: str | None = None,
        kind: int = 0,
        name: str = "",
    ) -> Item:
        if left is not None:
            parent = left.parent
        right = left.right if left is not None else self._items.first.get((parent, key))
        length = utf16_length(content) if isinstance(content, str) else 1
        item = Item(self.client, self._items.clock(self.client), length, ref)
        item.origin = left.last if left is not None else None
        item.right_origin = right.id if right is not None else None
        item.parent, item.key, item.kind, item.name = parent, key, kind, name
        item.value = content
        info = ref | (0x80 if item.origin else 0) | (0x40 if item.right_origin else 0)
        is_first = item.origin is None and item.right_origin is None
        head = bytes([info | (0x20 if is_first and key is not None else 0)])
        for beside in (item.origin, item.right_origin):
            head += uint(beside[0]) + uint(beside[1]) if beside is not None else b""
        if is_first:
            head += _encoded_parent(parent) + (string(key) if key is not None else b"")
        self._structs.append(head + (string(content) if isinstance(content, str) else content))
        self._items.put(item, left)
        return item


def _encoded_parent(parent: str | Id | None) -> bytes:
    if isinstance(parent, tuple):
        return uint(0) + uint(parent[0]) + uint(parent[1])
    return uint(1) + string(parent or "")


def _joined(deletes: list[Delete]) -> list[Delete]:
    """Return ranges sorted, those that touch made one."""
    out: list[Delete] = []
    for client, clock, length in sorted(deletes):
        if out and out[-1][0] == client and out[-1][1] + out[-1][2] >= clock:
            start = out[-1][1]
            out[-1] = (client, start, max(start + out[-1][2], clock + length) - start)
        else:
            out.append((client, clock, length))
    return out
