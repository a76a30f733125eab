"""The least operations that turn the runs of a text into others: words put in, taken out, marked.

yrs counts a text in bytes of UTF-8 and panics between the bytes of a character; Yjs counts UTF-16
units and breaks a character between its halves. Here only whole characters, as people see them, are
put in or taken out.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pycrdt import XmlText

from collab.crdt.encode import mark_attributes
from collab.crdt.reader import mark_of, plain_value
from collab.richtext.alignment import common
from collab.richtext.schema import sorted_marks
from collab.richtext.segments import graphemes, words
from collab.richtext.tree import Json, Mark, Node

#: Texts that share a smaller part of their words are replaced whole: a salad helps nobody.
LIKE = 0.25


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run of text as Yjs has it: marks by the names of their attributes."""

    text: str
    marks: Mapping[str, Json]

    def node(self) -> Node:
        """Return the run as the rich-text tree has it."""
        marks = sorted_marks(mark_of(name, value) for name, value in self.marks.items())
        return Node("text", text=self.text, marks=marks)


@dataclass(frozen=True, slots=True)
class _Step:
    """A stretch of one text that is kept as one of another, or replaced by it."""

    old_from: int
    old_to: int
    new_from: int
    new_to: int
    is_kept: bool


def stored_runs(texts: Sequence[XmlText]) -> list[StoredRun]:
    """Return what neighbouring texts hold."""
    out = []
    for text in texts:
        for insert, attributes in text.diff():
            if isinstance(insert, str):
                marks = {
                    name: plain_value(value)
                    for name, value in (attributes or {}).items()
                    if value is not None and name != "ychange"
                }
                out.append(StoredRun(insert, marks))
    return out


def patch_text(texts: Sequence[XmlText], seen: Sequence[Node], new: Sequence[Node]) -> None:
    """Change neighbouring ``texts`` as whoever was shown the runs ``seen`` and wants ``new``."""
    old = stored_runs(texts)
    old_text, seen_text, new_text = ("".join(run.text for run in side) for side in (old, seen, new))
    target = _Target(texts, old_text)
    old_starts, seen_starts, new_starts = _starts(old), _starts(seen), _starts(new)
    place_of = _places(seen_text, old_text)
    # From the end, so that places before it stay as they are.
    for step in reversed(_steps(seen_text, new_text)):
        new_borders = _within(new_starts, step.new_from, step.new_to)
        if not step.is_kept:
            target.delete(place_of(step.old_from), place_of(step.old_to))
            for start, end in _backwards(new_borders):
                marks = mark_attributes(_run_at(new, new_starts, start).marks)
                target.insert(place_of(step.old_from), new_text[start:end], marks)
            continue
        shift = step.new_from - step.old_from
        borders = {border - shift for border in new_borders}
        borders |= _within(seen_starts, step.old_from, step.old_to)
        for start, end in _backwards(borders):
            before = _run_at(seen, seen_starts, start).marks
            after = _run_at(new, new_starts, start + shift).marks
            if before == after:
                continue
            inner = _within(old_starts, place_of(start), place_of(end))
            for first, last in _backwards(inner):
                stored = _run_at(old, old_starts, first).marks
                if change := _mark_change(stored, before, after):
                    target.format(first, last, change)


def _places(seen: str, old: str) -> Callable[[int], int]:
    """Return the function from a place in what was shown to the place in what is there."""
    if seen == old:
        return lambda place: place
    steps = _steps(seen, old)
    starts = [step.old_from for step in steps]

    def place_of(place: int) -> int:
        at = bisect_right(starts, place) - 1
        if at < 0 or place >= steps[at].old_to:
            # At the end, or right behind the last stretch.
            return steps[at].new_to if steps and at >= 0 else 0
        step = steps[at]
        return step.new_from + (place - step.old_from if step.is_kept else 0)

    return place_of


def _starts(runs: Sequence[StoredRun] | Sequence[Node]) -> list[int]:
    return _offsets([run.text for run in runs])[:-1]


def _within(starts: Sequence[int], start: int, end: int) -> set[int]:
    return {start, end, *starts[bisect_right(starts, start) : bisect_left(starts, end)]}


def _backwards(borders: set[int]) -> Iterator[tuple[int, int]]:
    ordered = sorted(borders, reverse=True)
    yield from ((start, end) for end, start in pairwise(ordered))


def _run_at(runs: Sequence[Any], starts: Sequence[int], place: int) -> Any:
    return runs[bisect_right(starts, place) - 1]


def _mark_change(
    stored: Mapping[str, Json], seen: Sequence[Mark], new: Sequence[Mark]
) -> dict[str, Any]:
    """Return what ``format`` is to be told; a mark that was not shown, or stays, is not touched."""
    has = {name: mark_of(name, value) for name, value in stored.items()}
    added = [mark for mark in new if mark not in seen]
    change: dict[str, Any] = {}
    for mark in seen:
        if mark not in new:
            exact = [name for name, mark_there in has.items() if same_mark(mark_there, mark)]
            alike = [name for name, mark_there in has.items() if mark_there.type == mark.type]
            change |= dict.fromkeys(exact or alike)
    for mark in added:
        if not any(same_mark(mark_there, mark) for mark_there in has.values()):
            change |= mark_attributes([mark])
    return change


def same_mark(one: Mark, other: Mark) -> bool:
    """Return whether two marks say the same; an attribute that is null says nothing."""
    return one.type == other.type and _said(one.attrs) == _said(other.attrs)


def _said(attrs: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in attrs.items() if value is not None}


class _Target:
    """Neighbouring texts as one, changed from the end to the beginning.

    Args:
        texts: in order.
        before: what they hold together, before the first change.
    """

    def __init__(self, texts: Sequence[XmlText], before: str) -> None:
        self._texts = texts
        self._before = before
        self._bases = [0]
        for text in texts:
            self._bases.append(self._bases[-1] + len(text))
        # Bytes before each character; where all are ASCII the place itself.
        self._bytes = None if before.isascii() else _offsets([char.encode() for char in before])

    def _byte(self, place: int) -> int:
        return place if self._bytes is None else self._bytes[place]

    def _stretches(self, start: int, end: int) -> Iterator[tuple[XmlText, int, int]]:
        """Yield the texts between two places, the last one first, with bytes of their own."""
        first, last = self._byte(start), self._byte(end)
        for number in range(len(self._texts) - 1, -1, -1):
            base, limit = self._bases[number], self._bases[number + 1]
            if max(first, base) < min(last, limit):
                yield self._texts[number], max(first, base) - base, min(last, limit) - base

    def insert(self, place: int, text: str, marks: Mapping[str, Any]) -> None:
        at = self._byte(place)
        number = max(bisect_left(self._bases, at) - 1, 0)
        # An empty dictionary says "no marks"; without it a run inherits those before it.
        self._texts[number].insert(at - self._bases[number], text, dict(marks))

    def delete(self, start: int, end: int) -> None:
        for text, first, last in self._stretches(start, end):
            del text[first:last]

    def format(self, start: int, end: int, change: Mapping[str, Any]) -> None:
        for text, first, last in self._stretches(start, end):
            text.format(first, last, dict(change))


# -- which stretches stay ----------------------------------------------------------------------


def _steps(old: str, new: str) -> list[_Step]:
    """Return steps that cover both texts, in order."""
    old_words, new_words = words(old), words(new)
    numbers: dict[str, int] = {}
    pairs = (
        common(
            [numbers.setdefault(word, len(numbers)) for word in old_words],
            [numbers.setdefault(word, len(numbers)) for word in new_words],
        )
        if likeness(bag_of(old_words), bag_of(new_words)) >= LIKE
        else []
    )
    old_at, new_at = _offsets(old_words), _offsets(new_words)
    steps: list[_Step] = []
    done_old = done_new = 0
    for left, right in [*pairs, (len(old_words), len(new_words))]:
        steps += _trimmed(old, new, _Step(done_old, old_at[left], done_new, new_at[right], False))
        if left < len(old_words):
            done_old, done_new = old_at[left + 1], new_at[right + 1]
            steps.append(_Step(old_at[left], done_old, new_at[right], done_new, True))
    return _joined(steps)


def _trimmed(old: str, new: str, step: _Step) -> Iterator[_Step]:
    """Keep the characters in which both sides of a replaced stretch begin and end alike."""
    left = graphemes(old[step.old_from : step.old_to])
    right = graphemes(new[step.new_from : step.new_to])
    shorter = min(len(left), len(right))
    start = 0
    while start < shorter and left[start] == right[start]:
        start += 1
    end = 0
    while end < shorter - start and left[-1 - end] == right[-1 - end]:
        end += 1
    head, tail = sum(map(len, left[:start])), sum(map(len, left[len(left) - end :]))
    old_from, new_from = step.old_from + head, step.new_from + head
    old_to, new_to = step.old_to - tail, step.new_to - tail
    yield _Step(step.old_from, old_from, step.new_from, new_from, True)
    yield _Step(old_from, old_to, new_from, new_to, False)
    yield _Step(old_to, step.old_to, new_to, step.new_to, True)


def _joined(steps: Sequence[_Step]) -> list[_Step]:
    """Join neighbouring steps of a kind; leave the empty ones out."""
    out: list[_Step] = []
    for step in steps:
        if step.old_from == step.old_to and step.new_from == step.new_to:
            continue
        if out and out[-1].is_kept == step.is_kept:
            first = out.pop()
            step = _Step(first.old_from, step.old_to, first.new_from, step.new_to, step.is_kept)
        out.append(step)
    return out


def _offsets(pieces: Sequence[str] | Sequence[bytes]) -> list[int]:
    out = [0]
    for piece in pieces:
        out.append(out[-1] + len(piece))
    return out


def bag_of(pieces: Sequence[str]) -> Counter[str]:
    """Return how often each word comes; white space is none."""
    return Counter(piece for piece in pieces if not piece.isspace())


def likeness(one: Counter[str], other: Counter[str]) -> float:
    """Return which part of the shorter text is in the other: 0 to 1."""
    few, many = sorted((one, other), key=len)
    least = min(one.total(), other.total())
    return sum(min(count, many[word]) for word, count in few.items()) / least if least else 0.0
