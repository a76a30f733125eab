"""The update log in memory, for simulations: it sits the same exam as the one in the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from collab.crdt.doc import LiveDoc
from collab.room.ports import LogRecord, PendingUpdate, StoredDocument
from collab.types import ClientId, DocumentId, Seq, Update, UserId

#: The number before the first.
NOTHING = Seq(0)


class UnknownAuthor(Exception):
    """What a foreign key says in a database."""


@dataclass
class _Document:
    records: list[LogRecord] = field(default_factory=list)
    bindings: dict[ClientId, UserId] = field(default_factory=dict)
    checkpoint: Update | None = None
    checkpoint_seq: Seq = NOTHING


class MemoryLog:
    """The ``UpdateLog`` port on dictionaries."""

    def __init__(self) -> None:
        self.authors: set[UserId] = set()
        self._documents: dict[DocumentId, _Document] = {}

    def add_document(self, document_id: DocumentId) -> None:
        self._documents[document_id] = _Document()

    def append(self, batch: Sequence[PendingUpdate]) -> list[Seq | None]:
        if unknown := {p.author_id for p in batch if p.author_id is not None} - self.authors:
            raise UnknownAuthor(unknown)
        return [self._append(pending) for pending in batch]

    def _append(self, pending: PendingUpdate) -> Seq | None:
        document = self._documents.get(pending.document_id)
        if document is None:
            return None
        seq = Seq(len(document.records) + 1)
        document.records.append(
            LogRecord(
                document_id=pending.document_id,
                seq=seq,
                update=pending.update,
                author_id=pending.author_id,
                client_ids=pending.client_ids,
                is_relayed=pending.is_relayed,
                kind=pending.kind,
                created_at=pending.created_at,
            )
        )
        if pending.author_id is not None:
            for client in pending.binds:
                document.bindings.setdefault(client, pending.author_id)
        for client, owner in pending.owners.items():
            document.bindings.setdefault(client, owner)
        return seq

    def load(self, document_id: DocumentId) -> StoredDocument | None:
        document = self._documents.get(document_id)
        if document is None:
            return None
        return StoredDocument(
            document.checkpoint,
            document.checkpoint_seq,
            tuple(document.records[document.checkpoint_seq :]),
            dict(document.bindings),
        )

    def load_many(self, document_ids: Collection[DocumentId]) -> dict[DocumentId, StoredDocument]:
        found = {key: self.load(key) for key in document_ids}
        return {key: stored for key, stored in found.items() if stored is not None}

    def read_after(self, document_id: DocumentId, seq: Seq, limit: int) -> list[LogRecord]:
        document = self._documents.get(document_id)
        if document is None:
            return []
        known = document.bindings
        return [
            replace(each, owners={c: known[c] for c in each.client_ids if c in known})
            if each.is_relayed
            else each
            for each in document.records[seq : seq + limit]
        ]

    def heads(self, document_ids: Collection[DocumentId]) -> dict[DocumentId, Seq]:
        return {
            key: Seq(len(self._documents[key].records))
            for key in document_ids
            if key in self._documents
        }

    def checkpoint(self, document_id: DocumentId) -> Seq:
        stored = self.load(document_id)
        if stored is None:
            return Seq(0)
        if stored.records:
            replica = LiveDoc.load(stored.updates)
            document = self._documents[document_id]
            document.checkpoint, document.checkpoint_seq = replica.diff(), stored.seq
            replica.close()
        return stored.seq
