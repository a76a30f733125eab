"""Reads of documents."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from collab.accounts.models import User
from collab.accounts.selectors import person_find
from collab.documents import policy
from collab.documents.models import AccessRequest, Document, Draft

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


def document_get(document_id: UUID | str) -> Document | None:
    """Return the document, in the trash or not; None where the id is malformed or unknown."""
    try:
        key = document_id if isinstance(document_id, UUID) else UUID(str(document_id))
    except ValueError:
        return None
    return Document.objects.select_related("owner").filter(pk=key).first()


def documents_visible_to(user: User | AnonymousUser) -> QuerySet[Document]:
    """Return the documents that ``user`` may read, last edited first.

    Each has ``edited_at`` and ``is_draft``.
    """
    return _listed(Document.objects.filter(policy.readable_by(user)))


def people_known_to(user: User, search: str, limit: int = 8) -> list[User]:
    """Return people whom ``user`` may be shown when they look for somebody to share with.

    Those with whom they share a document already, by part of the name; anybody else only by the
    whole user name or address: so nobody can page through all people.
    """
    exact = person_find(search)
    mine = Q(owner=user) | Q(memberships__user=user)
    documents = Document.objects.filter(mine).values("pk")
    people = User.objects.filter(is_active=True, is_guest=False).exclude(pk=user.pk)
    known = people.filter(
        Q(memberships__document__in=documents) | Q(owned_documents__in=documents)
    ).filter(
        Q(display_name__icontains=search)
        | Q(username__icontains=search)
        | Q(first_name__icontains=search)
        | Q(last_name__icontains=search)
    )
    found = list(known.distinct().order_by("display_name", "username")[:limit])
    if exact is not None and exact.pk != user.pk and exact not in found:
        found.insert(0, exact)
    return found


def access_requests_waiting(document_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many people ask to be let into each of the documents, where somebody does."""
    if not document_ids:
        return {}
    rows = AccessRequest.objects.filter(document__in=document_ids, document__trashed_at=None)
    counted = rows.order_by().values("document").annotate(count=Count("pk"))
    return dict(counted.values_list("document", "count"))


def draft_get(document: Document) -> Draft | None:
    """Return what makes the document a draft; None where it is none."""
    found = Draft.objects.select_related("document", "document__owner", "origin", "origin__owner")
    return found.filter(pk=document.pk).first()


def drafts_of(origin: Document, user: User) -> QuerySet[Draft]:
    """Return the open drafts of a document that ``user`` may read, the oldest first."""
    readable = Document.objects.filter(policy.readable_by(user), draft__origin=origin)
    found = Draft.objects.select_related("document", "document__owner", "origin", "origin__owner")
    return found.filter(pk__in=readable.values("pk"))


def drafts_below(document: Document) -> Iterator[Document]:
    """Yield the drafts of a document and theirs, closed ones too."""
    for draft in Draft.objects.filter(origin=document).select_related("document"):
        yield draft.document
        yield from drafts_below(draft.document)


def documents_in_trash_of(user: User | AnonymousUser) -> QuerySet[Document]:
    """Return ``user``'s own documents in the trash, with ``edited_at`` and ``is_draft``."""
    if not user.is_authenticated:
        return Document.objects.none()
    return _listed(Document.objects.filter(owner=user, trashed_at__isnull=False))


def _listed(documents: QuerySet[Document]) -> QuerySet[Document]:
    # The log head lives above this package; its columns are reached by name, no import needed.
    return (
        documents.select_related("owner")
        .annotate(
            edited_at=Coalesce(F("log_head__edited_at"), F("updated_at")),
            is_draft=Exists(Draft.objects.filter(pk=OuterRef("pk"))),
        )
        .order_by("-edited_at", "id")
    )
