"""The update log in the database: the one place that writes records. See docs/adr/0003.

``seq`` is allotted under a lock on the document's head row, in the transaction that inserts the
records, so numbers have no gaps and no order but that of commits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from django.db import connection, transaction

from collab.crdt.doc import CrdtFailure
from collab.documents.models import Document
from collab.history.compaction import documents_due, joined_state
from collab.history.erasures import erasure_count
from collab.history.log_rows import Head, PostgresqlRows, SqliteRows, statements
from collab.history.merging import note_concerns
from collab.history.models import Checkpoint, ClientBinding, LogHead, UpdateRecord
from collab.history.readable import readable
from collab.room.ports import LogRecord, PendingUpdate, StoredDocument
from collab.types import ClientId, DocumentId, Seq, Update, UserId

#: A turn of the chore begins no other document after this.
TURN_S = 1.0


def _record(row: UpdateRecord) -> LogRecord:
    return LogRecord(
        document_id=DocumentId(row.document_id),
        seq=Seq(row.seq),
        update=Update(bytes(row.update)),
        author_id=None if row.author_id is None else UserId(row.author_id),
        client_ids=tuple(ClientId(client) for client in row.client_ids),
        is_relayed=row.is_relayed,
        kind=row.kind,
        created_at=row.created_at,
    )


def _tails(after: Mapping[DocumentId, Seq]) -> dict[DocumentId, list[LogRecord]]:
    """Return the records of each document after a number of its own, in order. One query."""
    if not after:
        return {}
    is_sqlite = connection.vendor == "sqlite"
    marks = ", ".join(["(%s, %s)" if is_sqlite else "(%s::uuid, %s::bigint)"] * len(after))
    table = UpdateRecord._meta.db_table
    rows = UpdateRecord.objects.raw(
        # The cross join makes SQLite look each document up in the index, in this order.
        f"WITH asked(d, s) AS (VALUES {marks}) SELECT {table}.* FROM asked CROSS JOIN {table} "  # noqa: S608  # names of our own
        "WHERE document_id = d AND seq > s ORDER BY document_id, seq",
        [value for key, seq in after.items() for value in (key.hex, seq)],
    )
    tails: dict[DocumentId, list[LogRecord]] = {}
    for row in rows:
        tails.setdefault(DocumentId(row.document_id), []).append(_record(row))
    return tails


def _bindings(pending: PendingUpdate, owners: Mapping[ClientId, UserId]) -> Iterator[ClientBinding]:
    for client, owner in owners.items():
        yield ClientBinding(document_id=pending.document_id, client_id=client, user_id=owner)


def _owners(document_id: DocumentId, clients: Collection[ClientId]) -> dict[ClientId, UserId]:
    rows = ClientBinding.objects.filter(document_id=document_id, client_id__in=clients)
    return {
        ClientId(client): UserId(user) for client, user in rows.values_list("client_id", "user_id")
    }


class DatabaseUpdateLog:
    """The ``UpdateLog`` port on Django's ORM; SQLite and PostgreSQL alike.

    Args:
        tell: is given the records that the CRDT library cannot read, before a checkpoint is made
            without what they hold; where nobody is to be told, none is made.
    """

    def __init__(self, tell: Callable[[Sequence[LogRecord]], None] | None = None) -> None:
        self._tell = tell

    def append(self, batch: Sequence[PendingUpdate]) -> list[Seq | None]:
        """Commit ``batch`` in one transaction; see the port."""
        rows = statements()
        is_plain = not any(p.binds or p.owners or p.facts is not None for p in batch)
        if is_plain and not connection.in_atomic_block:
            found = rows.at_once(batch)
            if found is not None:
                return [*found]
        with transaction.atomic():
            heads = self._locked_heads(rows, {pending.document_id for pending in batch})
            numbers: list[Seq | None] = []
            numbered: list[tuple[int, PendingUpdate]] = []
            bindings: list[ClientBinding] = []
            moved: dict[DocumentId, Head] = {}
            for pending in batch:
                head = heads.get(pending.document_id)
                if head is None:
                    numbers.append(None)
                    continue
                head.seq += 1
                head.size_bytes += len(pending.update)
                head.edited_at = pending.created_at
                moved[pending.document_id] = head
                numbers.append(Seq(head.seq))
                numbered.append((head.seq, pending))
                if pending.binds and pending.author_id is not None:
                    bindings += _bindings(pending, dict.fromkeys(pending.binds, pending.author_id))
                if pending.owners:
                    bindings += _bindings(pending, pending.owners)
            if numbered:
                rows.insert(numbered)
            if bindings:
                # Two processes may meet a new id at once: the first transaction has it.
                ClientBinding.objects.bulk_create(bindings, ignore_conflicts=True)
            if moved:
                rows.move(moved)
            note_concerns([each for each in numbered if each[1].facts is not None])
        return numbers

    @staticmethod
    def _locked_heads(
        rows: SqliteRows | PostgresqlRows, wanted: Collection[DocumentId]
    ) -> dict[DocumentId, Head]:
        heads = rows.lock(wanted)
        if len(heads) < len(wanted):
            missing = [key for key in wanted if key not in heads]
            known = Document.objects.filter(pk__in=missing).values_list("pk", flat=True)
            if known:
                LogHead.objects.bulk_create(
                    [LogHead(document_id=key) for key in known], ignore_conflicts=True
                )
                heads = rows.lock(wanted)
        return heads

    def load(self, document_id: DocumentId) -> StoredDocument | None:
        """Return the document as stored; see the port."""
        return self.load_many([document_id]).get(document_id)

    def load_many(self, document_ids: Collection[DocumentId]) -> dict[DocumentId, StoredDocument]:
        """Return documents as stored; see the port. Three queries at most."""
        # No transaction: records are never removed, so those after any checkpoint are all there.
        ends = {
            DocumentId(key): (Seq(at or 0), state, Seq(last or 0), erasures or 0)
            for key, at, state, last, erasures in Document.objects.filter(pk__in=document_ids)
            .order_by()
            .values_list(
                "pk",
                "checkpoint__seq",
                "checkpoint__state",
                "log_head__seq",
                "log_head__erasures",
            )
        }
        tails = _tails({key: at for key, (at, _, last, _) in ends.items() if last > at})
        bindings: dict[DocumentId, dict[ClientId, UserId]] = {}
        written = [key for key, (_, _, last, _) in ends.items() if last > 0]
        if written:
            for key, client, user in ClientBinding.objects.filter(
                document_id__in=written
            ).values_list("document_id", "client_id", "user_id"):
                bindings.setdefault(DocumentId(key), {})[ClientId(client)] = UserId(user)
        return {
            key: StoredDocument(
                checkpoint=None if state is None else Update(bytes(state)),
                checkpoint_seq=at,
                records=tuple(tails.get(key, ())),
                bindings=bindings.get(key, {}),
                erasures=erasures,
            )
            for key, (at, state, _, erasures) in ends.items()
        }

    def read_after(self, document_id: DocumentId, seq: Seq, limit: int) -> list[LogRecord]:
        """Return the records after ``seq``; see the port."""
        rows = UpdateRecord.objects.filter(document_id=document_id, seq__gt=seq).order_by("seq")
        records = [_record(row) for row in rows[:limit]]
        relayed = {client for each in records if each.is_relayed for client in each.client_ids}
        if not relayed:
            return records
        # A room learns from any other record whose its ids are; from these it must be told.
        owners = _owners(document_id, relayed)
        return [
            replace(each, owners={c: owners[c] for c in each.client_ids if c in owners})
            if each.is_relayed
            else each
            for each in records
        ]

    def heads(self, document_ids: Collection[DocumentId]) -> dict[DocumentId, Seq]:
        """Return the last numbers; see the port."""
        known = Document.objects.filter(pk__in=document_ids)
        return {
            DocumentId(key): Seq(seq or 0) for key, seq in known.values_list("pk", "log_head__seq")
        }

    def checkpoint(self, document_id: DocumentId) -> Seq:
        """Store the state as of the last record; see the port.

        The state is made from the log, never from a live room: a room may hold what is not
        committed, and a checkpoint of that would be content without a record.
        """
        stored = self.load(document_id)
        if stored is None:
            return Seq(0)
        if stored.records:
            state = self._joined(stored)
            with transaction.atomic():
                LogHead.objects.select_for_update().filter(pk=document_id).first()
                if erasure_count(document_id) != stored.erasures:
                    # What was read may hold what is erased by now; the next turn reads anew.
                    return stored.checkpoint_seq
                current = Checkpoint.objects.filter(pk=document_id).first()
                if current is None or current.seq < stored.seq:
                    Checkpoint.objects.update_or_create(
                        document_id=document_id, defaults={"seq": stored.seq, "state": state}
                    )
        return stored.seq

    def _joined(self, stored: StoredDocument) -> Update:
        try:
            return joined_state(stored.updates)
        except CrdtFailure:
            taken, records = readable(stored)
            if self._tell is None or not records:
                raise
            self._tell(records)
            return joined_state(taken)


def compact_what_is_due(tell: Callable[[Sequence[LogRecord]], None] | None = None) -> None:
    """Do one turn of the chore: documents that grew without a room, by REST or before a crash."""
    ends_at = time.monotonic() + TURN_S
    log = DatabaseUpdateLog(tell)
    for document_id in documents_due():
        if time.monotonic() < ends_at:
            log.checkpoint(document_id)
