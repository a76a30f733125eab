"""Erasing a stretch of history for good; the one way in which the log is ever rewritten.

What could be read at some moment of the stretch and is not in the document now is taken out of
every record and checkpoint. Records keep their numbers, times and authors, and Yjs's elements keep
their ids, as deleted ones: replicas go on as before. See docs/history.md and ADR 0020.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from collab.audit.services import audit_record
from collab.bus.doorbell import ring_on_commit
from collab.bus.events import RoomClosed
from collab.crdt.idle import deletion_of, idle_formats
from collab.crdt.lineage import deletion_of_ranges, minus
from collab.crdt.origins import Entry, Ranges
from collab.crdt.scrub import scrub
from collab.crdt.update import UpdateError, decode_update
from collab.documents.models import Draft
from collab.history.collector import no_full_collection
from collab.history.models import (
    Checkpoint,
    Erasure,
    HistoryCheckpoint,
    LogHead,
    UpdateRecord,
)
from collab.history.past import Moment, full_state_at, moment_by_seq, origins_at
from collab.history.rescued_text import with_twins
from collab.history.selectors import current_state, head_seq
from collab.history.services import EditRefused, update_append
from collab.lib0 import EncodingError
from collab.types import DocumentId, Update

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.documents.models import Document

logger = logging.getLogger(__name__)

#: Records read at a time.
CHUNK = 1000
#: How often SQLite's write-ahead log is tried to be emptied, and the seconds between.
EMPTYING_TRIES = 20
EMPTYING_REST_S = 0.25

#: A process that has not gone on for so long has died over it.
STALE = timedelta(minutes=5)


class NothingToErase(ValueError):
    """All that could be read in the stretch is in the document now, or was erased before."""


class ErasureUnderWay(ValueError):
    """The document has an erasure that is not done yet."""


def history_erase(
    *, document: Document, first: Moment, last: Moment, actor: User, reason: str = ""
) -> Erasure:
    """Erase, at once, what could be read from ``first`` to ``last`` and is not there now.

    Raises:
        ErasureUnderWay: another one is.
        NothingToErase: there is no such text.
        EditRefused: the document takes no edit, so that marks without text could not be deleted.
    """
    erasure = erasure_ask(
        document=document, first=first, last=last, actor=actor, reason=reason, is_claimed=True
    )
    try:
        erasure_carry_out(erasure=erasure)
    except (NothingToErase, EditRefused):
        erasure.delete()
        raise
    return erasure


def erasure_ask(
    *,
    document: Document,
    first: Moment,
    last: Moment,
    actor: User,
    reason: str = "",
    is_claimed: bool = False,
) -> Erasure:
    """Note that a stretch is to be erased; ``erasure_carry_out`` does it.

    Args:
        document: which.
        first: the stretch's first record.
        last: its last one.
        actor: who wants it.
        reason: in words, for the audit log and the history.
        is_claimed: whether the caller carries it out now.

    Raises:
        ErasureUnderWay: another one is.
    """
    try:
        with transaction.atomic():
            return Erasure.objects.create(
                document=document,
                first_seq=first.seq,
                last_seq=last.seq,
                actor=actor,
                reason=reason,
                state=Erasure.State.RUNNING if is_claimed else Erasure.State.WAITING,
                to_scan=head_seq(DocumentId(document.pk)),
                touched_at=timezone.now(),
            )
    except IntegrityError as error:
        raise ErasureUnderWay from error


def erasure_claim() -> Erasure | None:
    """Take one that waits, or that a process has died over; None: there is none."""
    stale = timezone.now() - STALE
    with transaction.atomic():
        found = (
            Erasure.objects.select_for_update(skip_locked=True)
            .filter(
                Q(state=Erasure.State.WAITING)
                | Q(state=Erasure.State.RUNNING, touched_at__lt=stale)
            )
            .order_by("id")
            .first()
        )
        if found is not None:
            found.state, found.touched_at = Erasure.State.RUNNING, timezone.now()
            found.save(update_fields=["state", "touched_at"])
    return found


def erasure_fail(*, erasure: Erasure, why: str) -> None:
    """Note that it cannot be done."""
    erasure.state, erasure.failure = Erasure.State.FAILED, why
    erasure.save(update_fields=["state", "failure"])


@no_full_collection()
def erasure_carry_out(*, erasure: Erasure) -> None:
    """Erase a stretch, a thousand records at a time; begun anew, it goes on.

    Open rooms are closed in the end and built anew; pages throw away what they kept on their
    device.

    Raises:
        NothingToErase: there is no such text.
        EditRefused: the document takes no edit, so that marks without text could not be deleted.
    """
    document = erasure.document
    key = DocumentId(document.pk)
    first, last = (moment_by_seq(key, seq) for seq in (erasure.first_seq, erasure.last_seq))
    _delete_idle_marks(document, last, erasure.actor or document.owner)
    now = moment_by_seq(key, head_seq(key))
    entries = _without_shown(now, with_twins(now, _erased(now, first, last)))
    erased = Ranges(entries)
    erasure.to_scan = now.seq
    # No lock is needed for most of it: records do not change, and one without its text fits as well
    # as with it. Who writes meanwhile does not wait.
    for start in range(0, now.seq, CHUNK):
        end = min(start + CHUNK, now.seq)
        if _scrub_records(key, start, end, erased):
            erasure.elements = sum(length for _client, _clock, length, _seq in entries)
        erasure.scanned, erasure.touched_at = end, timezone.now()
        erasure.save(update_fields=["elements", "scanned", "to_scan", "touched_at"])
    with transaction.atomic():
        head = LogHead.objects.select_for_update().get(pk=key)
        if _scrub_records(key, now.seq, head.seq, erased) and not erasure.elements:
            erasure.elements = sum(length for _client, _clock, length, _seq in entries)
        if not erasure.elements:
            raise NothingToErase
        _scrub_checkpoints(key, erased)
        drafts = _erase_in_drafts(key, entries, erasure.actor or document.owner)
        erasure.state = Erasure.State.DONE
        erasure.save(update_fields=["elements", "state"])
        audit_record(
            action="history.erase",
            actor=erasure.actor,
            subject=document.title,
            document_id=document.pk,
            first_seq=int(first.seq),
            last_seq=int(last.seq),
            elements=erasure.elements,
            drafts=drafts,
            reason=erasure.reason,
        )
        ring_on_commit(RoomClosed(key, has_erased=True))
    drop_old_pages()


def _delete_idle_marks(document: Document, last: Moment, actor: User) -> None:
    """Delete what deleted text has left behind, by an edit that every replica sees."""
    now = moment_by_seq(last.document_id, head_seq(last.document_id))
    came = Ranges(origins_at(now).inserts)
    idle = [
        each
        for each in idle_formats(full_state_at(now))
        if (found := came.find(*each)) is not None and found[0] <= last.seq
    ]
    if idle:
        update_append(
            document=document,
            actor=actor,
            kind=UpdateRecord.Kind.API,
            update=deletion_of(idle),
        )


def _erased(now: Moment, first: Moment, last: Moment) -> Iterable[Entry]:
    """Yield the elements that were there in the stretch, or came in it, and are deleted now."""
    origins = origins_at(now)
    inserted, deleted = Ranges(origins.inserts), Ranges(origins.deletes)
    for client, clock, length in decode_update(full_state_at(now)).deletes:
        place, end = clock, clock + length
        while place < end:
            came, came_end = inserted.find(client, place) or (0, end)
            went = deleted.find(client, place)
            went_end = went[1] if went else deleted.next_start(client, place) or end
            stop = min(end, came_end, went_end)
            # What was put into something deleted was never seen: its own record is its time.
            since = went[0] if went else came
            if came <= last.seq and since >= first.seq:
                yield client, place, stop - place, 0
            place = stop


def _without_shown(now: Moment, entries: Collection[Entry]) -> list[Entry]:
    """Return those that are deleted now: what was rescued may be there still."""
    gone = Ranges((*each, 0) for each in decode_update(full_state_at(now)).deletes)
    out: list[Entry] = []
    for client, clock, length, seq in entries:
        place, end = clock, clock + length
        while place < end:
            found = gone.find(client, place)
            stop = found[1] if found else gone.next_start(client, place) or end
            stop = min(stop, end)
            if found is not None:
                out.append((client, place, stop - place, seq))
            place = stop
    return out


def _scrub_records(document_id: DocumentId, after: int, upto: int, erased: Ranges) -> int:
    """Take out of records what is erased; return of how many there was something to take."""
    changed: list[UpdateRecord] = []
    rows = UpdateRecord.objects.filter(document_id=document_id, seq__gt=after, seq__lte=upto)
    for row in rows.order_by("seq"):
        # A row of which nothing can be read holds nothing that was ever shown.
        with suppress(EncodingError, UpdateError):
            update = scrub(Update(bytes(row.update)), erased)
            if update is not None:
                row.update = update
                changed.append(row)
    UpdateRecord.objects.bulk_update(changed, ["update"], batch_size=200)
    return len(changed)


def _erase_in_drafts(document_id: DocumentId, asked: Collection[Entry], actor: User) -> int:
    """Erase the same elements in the drafts of a document, and in theirs; return in how many.

    A draft may still show them: there they are deleted first, by an edit that every replica sees.
    """
    count = 0
    for draft in Draft.objects.filter(origin_id=document_id).select_related("document"):
        key = DocumentId(draft.pk)
        # What was rescued in the draft has ids that the original does not know.
        entries = with_twins(moment_by_seq(key, head_seq(key)), asked)
        erased = Ranges(entries)
        shown = _shown_of(key, entries)
        if shown:
            update_append(
                document=draft.document,
                actor=actor,
                kind=UpdateRecord.Kind.API,
                update=deletion_of_ranges(shown),
            )
        head = LogHead.objects.select_for_update().filter(pk=key).first()
        last = 0 if head is None else head.seq
        if sum(_scrub_records(key, at, at + CHUNK, erased) for at in range(0, last, CHUNK)):
            _scrub_checkpoints(key, erased)
            ring_on_commit(RoomClosed(key, has_erased=True))
            count += 1
        count += _erase_in_drafts(key, entries, actor)
    return count


def _shown_of(document_id: DocumentId, entries: Collection[Entry]) -> list[tuple[int, int, int]]:
    """Return which of the elements a document has and has not deleted."""
    decoded = decode_update(current_state(document_id)[0])
    clocks: dict[int, int] = {}
    for struct in decoded.structs:
        end = struct.clock + struct.length
        clocks[struct.client] = max(clocks.get(struct.client, 0), end)
    there = [
        (client, clock, min(length, clocks.get(client, 0) - clock))
        for client, clock, length, _seq in entries
        if clocks.get(client, 0) > clock
    ]
    return list(minus(there, decoded.deletes))


def _scrub_checkpoints(document_id: DocumentId, erased: Ranges) -> None:
    """Take out of checkpoints what is erased, and count (``erasures.py``); the head is locked."""
    # The chore makes those of history again, from the records.
    HistoryCheckpoint.objects.filter(document_id=document_id).delete()
    LogHead.objects.filter(pk=document_id).update(erasures=F("erasures") + 1)
    current = Checkpoint.objects.select_for_update().filter(pk=document_id).first()
    state = None if current is None else scrub(Update(bytes(current.state)), erased)
    if current is not None and state is not None:
        current.state = state
        current.save(update_fields=["state", "created_at"])


def drop_old_pages() -> None:
    """Empty SQLite's write-ahead log, where pages as they were before may stand.

    Who reads just now keeps it from that; it is tried again, for some seconds.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    for _ in range(EMPTYING_TRIES):
        with connection.cursor() as cursor:
            is_busy, *_counts = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not is_busy:
            return
        time.sleep(EMPTYING_REST_S)
    logger.warning("The write-ahead log could not be emptied: somebody reads all the time")
