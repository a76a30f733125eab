"""What others wrote unseen in something that an edit deletes, and what of it no rescue saved.

Asked of edits by REST, whose answer names what is gone. An edit that was made on an old state lists
as deleted what was there then; what came since dies with it and is not listed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from collab.crdt.contents import Content, read_contents, utf16_split
from collab.crdt.gate import Accepted
from collab.crdt.index import Run, StructIndex
from collab.crdt.rescue_fit import LEAVES
from collab.crdt.update import ANY, EMBED, FORMAT, STRING, TYPE, Id, decode_update
from collab.richtext.schema import INLINE
from collab.types import Update

What = Literal["words", "node", "attribute", "format"]
Range = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Elements in a row that die with an edit which does not name them."""

    what: What
    client: int
    clock: int
    length: int
    #: Of an attribute.
    name: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """What is gone, though nobody deleted it who could have seen it."""

    what: What
    #: The words; the name of the node, the attribute or the mark.
    text: str
    client: int


def at_risk(verdict: Accepted, index: StructIndex) -> tuple[AtRisk, ...]:
    """Return what dies with an edit that it does not list; in time that grows with what it deletes.

    Args:
        verdict: the gate's of the edit, which has not admitted it yet.
        index: what the document has.
    """
    return tuple(_Edit(verdict, index).found())


def unsaved(risky: Sequence[AtRisk], rescue: Update | None, states: Sequence[Update]) -> list[Lost]:
    """Return what of it a rescue has not put back.

    Args:
        risky: what ``at_risk`` returned.
        rescue: the follow-up of the edit; None: there is none.
        states: the document before the edit, and the edit.
    """
    if rescue is None:
        names: frozenset[str] = frozenset()
        listed = _Ranges(())
    else:
        contents, deletes = read_contents(rescue)
        names = frozenset(each.value[1] for each in contents if each.ref == TYPE)
        listed = _Ranges(deletes)
    gone = [
        replace(each, clock=start, length=end - start)
        for each in risky
        for start, end in listed.outside(each.client, each.clock, each.clock + each.length)
    ]
    found = _said(gone, states) if gone else []
    # A rescue lists letters and what stands among them; blocks are written anew by their name.
    return [each for each in found if not (each.what == "node" and each.text in names)]


class _Ranges:
    """Ranges of ids."""

    def __init__(self, ranges: Sequence[Range]) -> None:
        self._starts: dict[int, list[int]] = {}
        self._ends: dict[int, list[int]] = {}
        for client, clock, length in sorted(ranges):
            starts = self._starts.setdefault(client, [])
            ends = self._ends.setdefault(client, [])
            if ends and ends[-1] >= clock:
                ends[-1] = max(ends[-1], clock + length)
            else:
                starts.append(clock)
                ends.append(clock + length)

    def has(self, client: int, clock: int) -> bool:
        place = bisect_right(self._starts.get(client, []), clock) - 1
        return place >= 0 and self._ends[client][place] > clock

    def outside(self, client: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield what of ``start .. end`` is in none."""
        starts, ends = self._starts.get(client, []), self._ends.get(client, [])
        place = max(0, bisect_right(starts, start) - 1)
        while start < end:
            while place < len(ends) and ends[place] <= start:
                place += 1
            stop = min(end, starts[place]) if place < len(starts) else end
            if stop > start:
                yield start, stop
            start = max(stop, ends[place]) if place < len(ends) else end


class _Edit:
    def __init__(self, verdict: Accepted, index: StructIndex) -> None:
        self._verdict = verdict
        self._index = index
        self._listed = _Ranges(verdict.deletes)

    def found(self) -> Iterator[AtRisk]:
        seen: set[Id] = set()
        for client, clock, length in self._verdict.deletes:
            for run in self._index.runs_in(client, clock, clock + length):
                each = (client, run.clock)
                if run.ref == TYPE and self._listed.has(*each) and each not in self._index.dead:
                    yield from self._in(each, seen, is_known=True)
        # What the edit itself writes into what is dead by now.
        for client, fresh in self._verdict.runs.items():
            for run in fresh:
                if run.parent in self._index.dead and run.ref in (STRING, EMBED):
                    yield AtRisk("words", client, run.clock, run.length)

    def _in(self, holder: Id, seen: set[Id], *, is_known: bool) -> Iterator[AtRisk]:
        """Yield what is in a type; ``is_known``: the edit lists the type itself."""
        waiting = [(holder, is_known)]
        while waiting:
            parent, is_listed = waiting.pop()
            if parent in seen:
                continue
            seen.add(parent)
            children = [
                (client, run, part)
                for client, run in self._index.children(parent)
                for part in self._unlisted(client, run)
            ]
            letters = [(c, part[0]) for c, run, part in children if run.ref == STRING]
            own = {self._piece_of(*each) for each in letters}
            for client, run, (start, end) in children:
                what = _what(run, is_listed=is_listed)
                if run.ref == TYPE:
                    waiting.append(((client, run.clock), False))
                elif what == "format" and self._piece_of(client, start) in own:
                    continue  # of letters that came with it: these keep their marks
                elif what is not None:
                    yield AtRisk(what, client, start, end - start, run.key or "")
                if run.ref == TYPE and not self._index.children((client, run.clock)):
                    yield AtRisk("node", client, start, 1)

    def _piece_of(self, client: int, clock: int) -> Id:
        """Return where what was written in a row begins."""
        return client, self._index.pieces.before(client, clock)[0]

    def _unlisted(self, client: int, run: Run) -> Iterator[tuple[int, int]]:
        """Yield what of a run lives and is not listed."""
        for start, end in self._listed.outside(client, run.clock, run.clock + run.length):
            at = self._index.deleted_from(client, start)
            while at < end:
                stop = min(end, self._index.next_deleted(client, at))
                yield at, stop
                at = self._index.deleted_from(client, stop)


def _what(run: Run, *, is_listed: bool) -> What | None:
    if run.key is None and run.ref in (STRING, EMBED):
        return "words"
    if run.key is not None and run.ref == ANY and is_listed:
        return "attribute"
    if run.ref == FORMAT and is_listed:
        return "format"
    return None


def _said(gone: Sequence[AtRisk], states: Sequence[Update]) -> list[Lost]:
    """Return what the elements say, in the order of their ids."""
    wanted: dict[int, list[AtRisk]] = {}
    for each in sorted(gone, key=lambda each: (each.client, each.clock)):
        wanted.setdefault(each.client, []).append(each)
    texts = {each: each.name for each in gone}
    for state in states:
        if not any(client in wanted for client in decode_update(state).client_ids):
            continue
        for content in read_contents(state)[0]:
            for each in wanted.get(content.client, ()):
                start = max(each.clock, content.clock)
                end = min(each.clock + each.length, content.clock + content.length)
                if start < end and not each.name:
                    said = _text(content, start - content.clock, end - start)
                    texts[each] += said
    return [
        Lost(each.what, texts[each], each.client)
        for parts in wanted.values()
        for each in parts
        if texts[each] and (each.what != "node" or texts[each] in LEAVES | INLINE)
    ]


def _text(content: Content, start: int, length: int) -> str:
    if content.ref == STRING:
        return utf16_split(utf16_split(content.value, start)[1], length)[0]
    if content.ref == FORMAT:
        return str(content.value[0])
    if content.ref == TYPE:
        return str(content.value[1])
    return "embed" if content.ref == EMBED else ""
