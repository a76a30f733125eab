"""The end of an account: what becomes of its documents, then of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from collab.accounts.services import person_anonymise
from collab.documents.folders import folder_member_remove, folder_remove
from collab.documents.models import (
    AccessRequest,
    Document,
    Folder,
    FolderMembership,
    Invitation,
    LinkVisit,
    Membership,
    Star,
)
from collab.documents.services import document_trash, ring_access
from collab.documents.sharing import document_transfer

if TYPE_CHECKING:
    from collab.accounts.models import User


@transaction.atomic
def account_delete(*, user: User, heir: User | None, actor: User) -> None:
    """End an account: its documents go to ``heir``, or to the trash; its words stay, nameless.

    Folders go to the heir as well; without one they are taken away, and what others have put into
    them lies in no folder then.

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
    for role in FolderMembership.objects.filter(user=user).select_related("folder"):
        folder_member_remove(folder=role.folder, user_id=user.pk, actor=actor)
    _leave_folders(user, heir, actor)
    for rows in (AccessRequest, LinkVisit, Star):
        rows.objects.filter(user=user).delete()
    Invitation.objects.filter(invited_by=user).delete()
    person_anonymise(user=user, actor=actor)


def _leave_folders(user: User, heir: User | None, actor: User) -> None:
    folders = Folder.objects.filter(owner=user)
    if heir is None:
        # From the top: what lies in one moves up, until it lies in none.
        while (folder := folders.filter(parent=None).first()) is not None:
            folder_remove(folder=folder)
        return
    for role in FolderMembership.objects.filter(folder__in=folders, user=heir):
        folder_member_remove(folder=role.folder, user_id=heir.pk, actor=actor)
    for document in Document.objects.filter(folder__in=folders):
        ring_access(document)
    folders.update(owner=heir)
