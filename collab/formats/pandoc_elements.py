"""Elements of pandoc's tree, in its JSON form, and what a tree is written for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collab.formats.tables import number
from collab.richtext.tree import Node

#: An element of pandoc's JSON.
Element = dict[str, Any]
#: What XML cannot hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: HTML's types of numbered lists, as pandoc names them.
NUMBERS = {"a": "LowerAlpha", "A": "UpperAlpha", "i": "LowerRoman", "I": "UpperRoman"}
#: Roman numbers beyond are rows of M.
MAX_LETTERS = 4000
_WORDS = re.compile(r" |[^ ]+")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the tree is written for."""

    #: pandoc's name of the format.
    target: str
    title: str
    language: str
    #: Addresses by which pandoc finds the images; an image that is not there is said in words.
    images: Mapping[str, str]
    #: Their own widths in pixels, for formats that would take them for those of another screen.
    widths: Mapping[str, int] = field(default_factory=dict)


def elem(kind: str, content: Any = None) -> Element:
    """Return the element of this kind."""
    return {"t": kind} if content is None else {"t": kind, "c": content}


def clean_text(text: str) -> str:
    """Return ``text`` without what XML cannot hold."""
    return _CONTROL.sub("", text)


def words_of(text: str) -> Iterator[Element]:
    """Yield the words of ``text`` and the spaces between them."""
    for word in _WORDS.findall(clean_text(text).replace("\n", " ")):
        yield elem("Space") if word == " " else elem("Str", word)


def opening_of(blocks: Sequence[Element]) -> Element | None:
    """Return the paragraph that blocks begin with, also where a style is around it."""
    if not blocks:
        return None
    match blocks[0]:
        case {"t": "Para"}:
            return blocks[0]
        case {"t": "Div", "c": [_, inner]}:
            return opening_of(inner)
    return None


def column_width(part: float | None) -> Element:
    """Return the width of a column, a part of the whole; None: by itself."""
    return elem("ColWidthDefault") if part is None else elem("ColWidth", part)


def numbers_of(ordered: Node, *, least: int | None) -> list[Any]:
    """Return the beginning and the style of a numbered list.

    Args:
        ordered: the list.
        least: the number that the format begins with at least; None: any.
    """
    start = number(ordered.attrs.get("start"), 1)
    start = start if least is None else max(start, least)
    # There are no letters and Roman numbers below one.
    is_lettered = 0 < start < MAX_LETTERS
    style = NUMBERS.get(str(ordered.attrs.get("type")), "Decimal") if is_lettered else "Decimal"
    return [start, elem(style), elem("Period")]
