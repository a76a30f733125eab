"""Erasing text from updates: the elements stay, as deleted ones, what they said goes.

That is what Yjs itself does with deleted text in every replica that collects garbage. Ids, clocks
and places stay, so every other update still fits, and nobody's state vector changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from collab.crdt.contents import Content, body_reader, read_any, read_struct, utf16_split
from collab.crdt.origins import Ranges
from collab.crdt.update import ANY, BINARY, DELETED, DOC, EMBED, FORMAT, JSON, STRING
from collab.lib0 import Reader, string, uint
from collab.types import Update

#: What says something. Types stay: their children need them, and their names are the schema's.
_SAYING = frozenset({STRING, ANY, BINARY, EMBED, FORMAT, JSON, DOC})


def scrub(update: Update, erased: Ranges) -> Update | None:
    """Return ``update`` without what the erased elements say; None: it says nothing of them.

    Raises:
        EncodingError | UpdateError: the bytes are no update of the kind that the gate lets in.
    """
    reader = Reader(update)
    clients = reader.uint()
    out = [uint(clients)]
    has_changed = False
    for _ in range(clients):
        count, client, clock = reader.uint(), reader.uint(), reader.uint()
        start = clock
        structs: list[bytes] = []
        for _ in range(count):
            begin = len(update) - reader.left
            content = read_struct(reader, client, clock)
            raw = update[begin : len(update) - reader.left]
            parts = list(_parts(content, erased)) if content.ref in _SAYING else []
            if any(is_erased for _at, _length, is_erased in parts):
                has_changed = True
                structs += [_written(content, raw, *part) for part in parts]
            else:
                structs.append(raw)
            clock += content.length
        out += [uint(len(structs)), uint(client), uint(start), *structs]
    if not has_changed:
        return None
    return Update(b"".join(out) + update[len(update) - reader.left :])


def _parts(content: Content, erased: Ranges) -> Iterator[tuple[int, int, bool]]:
    """Yield the stretches of a struct: where, how long, whether erased."""
    clock, end = content.clock, content.clock + content.length
    while clock < end:
        found = erased.find(content.client, clock)
        stop = found[1] if found else erased.next_start(content.client, clock) or end
        stop = min(stop, end)
        yield clock - content.clock, stop - clock, found is not None
        clock = stop


def _written(content: Content, raw: bytes, at: int, length: int, is_erased: bool) -> bytes:
    if not is_erased and length == content.length:
        return raw
    ref = DELETED if is_erased else content.ref
    origin = content.origin if at == 0 else (content.client, content.clock + at - 1)
    right = content.right_origin
    head = [bytes([ref | (0x80 if origin else 0) | (0x40 if right else 0)])]
    for place in (origin, right):
        if place is not None:
            head.append(uint(place[0]) + uint(place[1]))
    if origin is None and right is None:
        parent = content.parent
        if isinstance(parent, tuple):
            head.append(uint(0) + uint(parent[0]) + uint(parent[1]))
        else:
            head.append(uint(1) + string(parent or ""))
        if content.key is not None:
            head[0] = bytes([head[0][0] | 0x20])
            head.append(string(content.key))
    return b"".join(head) + _body(content, raw, at, length, is_erased)


def _body(content: Content, raw: bytes, at: int, length: int, is_erased: bool) -> bytes:
    if is_erased:
        return uint(length)
    if content.ref == STRING:
        rest = utf16_split(content.value, at)[1]
        return string(_whole(utf16_split(rest, length)[0]))
    # Only an ANY, and a JSON, have more than one element besides.
    reader = body_reader(raw)
    reader.uint()
    values = []
    for _ in range(at + length):
        begin = len(raw) - reader.left
        if content.ref == JSON:
            reader.string()
        else:
            read_any(reader)
        values.append(raw[begin : len(raw) - reader.left])
    return uint(length) + b"".join(values[at:])


def _whole(text: str) -> str:
    """Return ``text`` with half characters replaced, as Yjs does where it cuts one in two."""
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
