"""The follow-up of a record that killed words unseen: one more record, which writes them back.

Which records are of concern is noted with them (``merging.py``); what is to be written is worked
out from the exact log by ``crdt/rescue.py``, in a process of its own where that takes long. Any
process may do it, at any time, and two at once: the first to commit has done it. docs/merging.md.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils import timezone

from collab import metrics
from collab.bus.doorbell import ring_on_commit
from collab.bus.events import MAX_EVENT_BYTES, RecordsCommitted
from collab.crdt.update import DecodedUpdate, decode_update
from collab.documents.models import Document
from collab.history import rescue_process
from collab.history.erasures import erasure_count
from collab.history.ground import Ground
from collab.history.merge_models import MergeNote, MergeWatch
from collab.history.models import ClientBinding, LogHead, UpdateRecord
from collab.history.processes import answer_of
from collab.history.rescue_memory import Memory, memories
from collab.history.rescue_process import TAKEN, Looked, Task, look
from collab.history.selectors import current_state, head_seq
from collab.history.update_log import DatabaseUpdateLog
from collab.room.ports import PendingUpdate
from collab.types import DocumentId, Seq, StateVector, Update, UserId

logger = logging.getLogger(__name__)

#: Seconds between two looks for work that another process has left.
EVERY_S = 5.0
#: Work is left to those who were told of it for so long.
PATIENCE = timedelta(seconds=4)
DOCUMENTS_PER_TURN = 20
TURN_S = 1.0
#: Failures in a row after which the law gives up what it could not do.
MAX_TRIES = 3
#: And then it rests for so long: a look that fails may have cost minutes.
REST = timedelta(hours=1)
#: Records read at a time.
CHUNK = 1000
#: Fewer, and smaller ones, are looked into in this process: a few milliseconds.
HERE_RECORDS = 300
HERE_BYTES = 64 * 1024


class _Outrun(Exception):
    """Another process has looked into the same records, and was quicker."""


def rescue_what_is_due() -> None:
    """Do what is left of processes that ended in between; the chore."""
    ends_at = time.monotonic() + TURN_S
    due = (
        MergeWatch.objects.filter(
            wanted__gt=F("upto"),
            touched_at__lt=timezone.now() - PATIENCE,
            document__frozen_at=None,
            document__trashed_at=None,
        )
        .filter(_not_resting())
        .order_by("touched_at")
        .values_list("pk", flat=True)[:DOCUMENTS_PER_TURN]
    )
    for key in due:
        if time.monotonic() < ends_at:
            rescue_document(DocumentId(key))


def rescue_document(document_id: DocumentId) -> None:
    """Look into what is of concern in a document, and write what must be written.

    Where nobody may write, because it is frozen or in the trash, it waits until they may.

    Raises:
        DatabaseError: the database does not answer; nothing is lost, the chore tries again.
    """
    open_ones = Document.objects.filter(pk=document_id, frozen_at=None, trashed_at=None)
    while True:
        due = MergeWatch.objects.filter(_not_resting(), pk=document_id, wanted__gt=F("upto"))
        watch = due.first()
        if watch is None or not open_ones.exists():
            return
        try:
            _look_once(watch)
        except _Outrun:
            continue
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it was, people go on writing
            memories.forget(document_id)
            _fail(watch, error)
            return


def _not_resting() -> Q:
    return Q(tries__lt=MAX_TRIES) | Q(touched_at__lt=timezone.now() - REST)


def _look_once(watch: MergeWatch) -> None:
    """Look into all that the log has by now."""
    key = DocumentId(watch.pk)
    began = time.monotonic()
    head = head_seq(key)
    erasures = erasure_count(key)
    memory = memories.get(key, erasures=erasures, since=watch.since, upto=watch.upto)
    task = _task(key, memory, watch.since, head)
    known = _written_before(key, task.first - 1, head)
    looked = _looked(task)
    if {seq: each for seq, each in looked.rescues.items() if seq <= watch.upto} != known:
        # Text was erased from the log, or another version wrote them: what they did is taken as
        # anybody's, and the law begins anew behind it.
        logger.info("rescues of %s are not what they were: the law begins anew", key)
        watch.since = watch.upto
        memories.forget(key)
        task = _task(key, Memory(), watch.since, head)
        looked = _looked(task)
    fresh = {seq: rescue for seq, rescue in looked.rescues.items() if seq > watch.upto}
    last = _write(watch, head, fresh)
    memories.keep(key, Memory(looked.dump, head, watch.since, erasures))
    metrics.rescues_written.inc(len(fresh))
    metrics.rescue_seconds.observe(time.monotonic() - began)
    if fresh:
        logger.info("document %s: %d rescues, the last is record %d", key, len(fresh), last)


def _task(key: DocumentId, memory: Memory, since: int, head: int) -> Task:
    updates: list[Update] = []
    kinds: dict[int, str] = {}
    caused = MergeNote.objects.filter(document_id=key, rescue_seq__gt=memory.upto)
    causes = dict(caused.values_list("rescue_seq", "seq"))
    rows = UpdateRecord.objects.filter(document_id=key).order_by("seq")
    for start in range(memory.upto, head, CHUNK):
        part = rows.filter(seq__gt=start, seq__lte=min(start + CHUNK, head))
        for seq, kind, update in part.values_list("seq", "kind", "update"):
            updates.append(Update(bytes(update)))
            if kind == UpdateRecord.Kind.RESCUE.value:
                kinds[seq] = kind if causes.get(seq, 0) > since else TAKEN
            elif kind != UpdateRecord.Kind.LIVE.value:
                kinds[seq] = kind
    notes = MergeNote.objects.filter(document_id=key, seq__gt=memory.upto, seq__lte=head)
    seen: dict[int, StateVector] = {}
    said: dict[int, tuple[int | None, bool | None]] = {}
    for seq, vector, is_meant, upto, is_undo in notes.values_list(
        "seq", "seen", "is_meant", "upto", "is_undo"
    ):
        if vector is not None:
            seen[seq] = StateVector(bytes(vector))
        if upto is not None or is_undo is not None:
            said[seq] = upto, is_undo
        if is_meant:
            kinds[seq] = TAKEN
    return Task(key, memory.upto + 1, since, updates, kinds, seen, said, memory.dump)


def _written_before(key: DocumentId, after: int, upto: int) -> dict[int, Update]:
    """Return the rescues that the log has, by the record that each follows."""
    notes = MergeNote.objects.filter(document_id=key, seq__gt=after, seq__lte=upto)
    by_place = dict(notes.exclude(rescue_seq=None).values_list("rescue_seq", "seq"))
    rows = UpdateRecord.objects.filter(document_id=key, seq__in=list(by_place))
    return {
        by_place[seq]: Update(bytes(update)) for seq, update in rows.values_list("seq", "update")
    }


def _looked(task: Task) -> Looked:
    size = len(task.dump) + sum(map(len, task.updates))
    if len(task.updates) <= HERE_RECORDS and size <= HERE_BYTES:
        return look(task)
    return Looked.read(answer_of(rescue_process.__name__, task.written(), where=settings.BASE_DIR))


def _write(watch: MergeWatch, head: int, rescues: Mapping[int, Update]) -> int:
    """Append rescues, once for all processes; return the number of the last record."""
    key = DocumentId(watch.pk)
    ground = Ground(key, *current_state(key)) if rescues else None
    with transaction.atomic():
        # The head first, as everybody: two never wait for each other.
        last = LogHead.objects.select_for_update().get(pk=key).seq
        current = MergeWatch.objects.select_for_update().get(pk=key)
        if current.upto != watch.upto or current.since > watch.since:
            raise _Outrun
        if ground is not None:
            _check(ground, rescues)
        pending = [_pending(key, seq, rescue) for seq, rescue in sorted(rescues.items())]
        numbers = DatabaseUpdateLog().append(pending)
        for seq, number in zip(sorted(rescues), numbers, strict=True):
            MergeNote.objects.update_or_create(
                document_id=key, seq=seq, defaults={"rescue_seq": number}
            )
        current.since, current.upto = watch.since, head
        current.tries, current.failure = 0, ""
        current.save(update_fields=["since", "upto", "tries", "failure"])
        if pending:
            last += len(pending)
            _ring(key, pending, Seq(last - len(pending) + 1), Seq(last))
    return last


def _check(ground: Ground, rescues: Mapping[int, Update]) -> None:
    """Have a gate look at what is to be written: a room that cannot take it would break.

    Raises:
        ValueError: the document, as it is by now, cannot take it.
    """
    ground.catch_up()
    for seq in sorted(rescues):
        decoded = decode_update(rescues[seq])
        verdict = ground.check(decoded)
        if any(ground.gate.structs.clock(client) for client in decoded.client_ids):
            raise ValueError(f"somebody writes under the client id of the rescue of record {seq}")
        ground.gate.admit(verdict)


def _pending(key: DocumentId, seq: int, rescue: Update) -> PendingUpdate:
    decoded = decode_update(rescue)
    return PendingUpdate(
        document_id=key,
        update=rescue,
        author_id=_author(key, seq, decoded),
        client_ids=tuple(sorted(decoded.client_ids)),
        # Its id is nobody's: what it says is passed on.
        is_relayed=True,
        binds=(),
        created_at=timezone.now(),
        kind=UpdateRecord.Kind.RESCUE.value,
    )


def _author(key: DocumentId, seq: int, rescue: DecodedUpdate) -> UserId | None:
    """Return who wrote most of what is rescued; of one that only deletes, who sent the record.

    What is rescued is listed as deleted, where it was, under the ids of those who wrote it.
    """
    row = UpdateRecord.objects.filter(document_id=key, seq=seq)
    sender = row.values_list("author_id", flat=True).first()
    if rescue.structs:
        units: Counter[int] = Counter()
        for client, _clock, length in rescue.deletes:
            units[client] += length
        owners = dict(
            ClientBinding.objects.filter(document_id=key, client_id__in=list(units)).values_list(
                "client_id", "user_id"
            )
        )
        people: Counter[int] = Counter()
        for client, length in units.items():
            if client in owners:
                people[owners[client]] += length
        if people:
            return UserId(people.most_common(1)[0][0])
    return None if sender is None else UserId(sender)


def _ring(key: DocumentId, appended: list[PendingUpdate], first: Seq, last: Seq) -> None:
    is_small = sum(len(each.update) for each in appended) <= MAX_EVENT_BYTES
    records = tuple(
        (bytes(each.update), each.author_id, each.client_ids, each.is_relayed) for each in appended
    )
    ring_on_commit(RecordsCommitted(key, first, last, records if is_small else ()))


def _fail(watch: MergeWatch, error: Exception) -> None:
    """Note a failure; after some, give up what is of concern by now: nothing goes on for ever."""
    logger.exception("document %s: what is of concern could not be looked into", watch.pk)
    metrics.rescues_failed.inc()
    tries = min(watch.tries + 1, MAX_TRIES)
    rows = MergeWatch.objects.filter(pk=watch.pk, upto=watch.upto)
    if tries < MAX_TRIES:
        rows.update(tries=tries, failure=str(error)[:500], touched_at=timezone.now())
    else:
        head = head_seq(DocumentId(watch.pk))
        rows.update(tries=tries, failure=str(error)[:500], since=head, upto=head)
