"""The other roots of a document, written anew under ids of a client of its own.

Structs are copied as they are, whatever is in them: pycrdt writes only what fits the type that it
is asked for. What is deleted stays behind.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

from collab.crdt.contents import BigInt, NegativeZero, read_contents
from collab.crdt.lineage import encoded_deletes
from collab.crdt.merge import merge
from collab.crdt.order import Item, Order
from collab.crdt.roots import roots_of
from collab.crdt.update import (
    ANY,
    BINARY,
    DOC,
    EMBED,
    FORMAT,
    STRING,
    TYPE,
    XML_ELEMENT,
    XML_HOOK,
    Id,
    decode_update,
)
from collab.crdt.whole import has_roots
from collab.lib0 import array, string, uint
from collab.types import ClientId, Update

#: Beyond this, lib0 writes a number as a float.
_MAX_INT = 2**31 - 1


def end_of(update: Update, client: ClientId) -> int:
    """Return the clock behind what an update brings of a client."""
    ends = (s.clock + s.length for s in decode_update(update).structs if s.client == client)
    return max(ends, default=0)


def replanted(source: Update, client: ClientId, clock: int) -> Update | None:
    """Return the update by which ``client``, from ``clock`` on, writes the other roots of a state.

    None: it has none.
    """
    order = Order(*read_contents(source))
    return _written(_Planter(order, client, clock), list(roots_of(order)), None)


def with_roots(update: Update, source: Update, client: ClientId) -> Update:
    """Return what ``client`` wrote into an empty document, and the other roots of a state."""
    if not has_roots(source):
        return update
    beside = replanted(source, client, end_of(update, client))
    return update if beside is None else merge([update, beside])


def replaced(state: Update, source: Update, client: ClientId, clock: int) -> Update | None:
    """Return the update that makes the other roots of ``state`` what they are in ``source``.

    A root that differs is written anew, and what is in it is deleted. None: nothing differs.
    """
    here, there = Order(*read_contents(state)), Order(*read_contents(source))
    old, new = roots_of(here), roots_of(there)
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    return _written(_Planter(there, client, clock), names, here)


def _written(planter: _Planter, names: list[str], here: Order | None) -> Update | None:
    deleted: list[tuple[int, int, int]] = []
    for name in names:
        planter.plant(name, name, here)
        if here is not None:
            live = [*here.list_of(name), *here.entries_of(name)]
            deleted += [(i.client, i.clock, i.length) for i in live if not i.is_deleted]
    if not planter.structs and not deleted:
        return None
    head = uint(0)
    if planter.structs:
        head = uint(1) + uint(len(planter.structs)) + uint(planter.client) + uint(planter.began)
    return Update(head + b"".join(planter.structs) + encoded_deletes(sorted(deleted)))


class _Planter:
    """Copies types of one document, in Yjs's order, as structs of a client."""

    def __init__(self, order: Order, client: ClientId, clock: int) -> None:
        self.client = client
        self.began = self._clock = clock
        self.structs: list[bytes] = []
        self._order = order

    def plant(self, parent: str | Id, to: str | Id, here: Order | None) -> None:
        """Copy what is in a type, or in a root; there it stands behind what is ``here``."""
        last: Id | None = None
        if here is not None:
            for item in here.list_of(parent):
                last = (item.client, item.clock + item.length - 1)
        for item in self._order.list_of(parent):
            if not item.is_deleted:
                last = self._copy(item, to, last, None)
        before = {} if here is None else dict(here.map_of(parent))
        for key, item in self._order.map_of(parent):
            if not item.is_deleted:
                known = before.get(key)
                behind = None if known is None else (known.client, known.clock + known.length - 1)
                self._copy(item, to, behind, key)

    def _copy(self, item: Item, to: str | Id, origin: Id | None, key: str | None) -> Id:
        own = (self.client, self._clock)
        self._clock += item.length
        info = item.ref
        if origin is not None:
            place = uint(origin[0]) + uint(origin[1])
            info |= 0x80
        else:
            place = (
                uint(1) + string(to) if isinstance(to, str) else uint(0) + uint(to[0]) + uint(to[1])
            )
            if key is not None:
                info |= 0x20
                place += string(key)
        self.structs.append(bytes([info]) + place + _content(item))
        if item.ref == TYPE:
            self.plant(item.id, own, None)
        return (self.client, own[1] + item.length - 1)


def _content(item: Item) -> bytes:
    value = item.value
    match item.ref:
        case _ if item.ref == STRING:
            return string(value)
        case _ if item.ref == ANY:
            return uint(len(value)) + b"".join(_any(each) for each in value)
        case _ if item.ref == FORMAT:
            return string(value[0]) + _json(value[1])
        case _ if item.ref == EMBED:
            return _json(value)
        case _ if item.ref == TYPE:
            return uint(value[0]) + (
                string(value[1]) if value[0] in (XML_ELEMENT, XML_HOOK) else b""
            )
        case _ if item.ref == BINARY:
            return array(value)
        case _ if item.ref == DOC:
            return string(value[0]) + _any(value[1])
        case _:
            raise ValueError(f"content {item.ref} is not copied")


def _json(value: Any) -> bytes:
    return string(json.dumps(value, ensure_ascii=False))


def _any(value: Any) -> bytes:
    match value:
        case None:
            return b"\x7e"
        case bool():
            return b"\x78" if value else b"\x79"
        case BigInt():
            return b"\x7a" + struct.pack(">q", value)
        case NegativeZero():
            return b"\x7d\x40"
        case int() if abs(value) <= _MAX_INT:
            return b"\x7d" + _varint(value)
        case int() | float():
            return b"\x7b" + struct.pack(">d", value)
        case str():
            return b"\x77" + string(value)
        case list():
            return b"\x75" + uint(len(value)) + b"".join(_any(each) for each in value)
        case dict():
            pairs = (string(key) + _any(each) for key, each in value.items())
            return b"\x76" + uint(len(value)) + b"".join(pairs)
        case _:
            return b"\x74" + array(value)


def _varint(value: int) -> bytes:
    return bytes(_varint_bytes(value))


def _varint_bytes(value: int) -> Iterator[int]:
    # lib0's signed varint: six bits and the sign first, then seven a byte.
    rest = abs(value)
    byte = (0x40 if value < 0 else 0) | (rest & 0x3F)
    rest >>= 6
    while rest:
        yield byte | 0x80
        byte = rest & 0x7F
        rest >>= 7
    yield byte
