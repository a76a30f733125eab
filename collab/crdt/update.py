"""Strict decoder of Yjs updates and state vectors, encoding version 1.

Formats: yjs/src/utils/encoding.js (structs), DeleteSet.js (deletes), structs/Content*.js (content),
lib0/encoding.js (values). Nothing here touches pycrdt: what it refuses, pycrdt never sees.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collab.lib0 import MAX_UINT, EncodingError, Reader, uint
from collab.types import ClientId, StateVector, Update

#: Clocks beyond this make yrs panic or crash; no honest client comes near (2^31 keystrokes).
MAX_CLOCK = 2**31
#: Nesting of JSON-like values; yrs reads JSON of 127 levels, and at 20,000 overflows its stack.
MAX_ANY_DEPTH = 100
#: The longest JSON of one mark or embedded value. Python's parser holds the interpreter for all of
#: it: 4 ms for so many characters.
MAX_JSON_CHARS = 256 * 1024

GC, DELETED, JSON, BINARY, STRING, EMBED, FORMAT, TYPE, ANY, DOC, SKIP = range(11)
ARRAY, MAP, TEXT, XML_ELEMENT, XML_FRAGMENT, XML_HOOK, XML_TEXT = range(7)

#: Of 2^64, with zeros before it impossible in JSON.
_DIGITS = 20

Id = tuple[int, int]


class UpdateError(ValueError):
    """The bytes are no update, or one that may not reach the document."""


# Not frozen: these two are made for every keystroke, and a frozen one takes four times as long.
@dataclass(slots=True)
class Struct:
    """One struct: ``length`` clocks of ``client``'s, from ``clock`` on."""

    client: int
    clock: int
    length: int
    ref: int
    origin: Id | None = None
    right_origin: Id | None = None
    #: A root's name, the id of a type's item, or None: the parent is that of the origins.
    parent: str | Id | None = None
    key: str | None = None
    #: For TYPE: which type; else 0.
    type_ref: int = 0
    #: For STRING: offsets, in UTF-16 units, that lie between the halves of a surrogate pair.
    splits: frozenset[int] = frozenset()


@dataclass(slots=True)
class DecodedUpdate:
    """An update, taken apart."""

    structs: tuple[Struct, ...]
    #: (client, clock, length) of deleted ranges.
    deletes: tuple[tuple[int, int, int], ...]

    @property
    def is_empty(self) -> bool:
        """Whether it holds neither structs nor deletes."""
        return not (self.structs or self.deletes)

    @property
    def client_ids(self) -> frozenset[ClientId]:
        """The clients that it has structs of."""
        return frozenset(ClientId(struct.client) for struct in self.structs)


def decode_update(update: Update, most: int | None = None) -> DecodedUpdate:
    """Take ``update`` apart, to its last byte.

    Args:
        most: how many parts (structs, deleted ranges, values) it may have, of one that a peer
            sends; more are refused by their number, before they are read. What is in a log is read
            whatever it has.

    Raises:
        UpdateError: it is malformed, or holds what may not reach the document.
    """
    reader = Reader(update, most)
    try:
        structs = tuple(iter_structs(reader))
        deletes = read_deletes(reader)
        reader.finish()
    except EncodingError as error:
        raise UpdateError(f"malformed update: {error}") from error
    return DecodedUpdate(structs, deletes)


def _count(reader: Reader, least_bytes: int) -> int:
    """Read a number of things that take at least ``least_bytes`` each."""
    count = reader.uint()
    if count * least_bytes > reader.left:
        raise UpdateError("malformed update: impossible count")
    reader.parts_left -= count
    if reader.parts_left < 0:
        raise UpdateError("too many parts in one update")
    return count


def iter_heads(reader: Reader) -> Iterator[tuple[int, int, int]]:
    """Read the head of each client's structs: how many, whose, from which clock on.

    Between two heads the caller reads the structs.
    """
    seen: set[int] = set()
    for _ in range(_count(reader, 3)):
        count = _count(reader, 2)
        client = reader.uint()
        clock = reader.uint()
        if client in seen:
            raise UpdateError("malformed update: a client twice")
        seen.add(client)
        yield count, client, clock


def iter_structs(reader: Reader) -> Iterator[Struct]:
    """Read the structs of an update, one at a time."""
    for count, client, clock in iter_heads(reader):
        for _ in range(count):
            struct = read_struct(reader, client, clock)
            clock += struct.length
            if clock >= MAX_CLOCK:
                raise UpdateError("clock too large")
            yield struct


def read_struct(reader: Reader, client: int, clock: int) -> Struct:
    """Read one struct of ``client``, which begins at ``clock``."""
    info = reader.byte()
    ref = info & 0x1F
    if ref in (GC, SKIP):
        length = reader.uint()
        if info != ref or length == 0:
            raise UpdateError("malformed update: bad gap")
        return Struct(client, clock, length, ref)
    origin = (reader.uint(), reader.uint()) if info & 0x80 else None
    right_origin = (reader.uint(), reader.uint()) if info & 0x40 else None
    parent: str | Id | None = None
    key = None
    if origin is None and right_origin is None:
        match reader.uint():
            case 0:
                parent = (reader.uint(), reader.uint())
            case 1:
                parent = reader.string()
            case _:
                raise UpdateError("malformed update: bad parent")
        if info & 0x20:
            key = reader.string()
    length, type_ref, splits = _read_content(reader, ref)
    if length == 0:
        raise UpdateError("malformed update: empty content")
    return Struct(client, clock, length, ref, origin, right_origin, parent, key, type_ref, splits)


_NO_SPLITS: frozenset[int] = frozenset()


def _read_content(reader: Reader, ref: int) -> tuple[int, int, frozenset[int]]:
    """Read an item's content; return its length, type and the offsets that split a character."""
    match ref:
        case 4:
            text = reader.string()
            if text.isascii():
                return len(text), 0, _NO_SPLITS
            return _utf16(text)
        case 1:
            return reader.uint(), 0, _NO_SPLITS
        case 3:
            reader.array()
            return 1, 0, _NO_SPLITS
        case 5:
            _read_json(reader)
            return 1, 0, _NO_SPLITS
        case 6:
            reader.string()
            _read_json(reader)
            return 1, 0, _NO_SPLITS
        case 7:
            type_ref = reader.uint()
            if type_ref == XML_ELEMENT:
                reader.string()
            elif type_ref not in (ARRAY, MAP, TEXT, XML_FRAGMENT, XML_TEXT):
                # XmlHook (5): yrs expects no name behind it, so it cannot be read.
                raise UpdateError(f"type {type_ref} is not taken")
            return 1, type_ref, _NO_SPLITS
        case 8:
            length = _count(reader, 1)
            for _ in range(length):
                _read_any(reader, 0)
            return length, 0, _NO_SPLITS
        case 9:
            reader.string()
            _read_any(reader, 0)
            return 1, 0, _NO_SPLITS
        case _:
            # ContentJSON (2), of Yjs before 13, trips yrs over an error of its own.
            raise UpdateError(f"content {ref} is not taken")


def _utf16(text: str) -> tuple[int, int, frozenset[int]]:
    offset = 0
    splits = []
    for character in text:
        if character > "\uffff":
            splits.append(offset + 1)
            offset += 2
        else:
            offset += 1
    return offset, 0, frozenset(splits)


def _read_json(reader: Reader) -> None:
    text = reader.string()
    if reader.is_bounded and len(text) > MAX_JSON_CHARS:
        raise UpdateError("value too large")
    json_value(text)


def json_value(text: str) -> Any:
    """Return the value in a JSON text that yrs can read.

    Raises:
        UpdateError: it cannot.
    """
    if text.count("[") + text.count("{") > MAX_ANY_DEPTH and _depth(text) > MAX_ANY_DEPTH:
        raise UpdateError("value too deep")
    try:
        value = json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=_integer)
        if "\\u" in text:
            # Half a surrogate pair is JSON for Python and for browsers, and not for yrs.
            json.dumps(value, ensure_ascii=False).encode()
    except ValueError as error:
        raise UpdateError("malformed update: no JSON") from error
    return value


#: A string in JSON, with what it escapes. One that does not end goes to the end of the text, or
#: each quotation mark in it would be tried as a beginning.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in _QUOTED.sub("", text):
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return deepest


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("number out of range")
    return value


def _integer(text: str) -> float:
    value = _finite(text)
    if len(text) > _DIGITS:
        return value
    # yrs takes what fits into 64 bits without a sign for such an integer, and then has no place
    # for those that do not fit into 63.
    exact = int(text)
    if 2**63 <= exact < 2**64:
        raise ValueError("integer out of range")
    return exact


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _read_any(reader: Reader, depth: int) -> None:
    if depth > MAX_ANY_DEPTH:
        raise UpdateError("value too deep")
    match reader.byte():
        case 127 | 126 | 121 | 120:
            pass
        case 125:
            _read_varint(reader)
        case 124:
            reader.take(4)
        case 123 | 122:
            reader.take(8)
        case 119:
            reader.string()
        case 118:
            for _ in range(_count(reader, 2)):
                reader.string()
                _read_any(reader, depth + 1)
        case 117:
            for _ in range(_count(reader, 1)):
                _read_any(reader, depth + 1)
        case 116:
            reader.array()
        case tag:
            raise UpdateError(f"malformed update: value of kind {tag}")


def _read_varint(reader: Reader) -> None:
    # lib0's signed varint: six bits and the sign first, then seven a byte.
    byte, length = reader.byte(), 1
    while byte & 0x80:
        byte, length = reader.byte(), length + 1
        if length > 8:
            raise UpdateError("malformed update: number too long")


def read_deletes(reader: Reader) -> tuple[tuple[int, int, int], ...]:
    """Read a delete set."""
    deletes = []
    for _ in range(_count(reader, 2)):
        client = reader.uint()
        for _ in range(_count(reader, 2)):
            clock, length = reader.uint(), reader.uint()
            if length == 0 or clock + length >= MAX_CLOCK:
                raise UpdateError("malformed update: bad delete")
            deletes.append((client, clock, length))
    return tuple(deletes)


def decode_state_vector(vector: StateVector, most: int | None = None) -> dict[int, int]:
    """Return the next clock of each client; of ``most`` clients at most.

    Raises:
        UpdateError: it is malformed.
    """
    reader = Reader(vector, most)
    try:
        clocks = {reader.uint(): reader.uint() for _ in range(_count(reader, 2))}
        reader.finish()
    except EncodingError as error:
        raise UpdateError(f"malformed state vector: {error}") from error
    return clocks


def count_of_vector(vector: StateVector) -> int:
    """Return how many clients a state vector says that it has, without reading them.

    Raises:
        UpdateError: it is malformed.
    """
    try:
        return _count(Reader(vector), 2)
    except EncodingError as error:
        raise UpdateError(f"malformed state vector: {error}") from error


def encode_state_vector(clocks: Mapping[int, int]) -> StateVector:
    """Return ``clocks`` as a state vector."""
    parts = [uint(client) + uint(clock) for client, clock in clocks.items()]
    return StateVector(uint(len(clocks)) + b"".join(parts))


def brings_nothing_new(
    decoded: DecodedUpdate,
    clocks: Mapping[int, int],
    deletes: Iterable[tuple[int, int, int]],
) -> bool:
    """Return whether a replica at ``clocks`` with ``deletes`` holds all of an update."""
    if any(s.clock + s.length > clocks.get(s.client, 0) for s in decoded.structs):
        return False
    held: dict[int, list[tuple[int, int]]] = {}
    for client, clock, length in sorted(deletes):
        ranges = held.setdefault(client, [])
        if ranges and ranges[-1][1] >= clock:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], clock + length))
        else:
            ranges.append((clock, clock + length))
    return all(_is_in(held.get(each[0], []), *each[1:]) for each in decoded.deletes)


def _is_in(ranges: Sequence[tuple[int, int]], clock: int, length: int) -> bool:
    at = bisect_right(ranges, (clock, MAX_UINT)) - 1
    return at >= 0 and ranges[at][1] >= clock + length
