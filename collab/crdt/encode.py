"""Rich text as the structs of an update, written in one pass: the cost is that of the text.

Putting blocks into a live Yjs document one by one costs their number squared, since each place is
walked to from the beginning. What is written here is what yrs makes of the same calls;
``tests/crdt/test_encode.py`` compares the two.

update := 1 • n • client • clock • struct^n • 0        struct := info • place • content
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from collab.crdt.contents import utf16_length
from collab.crdt.index import BODY
from collab.crdt.update import (
    ANY,
    FORMAT,
    MAX_ANY_DEPTH,
    STRING,
    TYPE,
    XML_ELEMENT,
    XML_TEXT,
    Id,
)
from collab.lib0 import string, uint
from collab.richtext.schema import NODES
from collab.richtext.tree import Mark, Node
from collab.types import ClientId, Update

#: Blocks that hold text: an empty one keeps an empty XmlText.
TEXT_BLOCKS = frozenset(
    name for name, known in NODES.items() if known.content in ("inline", "text")
)
_HAS_ORIGIN, _HAS_RIGHT_ORIGIN, _HAS_KEY = 0x80, 0x40, 0x20
#: Integers up to here are written as such, as Yjs does; others as floats.
_MAX_INTEGER = 2**31 - 1


def encode_blocks(
    blocks: Sequence[Node],
    client_id: ClientId,
    *,
    origin: Id | None = None,
    right_origin: Id | None = None,
) -> Update:
    """Return the update by which a new client writes ``blocks`` into the body of a document.

    Args:
        blocks: in order; no text stands among them.
        client_id: the Yjs client that writes; it has written nothing before.
        origin: the item of the body that they follow; None: they are its first.
        right_origin: the item that they stand before; None: they are its last.
    """
    return encode_changes([Put(BODY, blocks, origin, right_origin)], (), client_id)


@dataclass(frozen=True, slots=True)
class Put:
    """Nodes that are written between two items of a list."""

    #: The body's name, or the item of the element that they are children of.
    parent: str | Id
    nodes: Sequence[Node]
    #: The item that they follow; None: they are the first.
    origin: Id | None
    #: The item that they stand before; None: they are the last.
    right_origin: Id | None


def encode_changes(
    puts: Iterable[Put], deleted: Iterable[Id], client_id: ClientId, clock: int = 0
) -> Update:
    """Return the update by which a client writes nodes and deletes items of one element each.

    Args:
        puts: what is written, and where.
        deleted: the items.
        client_id: the Yjs client that writes.
        clock: how much it has written before.
    """
    writer = _Writer(client_id, clock)
    for put in puts:
        writer.children(put.parent, put.nodes, put.origin, put.right_origin)
    head = uint(1) + uint(writer.count) + uint(client_id) + uint(clock) if writer.count else uint(0)
    return Update(head + b"".join(writer.out) + _deletes(deleted))


def _deletes(deleted: Iterable[Id]) -> bytes:
    """Return a delete set: for each client the stretches of its clocks."""
    ends: dict[int, list[list[int]]] = {}
    for client, clock in sorted(deleted):
        stretches = ends.setdefault(client, [])
        if stretches and stretches[-1][1] == clock:
            stretches[-1][1] += 1
        else:
            stretches.append([clock, clock + 1])
    out = [uint(len(ends))]
    for client, stretches in ends.items():
        out += [uint(client), uint(len(stretches))]
        out += [uint(start) + uint(end - start) for start, end in stretches]
    return b"".join(out)


def mark_attributes(marks: Iterable[Mark]) -> dict[str, Any]:
    """Return marks as attributes of a text."""
    return {mark.type: dict(mark.attrs) for mark in marks}


class _Writer:
    def __init__(self, client: int, clock: int) -> None:
        self.out: list[bytes] = []
        self.count = 0
        self._client = client
        self._clock = clock

    def children(
        self,
        parent: str | Id,
        nodes: Sequence[Node],
        origin: Id | None = None,
        right_origin: Id | None = None,
    ) -> None:
        """Write what stands in ``parent``, between two items of it."""
        for is_text, group in groupby(nodes, key=lambda node: node.type == "text"):
            if is_text:
                # All neighbouring text nodes are one XmlText.
                origin = self._type(XML_TEXT, "", parent, origin, right_origin)
                self._runs(origin, group)
                continue
            for node in group:
                origin = self._type(XML_ELEMENT, node.type, parent, origin, right_origin)
                self._element(origin, node)

    def _element(self, element: Id, node: Node) -> None:
        for name, value in node.attrs.items():
            # Null attributes are left out, as y-prosemirror does; the schema fills its defaults.
            if value is not None:
                self._put(ANY, uint(1) + any_value(value), 1, element, key=name)
        self.children(element, node.content)
        if not node.content and node.type in TEXT_BLOCKS:
            # Two people who begin to write here at once must write into one text: an editor
            # that joined two would copy one of them (yjs/y-prosemirror#108 keeps an empty one).
            self._type(XML_TEXT, "", element, None, None)

    def _runs(self, text: Id, runs: Iterable[Node]) -> None:
        last: Id | None = None
        on: dict[str, Any] = {}
        for run in (*runs, Node("text")):
            marks = mark_attributes(run.marks)
            # What goes on into the next run stays open, as where an editor writes both.
            changed = {name: None for name in on if name not in marks}
            changed |= {name: value for name, value in marks.items() if on.get(name) != value}
            for name, value in changed.items():
                last = self._put(FORMAT, string(name) + string(_json(value)), 1, text, last)
            on = marks
            if run.text:
                length = utf16_length(run.text)
                began = self._put(STRING, string(run.text), length, text, last)
                last = (began[0], began[1] + length - 1)

    def _type(
        self, kind: int, name: str, parent: str | Id, origin: Id | None, right_origin: Id | None
    ) -> Id:
        content = uint(kind) + (string(name) if kind == XML_ELEMENT else b"")
        return self._put(TYPE, content, 1, parent, origin, right_origin)

    def _put(
        self,
        ref: int,
        content: bytes,
        length: int,
        parent: str | Id,
        origin: Id | None = None,
        right_origin: Id | None = None,
        key: str | None = None,
    ) -> Id:
        """Write a struct; return the id of its first element."""
        info, place = ref, b""
        if origin is not None:
            info |= _HAS_ORIGIN
            place += _id(origin)
        if right_origin is not None:
            info |= _HAS_RIGHT_ORIGIN
            place += _id(right_origin)
        if not place:
            # Of one that has a neighbour the parent is the neighbour's.
            place = uint(1) + string(parent) if isinstance(parent, str) else uint(0) + _id(parent)
            if key is not None:
                info |= _HAS_KEY
                place += string(key)
        self.out.append(bytes((info,)) + place + content)
        self.count += 1
        began = (self._client, self._clock)
        self._clock += length
        return began


def _id(value: Id) -> bytes:
    return uint(value[0]) + uint(value[1])


def _json(value: Mapping[str, Any] | None) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def any_value(value: Any, depth: int = 0) -> bytes:
    """Return a value in lib0's own form; what it has none for, or is too deep, as null."""
    match value:
        case bool():
            return b"\x78" if value else b"\x79"
        case int() if abs(value) <= _MAX_INTEGER:
            return b"\x7d" + _varint(value)
        case int() | float():
            return _number(value)
        case str():
            return b"\x77" + string(value)
        case list() if depth < MAX_ANY_DEPTH:
            inner = b"".join(any_value(each, depth + 1) for each in value)
            return b"\x75" + uint(len(value)) + inner
        case dict() if depth < MAX_ANY_DEPTH:
            pairs = (string(str(k)) + any_value(v, depth + 1) for k, v in value.items())
            return b"\x76" + uint(len(value)) + b"".join(pairs)
    return b"\x7e"


def _number(value: float) -> bytes:
    try:
        number = float(value)
    except OverflowError:
        return b"\x7e"
    return b"\x7b" + struct.pack(">d", number) if math.isfinite(number) else b"\x7e"


def _varint(value: int) -> bytes:
    # lib0's signed varint: six bits and the sign first, then seven a byte.
    rest = abs(value)
    first = (0x40 if value < 0 else 0) | (rest & 0x3F)
    rest >>= 6
    return bytes((first | 0x80,)) + uint(rest) if rest else bytes((first,))
