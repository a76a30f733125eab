"""The end of an account: what becomes of its documents, then of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from collab.accounts.services import person_anonymise
from collab.documents.models import (
    AccessRequest,
    Document,
    Invitation,
    LinkVisit,
    Membership,
)
from collab.documents.services import document_trash, ring_access
from collab.documents.sharing import document_transfer

if TYPE_CHECKING:
    from collab.accounts.models import User


@transaction.atomic
def account_delete(*, user: User, heir: User | None, actor: User) -> None:
    """End an account: its documents go to ``heir``, or to the trash; its words stay, nameless.

    Raises:
        MemberError: the heir cannot own a document.
    """
    for document in Document.objects.filter(owner=user).select_related("owner"):
        if heir is not None:
            document_transfer(document=document, to=heir, actor=actor)
        elif document.trashed_at is None:
            document_trash(document=document)
    for membership in Membership.objects.filter(user=user).select_related("document"):
        membership.delete()
        ring_access(membership.document, user.pk)
    for rows in (AccessRequest, LinkVisit):
        rows.objects.filter(user=user).delete()
    Invitation.objects.filter(invited_by=user).delete()
    person_anonymise(user=user, actor=actor)
