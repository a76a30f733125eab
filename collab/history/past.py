"""The document at any moment: the nearest checkpoint before it, and the records after that.

A moment is the number of a record: the document as it was when that record had come. 0 is the
moment before the first. See docs/history.md.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from typing import TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, PositiveBigIntegerField, Subquery
from django.db.models.functions import Coalesce

from collab.crdt.origins import Origins
from collab.crdt.past import advance, current
from collab.crdt.reader import read_updates
from collab.crdt.unreadable import decode_readable
from collab.history.erasures import erasure_count
from collab.history.models import Checkpoint, HistoryCheckpoint, LogHead, UpdateRecord
from collab.history.selectors import EMPTY_UPDATE, head_seq
from collab.richtext.tree import Node
from collab.types import DocumentId, Seq, Update

T = TypeVar("T")

#: A call of pycrdt holds the GIL, 10 ms a megabyte: what is larger is done in another process.
MAX_BYTES_HERE = 2 * 1024 * 1024
APART_TIMEOUT_S = 120.0
#: A checkpoint is as large as the document: none is made before the log has grown by this part of
#: it, so that all of them together are at most so many times the log.
LOG_PER_CHECKPOINT = 8


class UnknownMoment(LookupError):
    """There is no such moment; the sentence is for people."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in a document's log."""

    document_id: DocumentId
    seq: Seq
    #: When the record came; None before the first.
    at: datetime | None


def moment_by_seq(document_id: DocumentId, seq: int) -> Moment:
    """Return the moment of a record.

    Raises:
        UnknownMoment: there is no such record.
    """
    if seq == 0:
        return Moment(document_id, Seq(0), None)
    at = _time_of(document_id, seq)
    if at is None:
        last = head_seq(document_id)
        raise UnknownMoment(f"There is no record {seq}: the last one is {last}.")
    return Moment(document_id, Seq(seq), at)


def moment_by_time(document_id: DocumentId, time: datetime) -> Moment:
    """Return the last moment at or before a time.

    Records are in the order of time but for the clocks of several servers, so the search halves.

    Raises:
        UnknownMoment: the document had no content yet.
    """
    found = _time_of(document_id, 1)
    if found is None or time < found:
        since = "It has no content yet." if found is None else f"It begins at {found.isoformat()}."
        raise UnknownMoment(f"The document had no content at {time.isoformat()}. {since}")
    low, high = 1, int(head_seq(document_id))
    while low < high:
        middle = (low + high + 1) // 2
        at = _time_of(document_id, middle)
        if at is not None and at <= time:
            low, found = middle, at
        else:
            high = middle - 1
    return Moment(document_id, Seq(low), found)


def _time_of(document_id: DocumentId, seq: int) -> datetime | None:
    row = UpdateRecord.objects.filter(document_id=document_id, seq=seq)
    return row.values_list("created_at", flat=True).first()


# -- states --------------------------------------------------------------------------------


def content_at(moment: Moment) -> Node:
    """Return the document's rich text as of the moment."""
    return _apart(read_updates, _updates_at(moment, may_lack_deleted=True))


def state_at(moment: Moment) -> Update:
    """Return the document's state as of the moment, without what was deleted by then."""
    return _apart(current, _updates_at(moment, may_lack_deleted=True))


def full_state_at(moment: Moment) -> Update:
    """Return the document's state as of the moment, all deleted text in it."""
    state, updates = _stored_at(moment, may_lack_deleted=False)
    if state is not None and not updates:
        return state
    return _apart(advance, _joined(state, updates))


def origins_at(moment: Moment) -> Origins:
    """Return which record brought and which deleted what, up to the moment."""
    whole, upto = Origins(), 0
    stored = HistoryCheckpoint.objects.filter(
        document_id=moment.document_id, seq__lte=moment.seq
    ).order_by("seq")
    for seq, packed in stored.values_list("seq", "origins"):
        whole.extend(Origins.unpack(bytes(packed)))
        upto = seq
    for seq, update in _records(moment.document_id, upto, moment.seq):
        _note(whole, Seq(seq), update)
    return whole


def _note(origins: Origins, seq: Seq, update: Update) -> None:
    origins.add(seq, decode_readable(update))


def _updates_at(moment: Moment, *, may_lack_deleted: bool) -> list[Update]:
    return _joined(*_stored_at(moment, may_lack_deleted=may_lack_deleted))


def _joined(state: Update | None, updates: list[Update]) -> list[Update]:
    return (updates if state is None else [state, *updates]) or [EMPTY_UPDATE]


def _stored_at(moment: Moment, *, may_lack_deleted: bool) -> tuple[Update | None, list[Update]]:
    """Return the nearest stored state and the updates after it."""
    key, upto = moment.document_id, moment.seq
    nearest: Checkpoint | HistoryCheckpoint | None
    nearest = _last_checkpoint(key, upto)
    state = None if nearest is None else Update(zlib.decompress(bytes(nearest.state)))
    if may_lack_deleted:
        current_one = Checkpoint.objects.filter(pk=key, seq__lte=upto).first()
        if current_one is not None and (nearest is None or current_one.seq > nearest.seq):
            nearest, state = current_one, Update(bytes(current_one.state))
    after = 0 if nearest is None else nearest.seq
    return state, [update for _seq, update in _records(key, after, upto)]


def _last_checkpoint(document_id: DocumentId, upto: int) -> HistoryCheckpoint | None:
    stored = HistoryCheckpoint.objects.filter(document_id=document_id, seq__lte=upto)
    return stored.defer("origins").order_by("-seq").first()


def _records(document_id: DocumentId, after: int, upto: int) -> list[tuple[int, Update]]:
    rows = UpdateRecord.objects.filter(document_id=document_id, seq__gt=after, seq__lte=upto)
    return [
        (seq, Update(bytes(update)))
        for seq, update in rows.order_by("seq").values_list("seq", "update")
    ]


def _apart(job: Callable[[Sequence[Update]], T], updates: Sequence[Update]) -> T:
    """Run a job on updates; in another process where one call would hold this one's GIL."""
    if max(map(len, updates)) <= MAX_BYTES_HERE:
        return job(updates)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(job, updates).result(timeout=APART_TIMEOUT_S)


# -- checkpoints ---------------------------------------------------------------------------


def documents_without_checkpoint(limit: int) -> list[DocumentId]:
    """Return documents whose log has grown enough for a history checkpoint."""
    last = HistoryCheckpoint.objects.filter(document_id=OuterRef("pk")).order_by("-seq")
    heads = LogHead.objects.annotate(
        upto=Coalesce(Subquery(last.values("seq")[:1]), 0, output_field=PositiveBigIntegerField())
    ).filter(seq__gte=F("upto") + settings.ENV.history_checkpoint_every)
    return [DocumentId(key) for key in heads.values_list("pk", flat=True)[:limit]]


def history_checkpoint_make(*, document_id: DocumentId) -> Seq | None:
    """Make the next history checkpoint of a document; None: none is due."""
    every = settings.ENV.history_checkpoint_every
    erasures = erasure_count(document_id)
    last = _last_checkpoint(document_id, head_seq(document_id))
    after = 0 if last is None else last.seq
    state = None if last is None else Update(zlib.decompress(bytes(last.state)))
    wanted_bytes = 0 if state is None else len(state) // LOG_PER_CHECKPOINT
    updates = [] if state is None else [state]
    origins = Origins()
    read_bytes, upto = 0, after
    while upto == after or read_bytes < wanted_bytes:
        rows = _records(document_id, upto, upto + every)
        if len(rows) < every:
            return None
        for seq, update in rows:
            updates.append(update)
            _note(origins, Seq(seq), update)
            read_bytes += len(update)
        upto += every
    packed = zlib.compress(_apart(advance, updates), 6)
    with suppress(IntegrityError), transaction.atomic():  # another process may have made it
        LogHead.objects.select_for_update().filter(pk=document_id).first()
        if erasure_count(document_id) != erasures:
            return None
        HistoryCheckpoint.objects.create(
            document_id=document_id, seq=upto, state=packed, origins=origins.pack()
        )
    return Seq(upto)
