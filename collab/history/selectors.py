"""Reads of the log."""

from __future__ import annotations

from collab.crdt.doc import LiveDoc
from collab.history.models import LogHead
from collab.history.update_log import DatabaseUpdateLog
from collab.room.ports import LogRecord
from collab.types import DocumentId, Seq, Update

#: The state of a document without content: no structs, no deletes.
EMPTY_UPDATE = Update(b"\x00\x00")


def head_seq(document_id: DocumentId) -> Seq:
    """Return the number of the document's last record; 0 when there is none."""
    seq = LogHead.objects.filter(pk=document_id).values_list("seq", flat=True).first()
    return Seq(seq or 0)


def current_state(document_id: DocumentId) -> tuple[Update, Seq]:
    """Return the committed state as one update, and the number of the last record that is in it."""
    stored = DatabaseUpdateLog().load(document_id)
    if stored is None or not stored.updates:
        return EMPTY_UPDATE, Seq(0)
    if stored.checkpoint is not None and not stored.records:
        return stored.checkpoint, stored.seq
    document = LiveDoc.load_readable(stored.updates)
    try:
        return document.diff(), stored.seq
    finally:
        document.close()


def records_after(document_id: DocumentId, seq: Seq, limit: int) -> list[LogRecord]:
    """Return up to ``limit`` records after ``seq``, in order."""
    return DatabaseUpdateLog().read_after(document_id, seq, limit)
