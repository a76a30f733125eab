"""Who wrote, and who deleted, each element of a document; see docs/history.md.

Whose text is stands in the bindings of client ids to people, which the gate keeps honest; who
deleted, and when, in the log's records by way of ``crdt.origins``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from collab.crdt.origins import Ranges
from collab.crdt.update import Id
from collab.history.models import ClientBinding, Revision, UpdateRecord
from collab.history.past import Moment, origins_at
from collab.types import Seq

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
    """Answers for all elements of a document up to a moment."""

    def __init__(self, moment: Moment) -> None:
        origins = origins_at(moment)
        self._inserted = Ranges(origins.inserts)
        self._deleted = Ranges(origins.deletes)
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

    def of(self, start: Id, length: int) -> Iterator[Span]:
        """Yield who wrote ``length`` elements from ``start`` on."""
        for taken, seq in _spans(self._inserted, start, length):
            yield Span(taken, self._writer(start[0], seq))

    def deleter(self, start: Id, length: int) -> Iterator[Span]:
        """Yield who deleted ``length`` elements from ``start`` on."""
        for taken, seq in _spans(self._deleted, start, length):
            yield Span(taken, Authorship(self._sender(seq), seq))

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
            # Neighbours are asked about next: one query for all of them.
            near = self._records.filter(seq__gte=seq - _AT_ONCE, seq__lte=seq + _AT_ONCE)
            self._senders.update(near.values_list("seq", "author_id"))
            self._senders.setdefault(seq, None)
        return self._senders[seq]


def _spans(ranges: Ranges, start: Id, length: int) -> Iterator[tuple[int, Seq]]:
    client, clock = start
    end = clock + length
    while clock < end:
        found = ranges.find(client, clock)
        if found is None:
            seq, stop = Seq(0), ranges.next_start(client, clock) or end
        else:
            seq, stop = found
        stop = min(stop, end)
        yield stop - clock, seq
        clock = stop
