"""Who wrote, and who deleted, each element of a document; see docs/history.md.

Whose text is stands in the bindings of client ids to people, which the gate keeps honest; who
deleted, and when, in the log's records by way of ``crdt.origins``. Text that an edit carried from
one block to another (``crdt.carried``) stays its writer's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from collab.crdt.carried import Carried, carried_text
from collab.crdt.origins import Ranges
from collab.crdt.tracked import Element
from collab.crdt.update import Id
from collab.history.models import ClientBinding, Revision, UpdateRecord
from collab.history.past import Moment, origins_at

#: Look-ups by number in one query; for more, all records between are read.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who did something, in which record."""

    #: None: nobody who can be named.
    author_id: int | None
    seq: int
    #: Whether a record of somebody else brought it: what the author did is that person's word.
    is_relayed: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Elements in a row that one record brought."""

    length: int
    by: Authorship


class Authors:
    """Answers for all elements of a document up to a moment.

    Args:
        moment: which.
        root: the document as of then, with its deleted text; None: text that was carried from
            block to block is theirs who carried it.
    """

    def __init__(self, moment: Moment, root: Element | None = None) -> None:
        origins = origins_at(moment)
        self._inserted = Ranges(origins.inserts)
        self._deleted = Ranges(origins.deletes)
        self._carried = (
            Carried() if root is None else carried_text(root, self._inserted, self._deleted)
        )
        self._records = UpdateRecord.objects.filter(document_id=moment.document_id)
        self._bindings = dict(
            ClientBinding.objects.filter(document_id=moment.document_id).values_list(
                "client_id", "user_id"
            )
        )
        #: Who sent the records that hold what others wrote.
        self._relayed = dict(
            self._records.filter(seq__lte=moment.seq, is_relayed=True).values_list(
                "seq", "author_id"
            )
        )
        self._senders: dict[int, int | None] = {}
        self._ends = list(
            Revision.objects.filter(document_id=moment.document_id)
            .order_by("seq")
            .values_list("seq", flat=True)
        )

    def of(self, start: Id, length: int, *, since: int = 0) -> Iterator[Span]:
        """Yield who wrote ``length`` elements from ``start`` on.

        Args:
            start: the first.
            length: how many.
            since: what was there at this record is not looked for any further back: who carried it
                on has put it where it is.
        """
        for taken, source in self._carried.sources(start, length):
            if source is None:
                client, clock = start
                for part, seq in self._inserted.parts(client, clock, clock + taken):
                    yield Span(part, self._writer(client, seq))
            else:
                yield from self._carriers(start, taken, since)
            start = (start[0], start[1] + taken)

    def stretches(self, start: Id, length: int) -> Iterator[Span]:
        """Yield the same, joined where it is by one person in one revision.

        ``seq`` is that of the last record in it.
        """
        last: Span | None = None
        for span in self.of(start, length):
            if last is not None and self.belong(last.by, span.by):
                seq = max(last.by.seq, span.by.seq)
                by = Authorship(last.by.author_id, seq, last.by.is_relayed)
                last = Span(last.length + span.length, by)
                continue
            if last is not None:
                yield last
            last = span
        if last is not None:
            yield last

    def belong(self, one: Authorship, other: Authorship) -> bool:
        """Return whether two are of one person in one revision."""
        return (
            one.author_id == other.author_id
            and one.is_relayed == other.is_relayed
            and self.revision_of(one.seq) == self.revision_of(other.seq)
        )

    def _carriers(self, start: Id, length: int, since: int) -> Iterator[Span]:
        """Yield who wrote text that was carried to where it is."""
        # Not by recursion: what stands below the caret is carried on with each new line.
        waiting = [(start, length)]
        while waiting:
            (client, clock), rest = waiting.pop()
            taken, seq = next(self._inserted.parts(client, clock, clock + rest))
            taken, source = next(self._carried.sources((client, clock), taken))
            if source is not None:
                taken, before = next(self._inserted.parts(*source, source[1] + taken))
                source = source if before > since else None
            if taken < rest:
                waiting.append(((client, clock + taken), rest - taken))
            if source is not None:
                waiting.append((source, taken))
            else:
                yield Span(taken, self._writer(client, seq))

    def deleter(self, start: Id, length: int) -> Iterator[Span]:
        """Yield who deleted ``length`` elements from ``start`` on; what was carried on, there."""
        waiting = [(start, length, 0)]
        while waiting:
            (client, clock), rest, carrier = waiting.pop()
            taken, seq = next(self._deleted.parts(client, clock, clock + rest))
            taken, target = next(self._carried.targets((client, clock), taken))
            if taken < rest:
                waiting.append(((client, clock + taken), rest - taken, carrier))
            if target is not None:
                waiting.append((target, taken, seq))
            else:
                # Not deleted where it was carried to: who carried it took it from where it was.
                last = seq or carrier
                yield Span(taken, Authorship(self._sender(last), last))

    def lost(self, start: Id, length: int) -> Iterator[tuple[int, bool]]:
        """Yield, part by part, how many deleted elements are gone, and not only carried on."""
        for taken, target in self._carried.targets(start, length):
            yield taken, target is None

    def revision_of(self, seq: int) -> int:
        """Return a number that records of one revision share."""
        return bisect_left(self._ends, seq)

    def times(self, seqs: Collection[int]) -> dict[int, datetime]:
        """Return when records came."""
        times: dict[int, datetime] = {}
        ordered = sorted(seqs)
        for start in range(0, len(ordered), _AT_ONCE):
            rows = self._records.filter(seq__in=ordered[start : start + _AT_ONCE])
            times.update(rows.values_list("seq", "created_at"))
        return times

    def _writer(self, client: int, seq: int) -> Authorship:
        bound = self._bindings.get(client)
        if seq in self._relayed:
            sender = self._relayed[seq]
            return Authorship(bound or sender, seq, is_relayed=bound is None or bound != sender)
        return Authorship(self._sender(seq) if bound is None else bound, seq)

    def _sender(self, seq: int) -> int | None:
        if seq not in self._senders:
            # Neighbours are asked about next: one query for all of them, and each is read once.
            start = seq - seq % _AT_ONCE
            near = self._records.filter(seq__gte=start, seq__lt=start + _AT_ONCE)
            self._senders.update(near.values_list("seq", "author_id"))
            self._senders.setdefault(seq, None)
        return self._senders[seq]
