"""What a document holds beside the rich text: what it is, how much, and who wrote it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from collab.crdt.contents import read_contents
from collab.crdt.order import Order
from collab.crdt.roots import Root, measured
from collab.crdt.whole import has_roots
from collab.history.authors import Authors, Authorship
from collab.history.past import Moment, full_state_at
from collab.types import Update

MAX_EXCERPT_CHARS = 200


@dataclass(frozen=True, slots=True)
class RootRun:
    """Elements of a root that stand in a row, by one person in one revision."""

    #: Counted over all that is in the root, in order: UTF-16 units of text, values, types.
    start: int
    end: int
    by: Authorship


def roots_at(moment: Moment, current: Update | None = None) -> list[Root]:
    """Return the roots that hold something, by name.

    Args:
        moment: of a document.
        current: its state then, where it is at hand: nearly no document has another root, and that
            is told from it at once.
    """
    if current is not None and not has_roots(current):
        return []
    return measured(Order(*read_contents(full_state_at(moment) if current is None else current)))


def runs_in(root: Root, authors: Authors) -> Iterator[RootRun]:
    """Yield who wrote what is in a root."""
    last: RootRun | None = None
    place = 0
    for start, length in root.pieces:
        for span in authors.stretches(start, length):
            run = RootRun(place, place + span.length, span.by)
            place = run.end
            if last is not None and authors.belong(last.by, run.by):
                seq = max(last.by.seq, run.by.seq)
                last = RootRun(last.start, run.end, replace(last.by, seq=seq))
                continue
            if last is not None:
                yield last
            last = run
    if last is not None:
        yield last


def writers_of(root: Root, authors: Authors) -> list[int]:
    """Return the ids of who wrote what is in a root, who wrote most first."""
    units: Counter[int] = Counter()
    for run in runs_in(root, authors):
        if run.by.author_id is not None:
            units[run.by.author_id] += run.end - run.start
    return [person for person, _ in units.most_common()]


def excerpt(root: Root) -> str:
    """Return the beginning of what is in a root, as text or as JSON."""
    value = root.value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    is_long = len(text) > MAX_EXCERPT_CHARS
    return text[: MAX_EXCERPT_CHARS - 1] + "…" if is_long else text
