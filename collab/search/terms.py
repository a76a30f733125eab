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
#: Arrows, signs and emoji: each is a word of its own. Joiners and shades between them are none.
_SIGNS = (
    "\u2190-\u23ff\u2460-\u27bf\u2900-\u297f\u2b00-\u2bff\u303d\u3297\u3299\U0001f000-\U0001fbff"
)
_RUNS = re.compile(f"[{_PAIRED}]+|[^\\W_{_PAIRED}{_SIGNS}]+|[{_SIGNS}]")
_IS_SIGN = re.compile(f"[{_SIGNS}]")
#: Both databases take a sign for no word; its number behind a letter that nobody types is one.
_SIGN_LETTER = "\ua66e"
#: Letters that are folded to several: only in terms, so that places in the text stay.
_SPELLED = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
_LIGATURES = {chr(code): unicodedata.normalize("NFKD", chr(code)) for code in range(0xFB00, 0xFB07)}
_LONG = str.maketrans(_SPELLED | _LIGATURES)
#: Letters with a stroke, which Unicode does not take apart.
_STROKES = {ord(char): plain for char, plain in zip("øØłŁđĐħĦıŧŦ", "oollddhhitt", strict=True)}
_IS_PAIRED = re.compile(f"[{_PAIRED}]")
#: Between two of which one is enough; in capitals, since "or" is a word.
_OR = ("OR", "|")
#: One thing that is looked for: a quoted phrase or what stands between spaces, with a minus or not.
_ASKED = re.compile(
    r'(?:(?<!\S)([-−]))?(?:["“”「『]([^"“”「」『』]+)["“”」』]|([^\s"“”「」『』]+))'
)


class _Folder(dict[int, str]):
    """What each character is folded to, found when it is first met."""

    def __missing__(self, code: int) -> str:
        char = _STROKES.get(code, chr(code))
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


def is_sign(run: str) -> bool:
    """Return whether ``run`` is an emoji or another sign."""
    return _IS_SIGN.match(run) is not None


def runs_of(folded: str) -> list[str]:
    """Return the words, stretches without spaces between words, and signs of a folded text."""
    return _RUNS.findall(folded)


def terms_of(folded: str) -> Iterator[str]:
    """Yield the terms of a folded text, in order."""
    for run in _RUNS.findall(folded):
        if _IS_PAIRED.match(run):
            yield from (run[place : place + 2] for place in range(len(run)))
        else:
            yield _term(run)


def _term(run: str) -> str:
    if is_sign(run):
        return f"{_SIGN_LETTER}{ord(run):x}"
    return run.translate(_LONG)[:MAX_TERM_CHARS]


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that is looked for."""

    #: The beginnings of terms, all of which must be there; whole terms in what must not be.
    prefixes: tuple[str, ...]
    #: Folded pieces of text that must stand in the title or the body as they are.
    phrases: tuple[str, ...]

    @property
    def is_term(self) -> bool:
        """Whether the index knows it whole: one word of an alphabet, or one sign."""
        return len(self.prefixes) == 1 and not (self.phrases or is_paired(self.prefixes[0]))


@dataclass(frozen=True, slots=True)
class Query:
    """What a person looks for."""

    #: Of each group one must be there, and nothing of ``without``.
    groups: tuple[tuple[Asked, ...], ...]
    without: tuple[Asked, ...]
    #: Folded words to mark in what is shown.
    marks: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for; what is only shut out is no question."""
        return not self.groups

    @property
    def has_phrases(self) -> bool:
        """Whether the index alone does not know the answer."""
        return any(each.phrases for group in self.groups for each in group) or not all(
            each.is_term for each in self.without
        )


def parse_query(typed: str) -> Query:
    """Return what ``typed`` asks for.

    Words in any order, "quoted ones" as they stand, ``-word`` shuts out, ``OR`` stands between two
    of which one is enough.
    """
    kept = composed(typed)
    groups: list[list[Asked]] = []
    without: list[Asked] = []
    marks: dict[str, None] = {}
    left, is_or = MAX_QUERY_TERMS, False
    for found in _ASKED.finditer(kept):
        minus, quoted, word = found.groups()
        if word in _OR:
            is_or = bool(groups)
            continue
        runs = _RUNS.findall(fold(quoted or word))
        asked = _asked(runs, None if quoted is None else fold(quoted), left)
        if not asked.prefixes:
            continue
        left -= len(asked.prefixes)
        if minus:
            without.append(asked)
            continue
        marks |= dict.fromkeys(run[:MAX_TERM_CHARS] for run in runs)
        if is_or:
            groups[-1].append(asked)
        else:
            groups.append([asked])
        is_or = False
    return Query(tuple(map(tuple, groups)), tuple(without), tuple(marks))


def _asked(runs: list[str], quoted: str | None, most: int) -> Asked:
    prefixes: list[str] = []
    phrases = [" ".join(quoted.split())] if quoted else []
    for run in runs:
        if not _IS_PAIRED.match(run):
            prefixes.append(_term(run))
        elif len(run) == 1:
            prefixes.append(run)
        else:
            prefixes += [run[place : place + 2] for place in range(len(run) - 1)]
            if len(run) > 2:  # pairs may be there without standing together
                phrases.append(run)
    kept = tuple(dict.fromkeys(prefixes))[: max(most, 0)]
    return Asked(kept, tuple(dict.fromkeys(phrases)))


def spellings(mark: str) -> tuple[str, ...]:
    """Return the ways in which a folded text may write what is found by ``mark``: ``ss``, ``ß``."""
    plain = mark.translate(_LONG)
    others = [plain.replace(letters, char) for char, letters in _SPELLED.items()]
    return tuple(dict.fromkeys((mark, plain, *others)))
