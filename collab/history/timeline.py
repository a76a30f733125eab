"""The log at a glance, for a scrubber: found by a few look-ups, however long the log is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collab.history.models import Revision, UpdateRecord
from collab.history.selectors import head_seq
from collab.types import DocumentId, Seq

#: Look-ups by number in one query; SQLite takes more, PostgreSQL has no bound that matters.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some records in a row."""

    seq_from: int
    seq_to: int
    since: datetime
    to: datetime
    author_ids: list[int]

    @property
    def edits(self) -> int:
        """How many records there are; numbers have no gaps."""
        return self.seq_to - self.seq_from + 1


@dataclass(frozen=True, slots=True)
class Timeline:
    """The buckets, and the number of the last record."""

    seq: Seq
    buckets: list[Bucket]


def timeline_of(document_id: DocumentId, count: int) -> Timeline:
    """Return the log in up to ``count`` parts of about equal numbers of records.

    Who wrote is read from the revisions, which the log is cut into: no record is read for it.
    """
    head = head_seq(document_id)
    count = min(count, head)
    ends = [head * (place + 1) // count for place in range(count)]
    starts = [1, *(end + 1 for end in ends[:-1])] if ends else []
    times = _times(document_id, sorted({*starts, *ends}))
    revisions = list(
        Revision.objects.filter(document_id=document_id)
        .order_by("seq")
        .values_list("first_seq", "seq", "author_ids")
    )
    buckets, place = [], 0
    for start, end in zip(starts, ends, strict=True):
        while place < len(revisions) and revisions[place][1] < start:
            place += 1
        authors: dict[int, None] = {}
        for first, _last, author_ids in revisions[place:]:
            if first > end:
                break
            authors.update(dict.fromkeys(author_ids))
        buckets.append(Bucket(start, end, times[start], times[end], list(authors)))
    return Timeline(head, buckets)


def _times(document_id: DocumentId, seqs: list[int]) -> dict[int, datetime]:
    times: dict[int, datetime] = {}
    for start in range(0, len(seqs), _AT_ONCE):
        rows = UpdateRecord.objects.filter(
            document_id=document_id, seq__in=seqs[start : start + _AT_ONCE]
        )
        times.update(rows.values_list("seq", "created_at"))
    return times
