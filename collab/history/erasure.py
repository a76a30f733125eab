"""Erasing a stretch of history for good; the one way in which the log is ever rewritten.

What could be read at some moment of the stretch and is not in the document now is taken out of
every record and checkpoint. Records keep their numbers, times and authors, and Yjs's elements keep
their ids, as deleted ones: replicas go on as before. See docs/history.md and ADR 0020.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import connection, transaction

from collab.audit.services import audit_record
from collab.bus.doorbell import ring_on_commit
from collab.bus.events import RoomClosed
from collab.crdt.idle import deletion_of, idle_formats
from collab.crdt.lineage import deletion_of_ranges, minus
from collab.crdt.origins import Entry, Ranges
from collab.crdt.scrub import scrub
from collab.crdt.update import UpdateError, decode_update
from collab.documents.models import Draft
from collab.history.models import (
    Checkpoint,
    Erasure,
    HistoryCheckpoint,
    LogHead,
    UpdateRecord,
)
from collab.history.past import Moment, full_state_at, moment_by_seq, origins_at
from collab.history.selectors import current_state, head_seq
from collab.history.services import update_append
from collab.lib0 import EncodingError
from collab.types import DocumentId, Update

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.documents.models import Document

#: Records read at a time.
CHUNK = 1000


class NothingToErase(ValueError):
    """All that could be read in the stretch is in the document now, or was erased before."""


def history_erase(
    *, document: Document, first: Moment, last: Moment, actor: User, reason: str = ""
) -> Erasure:
    """Erase what could be read from ``first`` to ``last`` and is not in the document now.

    Open rooms are closed and built anew; pages throw away what they kept on their device.

    Raises:
        NothingToErase: there is no such text.
        EditRefused: the document takes no edit, so that marks without text could not be deleted.
    """
    key = DocumentId(document.pk)
    _delete_idle_marks(document, last, actor)
    now = moment_by_seq(key, head_seq(key))
    entries = list(_erased(now, first, last))
    erased = Ranges(entries)
    _forget_overwritten()
    # Most of the work needs no lock: records do not change. Who writes meanwhile does not wait.
    changed = _scrubbed_records(key, 0, now.seq, erased)
    with transaction.atomic():
        head = LogHead.objects.select_for_update().get(pk=key)
        changed += _scrubbed_records(key, now.seq, head.seq, erased)
        if not changed:
            raise NothingToErase
        _scrub(key, changed, erased)
        drafts = _erase_in_drafts(key, entries, actor)
        erasure = Erasure.objects.create(
            document=document,
            first_seq=first.seq,
            last_seq=last.seq,
            actor=actor,
            elements=sum(length for _client, _clock, length, _seq in entries),
        )
        audit_record(
            action="history.erase",
            actor=actor,
            subject=document.title,
            document_id=document.pk,
            first_seq=int(first.seq),
            last_seq=int(last.seq),
            elements=erasure.elements,
            drafts=drafts,
            reason=reason,
        )
        ring_on_commit(RoomClosed(key, has_erased=True))
    _drop_old_pages()
    return erasure


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


def _scrubbed_records(
    document_id: DocumentId, after: int, upto: int, erased: Ranges
) -> list[UpdateRecord]:
    """Return the records that said something of what is erased, without it; not saved yet."""
    changed: list[UpdateRecord] = []
    for start in range(after, upto, CHUNK):
        end = min(start + CHUNK, upto)
        rows = UpdateRecord.objects.filter(document_id=document_id, seq__gt=start, seq__lte=end)
        for row in rows.order_by("seq"):
            # A row that cannot be read holds nothing that was ever shown.
            with suppress(EncodingError, UpdateError):
                update = scrub(Update(bytes(row.update)), erased)
                if update is not None:
                    row.update = update
                    changed.append(row)
    return changed


def _scrub(document_id: DocumentId, changed: list[UpdateRecord], erased: Ranges) -> None:
    UpdateRecord.objects.bulk_update(changed, ["update"], batch_size=200)
    _scrub_checkpoints(document_id, erased)


def _erase_in_drafts(document_id: DocumentId, entries: Collection[Entry], actor: User) -> int:
    """Erase the same elements in the drafts of a document, and in theirs; return in how many.

    A draft may still show them: there they are deleted first, by an edit that every replica sees.
    """
    erased = Ranges(entries)
    count = 0
    for draft in Draft.objects.filter(origin_id=document_id).select_related("document"):
        key = DocumentId(draft.pk)
        shown = _shown_of(key, entries)
        if shown:
            update_append(
                document=draft.document,
                actor=actor,
                kind=UpdateRecord.Kind.API,
                update=deletion_of_ranges(shown),
            )
        head = LogHead.objects.select_for_update().filter(pk=key).first()
        changed = _scrubbed_records(key, 0, 0 if head is None else head.seq, erased)
        if changed:
            _scrub(key, changed, erased)
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
    # The chore makes those of history again, from the records.
    HistoryCheckpoint.objects.filter(document_id=document_id).delete()
    current = Checkpoint.objects.select_for_update().filter(pk=document_id).first()
    state = None if current is None else scrub(Update(bytes(current.state)), erased)
    if current is not None and state is not None:
        current.state = state
        current.save(update_fields=["state", "created_at"])


def _forget_overwritten() -> None:
    """Have SQLite write zeros over what is overwritten; PostgreSQL has vacuum for that."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete=ON")


def _drop_old_pages() -> None:
    """Empty SQLite's write-ahead log, where pages as they were before may stand."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
