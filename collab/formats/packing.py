"""What goes between the server and the process that reads what is large: data, and nothing else.

The process is given what others sent. Where that takes it over, its answer is whatever they like:
so an answer is JSON with bytes behind it, looked at piece by piece, and never makes anything but
values, documents and the refusals below. docs/adr/0092.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from collab.crdt.containment import CrdtFailure
from collab.crdt.patch import Unseen
from collab.formats.errors import Busy, ConversionError, TooLarge, UnknownFormat, Unreadable
from collab.formats.written import Runs, SourceRefused
from collab.richtext.errors import FormatError

_SIZE_BYTES = 8
#: A sentence that is said to people, and each value in it.
MAX_SAID_CHARS = 2_000
#: What may stand in a sentence: a width, ``%(a)99999999d``, would fill the memory.
_PLACE = re.compile(r"%\([a-z_]{1,40}\)[sd]|%%")
_WORDS: dict[str, type[ConversionError]] = {
    "unknown": UnknownFormat,
    "too_large": TooLarge,
    "unreadable": Unreadable,
    "conversion": ConversionError,
}
#: Refusals that go back to whoever asked; all else is a fault of the process.
REFUSALS = (SourceRefused, Runs, FormatError, Unseen, CrdtFailure, ConversionError)


class NotPacked(ValueError):
    """These are not the bytes that ``pack`` makes, or not what was asked for."""


def pack(said: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """Return JSON values and bytes as one piece; any string may be in them."""
    whole = {"said": said, "sizes": [len(blob) for blob in blobs]}
    head = json.dumps(whole, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return b"".join((len(head).to_bytes(_SIZE_BYTES, "big"), head, *blobs))


def unpack(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return what was packed.

    Raises:
        NotPacked: it was not packed by ``pack``.
    """
    at = _SIZE_BYTES + int.from_bytes(data[:_SIZE_BYTES], "big")
    try:
        whole = json.loads(data[_SIZE_BYTES:at].decode("utf-8", "surrogatepass"))
        said, sizes = whole["said"], whole["sizes"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise NotPacked from error
    if not isinstance(said, dict) or not isinstance(sizes, list):
        raise NotPacked
    blobs = []
    for size in sizes:
        if type(size) is not int or not 0 <= size <= len(data) - at:
            raise NotPacked
        blobs.append(data[at : at + size])
        at += size
    if at != len(data):
        raise NotPacked
    return said, blobs


def refusal_said(error: Exception) -> list[Any]:
    """Return one of ``REFUSALS`` as JSON: its kind, and what it says."""
    match error:
        case SourceRefused():
            return ["source", error.error.sentence, error.error.values]
        case FormatError():
            return ["format", error.sentence, error.values]
        case Runs():
            return ["runs", str(error)]
        case Unseen():
            return ["unseen", str(error)]
        case CrdtFailure():
            return ["crdt", str(error)]
        case Busy():
            return ["busy", error.wait_s]
    kind = next(name for name, each in _WORDS.items() if isinstance(error, each))
    return [kind, str(error)]


def refusal_of(said: object) -> Exception:
    """Return the refusal that ``refusal_said`` says.

    Raises:
        NotPacked: it says none.
    """
    match said:
        case ["source", str(sentence), dict(values)]:
            return SourceRefused(_format_error(sentence, values))
        case ["format", str(sentence), dict(values)]:
            return _format_error(sentence, values)
        case ["busy", float() | int() as wait_s] if 0 <= wait_s <= 3600:
            return Busy(float(wait_s))
        case [str(kind), str(words)]:
            words = words[:MAX_SAID_CHARS]
            match kind:
                case "runs":
                    return Runs(words)
                case "unseen":
                    return Unseen(words)
                case "crdt":
                    return CrdtFailure(words)
                case _ if kind in _WORDS:
                    return _WORDS[kind](words)
    raise NotPacked


def _format_error(sentence: str, values: Mapping[str, object]) -> FormatError:
    given = {name: _short(value) for name, value in values.items()}
    if len(sentence) > MAX_SAID_CHARS or "%" in _PLACE.sub("", sentence):
        raise NotPacked
    try:
        return FormatError(sentence, **given)
    except (KeyError, TypeError, ValueError) as error:
        raise NotPacked from error


def _short(value: object) -> object:
    if isinstance(value, str):
        return value[:MAX_SAID_CHARS]
    if isinstance(value, int | float):
        return value
    raise NotPacked
