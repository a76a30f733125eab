"""Reads of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from collab.documents import policy
from collab.documents.models import Document

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from collab.accounts.models import User


def document_get(document_id: UUID | str) -> Document | None:
    """Return the document, in the trash or not; None where the id is malformed or unknown."""
    try:
        key = document_id if isinstance(document_id, UUID) else UUID(str(document_id))
    except ValueError:
        return None
    return Document.objects.select_related("owner").filter(pk=key).first()


def documents_visible_to(user: User | AnonymousUser) -> QuerySet[Document]:
    """Return the documents that ``user`` may read, last edited first, with ``edited_at``."""
    return _listed(Document.objects.filter(policy.readable_by(user)))


def documents_in_trash_of(user: User | AnonymousUser) -> QuerySet[Document]:
    """Return ``user``'s own documents in the trash, with ``edited_at``."""
    if not user.is_authenticated:
        return Document.objects.none()
    return _listed(Document.objects.filter(owner=user, trashed_at__isnull=False))


def _listed(documents: QuerySet[Document]) -> QuerySet[Document]:
    # The log head lives above this package; its columns are reached by name, no import needed.
    return (
        documents.select_related("owner")
        .annotate(edited_at=Coalesce(F("log_head__edited_at"), F("updated_at")))
        .order_by("-edited_at", "id")
    )
