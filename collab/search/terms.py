"""From text to the terms that are indexed, and from what a person types to what is asked for.

Pure. Both databases index the same terms, so they find the same documents: docs/adr/0040.

- A word of an alphabet is one term, folded: case, width and accents do not count.
- Scripts without spaces between words are cut into overlapping pairs of characters; the last one
  of a run stands alone too, so that one character is found as the beginning of a term.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

#: Longer "words" are nobody's: base64, hashes. They are cut.
MAX_TERM_CHARS = 40
#: More words than anybody types; the rest of a pasted page is not asked for.
MAX_QUERY_TERMS = 16

#: Han, kana, bopomofo, Hangul; Thai, Lao, Burmese, Khmer.
_PAIRED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc-\u30fe"
    "\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U000323af"
)
_RUNS = re.compile(f"[{_PAIRED}]+|[^\\W_{_PAIRED}]+")
_IS_PAIRED = re.compile(f"[{_PAIRED}]")
_QUOTED = re.compile(r'["“”「『]([^"“”「」『』]+)["“”」』]')


class _Folder(dict[int, str]):
    """What each character is folded to, found when it is first met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = "".join(
            c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c)
        )
        folded = plain.casefold()
        # Exactly one character for one, so that a place in the folded text is a place in the text.
        # Hangul syllables come apart under NFKD, and stay whole here.
        if _IS_PAIRED.match(char) and len(plain) > 1:
            folded = char
        elif len(folded) != 1:
            folded = char.lower() if len(char.lower()) == 1 else char
        if folded.isspace() or code < 32:
            folded = " "
        self[code] = folded
        return folded


_FOLDER = _Folder()


def fold(text: str) -> str:
    """Return ``text`` as it is compared: as long as it was, character for character."""
    return text.translate(_FOLDER)


def composed(text: str) -> str:
    """Return ``text`` in the form in which it is kept: accents composed, no NUL."""
    return unicodedata.normalize("NFC", text).replace("\x00", " ")


def is_paired(run: str) -> bool:
    """Return whether ``run`` is of a script that is cut into pairs."""
    return _IS_PAIRED.match(run) is not None


def terms_of(folded: str) -> Iterator[str]:
    """Yield the terms of a folded text, in order."""
    for run in _RUNS.findall(folded):
        if _IS_PAIRED.match(run):
            yield from (run[place : place + 2] for place in range(len(run)))
        else:
            yield run[:MAX_TERM_CHARS]


@dataclass(frozen=True, slots=True)
class Query:
    """What a person looks for: every term must be there, and every phrase just as it stands."""

    #: The beginnings of terms, all of which must be in the document.
    prefixes: tuple[str, ...]
    #: Folded pieces of text that must stand in the title or the body as they are.
    phrases: tuple[str, ...]
    #: Folded words to mark in what is shown.
    marks: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not self.prefixes


def parse_query(typed: str) -> Query:
    """Return what ``typed`` asks for: words in any order, "quoted ones" as they stand."""
    folded = fold(composed(typed))
    phrases = [" ".join(quoted.split()) for quoted in _QUOTED.findall(folded)]
    prefixes: list[str] = []
    marks: list[str] = []
    for run in _RUNS.findall(folded):
        marks.append(run[:MAX_TERM_CHARS])
        if not _IS_PAIRED.match(run):
            prefixes.append(run[:MAX_TERM_CHARS])
        elif len(run) == 1:
            prefixes.append(run)
        else:
            prefixes += [run[place : place + 2] for place in range(len(run) - 1)]
            if len(run) > 2:  # pairs may be there without standing together
                phrases.append(run)
    kept = tuple(dict.fromkeys(prefixes))[:MAX_QUERY_TERMS]
    return Query(kept, tuple(dict.fromkeys(p for p in phrases if p)), tuple(dict.fromkeys(marks)))
