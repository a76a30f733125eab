"""Logs to look back on: records of known people at known times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from collab.accounts.models import User
from collab.crdt.update import decode_update
from collab.documents.models import Document
from collab.history.update_log import DatabaseUpdateLog
from collab.room.ports import PendingUpdate
from collab.types import DocumentId, Seq, Update, UserId

BEGAN = datetime(2026, 1, 2, 3, 0, 0, tzinfo=UTC)


def append(
    document: Document,
    author: User,
    updates: Sequence[Update],
    *,
    at_s: float = 0.0,
    step_s: float = 1.0,
    kind: str = "live",
    is_relayed: bool = False,
) -> list[Seq]:
    """Append ``updates`` as ``author``, ``step_s`` apart from ``at_s`` after BEGAN.

    New client ids become the author's, but where the records are relayed.
    """
    pending = []
    for place, update in enumerate(updates):
        clients = tuple(sorted(decode_update(update).client_ids))
        pending.append(
            PendingUpdate(
                document_id=DocumentId(document.pk),
                update=update,
                author_id=UserId(author.pk),
                client_ids=clients,
                is_relayed=is_relayed,
                binds=() if is_relayed else clients,
                created_at=BEGAN + timedelta(seconds=at_s + place * step_s),
                kind=kind,
            )
        )
    numbers = DatabaseUpdateLog().append(pending)
    return [seq for seq in numbers if seq is not None]
