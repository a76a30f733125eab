"""What happened to documents, told by services inside the transaction that does it.

Whoever listens writes in the same transaction: what they note is committed with what happened, or
neither is. No listener may do anything slower than a query, since people wait.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import models
from django.dispatch import Signal

if TYPE_CHECKING:
    from uuid import UUID

    from collab.documents.models import Document


class Happening(models.TextChoices):
    """What can happen: ``subject.verb``, the words that programs know it by."""

    CREATED = "document.created"
    RENAMED = "document.renamed"
    EDITED = "document.edited"
    TRASHED = "document.trashed"
    RESTORED = "document.restored"
    PURGED = "document.purged"
    MEMBER_CHANGED = "member.changed"
    REVISION_CREATED = "revision.created"
    REVISION_NAMED = "revision.named"
    REVISION_RESTORED = "revision.restored"


@dataclass(frozen=True, slots=True)
class Happened:
    """One happening, as it was when it was told."""

    what: Happening
    document_id: UUID
    title: str
    owner_id: int
    #: JSON values; people are ids, under ``person`` and ``people``.
    data: dict[str, Any] = field(default_factory=dict)


#: Sent with ``happened=Happened(…)``.
happening = Signal()


def tell(document: Document, what: Happening, **data: Any) -> None:
    """Tell the listeners what happens to ``document`` in this transaction."""
    happened = Happened(what, document.pk, document.title, document.owner_id, data)
    happening.send(sender=None, happened=happened)
