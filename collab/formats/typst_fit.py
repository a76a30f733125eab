"""What Typst has to be told of a text: where long words may break, high rows, which way it runs."""

from __future__ import annotations

import re
import unicodedata

from collab.richtext.tree import Node

#: Of a page with one column: some 3,500 letters, some 40 lines.
_TALL_CHARS, _TALL_LINES = 1500, 15
_LINES = frozenset({"paragraph", "hardBreak", "heading", "image", "listItem", "blockMath"})
#: Words that no line may hold, and (in cells of tables) no column; how they are broken there.
LONG_WORD, LONG_IN_CELL, LONG_IN_CODE = 40, 16, 60
_ZERO_WIDTH = "\u200b"
_WORD = re.compile(rf"[^\s{_ZERO_WIDTH}]+")


def breakable(text: str, longest: int) -> str:
    """Return ``text`` with places for a break in words longer than that.

    They are seen by nobody, and are in no text that is copied: ``pdf.py`` makes space of no width
    of them.
    """
    if len(text) <= longest:
        return text

    def broken(found: re.Match[str]) -> str:
        # Each place costs Typst time: of a word of many pages not every letter may be the last.
        word, step = found[0], 1 + len(found[0]) // 2000
        if len(word) <= longest:
            return word
        return _ZERO_WIDTH.join(word[at : at + step] for at in range(0, len(word), step))

    return _WORD.sub(broken, text)


def is_tall(row: Node, width: int) -> bool:
    """Return whether a row may be higher than half a page, by the letters in its cells."""
    return any(
        len(cell.plain) * width > _TALL_CHARS
        or sum(1 for each in cell.walk() if each.type in _LINES) > _TALL_LINES
        for cell in row.content
    )


def is_right_to_left(text: str) -> bool:
    """Return whether the first letter says so (Unicode's bidirectional algorithm, rule P2)."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    return next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L"
