"""The contents of an update's structs: what ``update.py`` checks and skips, as values.

For reading back what is in the log, which the gate has let in; not for the hot path.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from collab.crdt.update import (
    ANY,
    BINARY,
    DELETED,
    DOC,
    EMBED,
    FORMAT,
    GC,
    JSON,
    MAX_ANY_DEPTH,
    SKIP,
    STRING,
    TYPE,
    XML_ELEMENT,
    XML_HOOK,
    Id,
    UpdateError,
    json_value,
    read_deletes,
)
from collab.lib0 import EncodingError, Reader
from collab.types import Update


class BigInt(int):
    """A BigInt of JavaScript."""


class NegativeZero(int):
    """The integer -0 of JavaScript."""


@dataclass(slots=True)
class Content:
    """One struct with its content.

    ``value`` is the text of a STRING, the (key, value) of a FORMAT, the (type, name) of a TYPE, the
    list of an ANY, the value of an EMBED, the bytes of a BINARY, the (guid, options) of a DOC; None
    of the others.
    """

    client: int
    clock: int
    length: int
    ref: int
    origin: Id | None = None
    right_origin: Id | None = None
    parent: str | Id | None = None
    key: str | None = None
    value: Any = None
    #: True: yrs cannot read it, and None stands for what cannot be read in it.
    is_unreadable: bool = False


def read_contents(update: Update) -> tuple[list[Content], tuple[tuple[int, int, int], ...]]:
    """Return the structs with their contents, and the deletes.

    Raises:
        UpdateError: the bytes are no update of the kind that the gate lets in.
    """
    reader = Reader(update)
    try:
        return list(_structs(reader)), read_deletes(reader)
    except (EncodingError, ValueError, struct.error) as error:
        raise UpdateError(f"malformed update: {error}") from error


def _structs(reader: Reader) -> Iterator[Content]:
    for _ in range(reader.uint()):
        count, client, clock = reader.uint(), reader.uint(), reader.uint()
        for _ in range(count):
            content = read_struct(reader, client, clock)
            clock += content.length
            yield content


def read_struct(reader: Reader, client: int, clock: int) -> Content:
    """Read one struct."""
    out = Content(client, clock, 1, GC)
    _read_head(reader, out)
    if out.ref in (GC, SKIP):
        out.length = reader.uint()
        return out
    ref = out.ref
    match ref:
        case _ if ref == STRING:
            out.value = reader.string()
            out.length = utf16_length(out.value)
        case _ if ref == DELETED:
            out.length = reader.uint()
        case _ if ref == FORMAT:
            name = reader.string()
            out.value = (name, _json(reader, out))
        case _ if ref == TYPE:
            kind = reader.uint()
            name = reader.string() if kind in (XML_ELEMENT, XML_HOOK) else ""
            out.value = (kind, name)
        case _ if ref == ANY:
            out.value = [read_any(reader) for _ in range(reader.uint())]
            out.length = len(out.value)
        case _ if ref == EMBED:
            out.value = _json(reader, out)
        case _ if ref == BINARY:
            out.value = reader.array()
        case _ if ref == DOC:
            out.value = (reader.string(), read_any(reader))
        case _ if ref == JSON:
            # yrs trips over it.
            out.length = len([reader.string() for _ in range(reader.uint())])
            out.is_unreadable = True
        case _:
            raise UpdateError(f"content {ref} is not taken")
    return out


def _read_head(reader: Reader, out: Content) -> None:
    """Read what stands before a struct's content."""
    info = reader.byte()
    out.ref = info & 0x1F
    if out.ref in (GC, SKIP):
        return
    if info & 0x80:
        out.origin = (reader.uint(), reader.uint())
    if info & 0x40:
        out.right_origin = (reader.uint(), reader.uint())
    if not info & 0xC0:
        out.parent = reader.string() if reader.uint() else (reader.uint(), reader.uint())
        if info & 0x20:
            out.key = reader.string()


def body_reader(raw: bytes) -> Reader:
    """Return a reader of one struct's bytes that stands before its content."""
    reader = Reader(raw)
    _read_head(reader, Content(0, 0, 1, GC))
    return reader


def utf16_length(text: str) -> int:
    """Return how many UTF-16 units ``text`` has: what Yjs and browsers count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf16_split(text: str, at: int) -> tuple[str, str]:
    """Return ``text`` in two, the first with ``at`` UTF-16 units."""
    if text.isascii():
        return text[:at], text[at:]
    units = text.encode("utf-16-le", "surrogatepass")
    return (
        units[: 2 * at].decode("utf-16-le", "surrogatepass"),
        units[2 * at :].decode("utf-16-le", "surrogatepass"),
    )


def values_of(content: bytes) -> list[bytes]:
    """Return the encoded values of an ANY."""
    reader = Reader(content)
    out = []
    for _ in range(reader.uint()):
        start = len(content) - reader.left
        read_any(reader)
        out.append(content[start : len(content) - reader.left])
    return out


def _json(reader: Reader, out: Content) -> Any:
    try:
        return json_value(reader.string())
    except UpdateError:
        out.is_unreadable = True
        return None


def read_any(reader: Reader, depth: int = 0) -> Any:
    """Read one value in lib0's own form."""
    if depth > MAX_ANY_DEPTH:
        raise UpdateError("value too deep")
    match reader.byte():
        case 127 | 126:
            return None
        case 125:
            return _varint(reader)
        case 124:
            return struct.unpack(">f", reader.take(4))[0]
        case 123:
            return struct.unpack(">d", reader.take(8))[0]
        case 122:
            return BigInt(struct.unpack(">q", reader.take(8))[0])
        case 121:
            return False
        case 120:
            return True
        case 119:
            return reader.string()
        case 118:
            return {reader.string(): read_any(reader, depth + 1) for _ in range(reader.uint())}
        case 117:
            return [read_any(reader, depth + 1) for _ in range(reader.uint())]
        case 116:
            return reader.array()
        case tag:
            raise UpdateError(f"malformed update: value of kind {tag}")


def _varint(reader: Reader) -> int:
    # lib0's signed varint: six bits and the sign first, then seven a byte.
    byte = reader.byte()
    is_negative, value, shift = bool(byte & 0x40), byte & 0x3F, 6
    while byte & 0x80:
        byte = reader.byte()
        value |= (byte & 0x7F) << shift
        shift += 7
    if is_negative:
        return -value if value else NegativeZero()
    return value
