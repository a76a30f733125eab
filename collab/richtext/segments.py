"""Text in the pieces that edits keep whole: characters as people see them, and words.

Short rules in place of UAX #29's tables: combining marks, variation selectors, skin tones, joined
emoji, flags and Hangul jamo stay with what they belong to. A Chinese or Japanese character is a
word of its own, since the script does not mark where words end.
"""

from __future__ import annotations

import unicodedata

_ZWJ = "\u200d"
#: Han, kana, and their extensions: ranges of code points, both ends included.
_IDEOGRAPHIC = (
    (0x2E80, 0x2FDF),
    (0x3005, 0x30FF),
    (0x3400, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


def graphemes(text: str) -> list[str]:
    """Return the characters of ``text`` as people see them; joined they are ``text``."""
    if text.isascii() and "\r" not in text:
        return list(text)
    out: list[str] = []
    flags = 0
    for char in text:
        is_flag = "\U0001f1e6" <= char <= "\U0001f1ff"
        flags = flags + 1 if is_flag else 0
        if out and (_extends(char) or _continues(out[-1][-1], char) or (is_flag and flags == 2)):
            out[-1] += char
            flags = 0
        else:
            out.append(char)
    return out


def _extends(char: str) -> bool:
    if char < "\u0300":
        return False
    if char == _ZWJ or "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":
        return True
    return unicodedata.category(char)[0] == "M"


def _continues(last: str, char: str) -> bool:
    if last == _ZWJ or (last == "\r" and char == "\n"):
        return True
    # Hangul: a leading consonant goes with what follows, a vowel or tail with what stands before.
    return "\u1160" <= char <= "\u11ff" and ("\u1100" <= last <= "\u11ff" or "가" <= last <= "힣")


def words(text: str) -> list[str]:
    """Return words, runs of white space and single signs; joined they are ``text``."""
    out: list[str] = []
    last = ""
    for piece in graphemes(text):
        kind = _kind(piece)
        if kind and kind == last:
            out[-1] += piece
        else:
            out.append(piece)
        last = kind
    return out


def _kind(piece: str) -> str:
    """Return what joins its neighbours of the same kind; nothing for what stands alone."""
    char = piece[0]
    if char.isspace():
        return "space"
    code = ord(char)
    if any(first <= code <= last for first, last in _IDEOGRAPHIC):
        return ""
    return "word" if char.isalnum() or char == "_" else ""
