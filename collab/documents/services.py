"""Changes to documents. Each checks nothing: callers ask ``policy`` first, then call one of these.

Live rooms are told by events that leave on commit; no room is touched from here.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from collab.audit.services import audit_record
from collab.bus.doorbell import ring_on_commit
from collab.bus.events import AccessChanged, TitleChanged
from collab.documents.happenings import Happening, tell
from collab.documents.models import AccessRequest, Document, Membership, Role
from collab.types import DocumentId, UserId

if TYPE_CHECKING:
    from collab.accounts.models import User

MAX_TITLE_CHARS = 255


class MemberError(ValueError):
    """A membership that cannot be: the sentence says why."""


def ring_access(document: Document, user_id: int | None = None) -> None:
    """Have the rights of ``user_id`` (None: of everybody) looked up again in the open rooms."""
    who = None if user_id is None else UserId(user_id)
    ring_on_commit(AccessChanged(DocumentId(document.pk), who))


def document_lock(document: Document) -> Document:
    """Return the document as it is now, locked until the transaction ends: one change at a time."""
    # Without a join: PostgreSQL would drop the row where the owner has changed while it waited.
    return Document.objects.select_for_update().get(pk=document.pk)


@transaction.atomic
def document_create(
    *, owner: User, title: str = "", document_id: uuid.UUID | None = None
) -> Document:
    """Make an empty document of ``owner``'s."""
    document = Document.objects.create(
        id=document_id or uuid.uuid4(), owner=owner, title=title.strip()[:MAX_TITLE_CHARS]
    )
    tell(document, Happening.CREATED)
    return document


@transaction.atomic
def document_rename(*, document: Document, title: str) -> None:
    """Give the document another title; open pages are told."""
    document.title = title.strip()[:MAX_TITLE_CHARS]
    document.save(update_fields=["title", "updated_at"])
    tell(document, Happening.RENAMED)
    ring_on_commit(TitleChanged(DocumentId(document.pk), document.title))


@transaction.atomic
def document_trash(*, document: Document, actor: User | None = None) -> None:
    """Put the document in the trash; its live sockets are closed.

    Args:
        document: what goes there.
        actor: the administrator who does it, for the audit log; None: its owner.
    """
    if document.trashed_at is None:
        document.trashed_at = timezone.now()
        document.save(update_fields=["trashed_at", "updated_at"])
        tell(document, Happening.TRASHED)
        if actor is not None:
            _note("document.trash", document, actor)
    ring_access(document)


@transaction.atomic
def document_restore(*, document: Document, actor: User | None = None) -> None:
    """Take the document out of the trash; ``actor`` as for ``document_trash``."""
    if document.trashed_at is not None:
        document.trashed_at = None
        document.save(update_fields=["trashed_at", "updated_at"])
        tell(document, Happening.RESTORED)
        if actor is not None:
            _note("document.restore", document, actor)
    ring_access(document)


def _note(action: str, document: Document, actor: User) -> None:
    audit_record(action=action, actor=actor, subject=document.title, document_id=document.pk)


@transaction.atomic
def document_purge(*, document: Document, actor: User | None) -> None:
    """Erase the document with its history, files and index; nothing brings it back."""
    audit_record(
        action="document.purge", actor=actor, subject=document.title, document_id=document.pk
    )
    tell(document, Happening.PURGED)
    document.delete()


@transaction.atomic
def document_freeze(*, document: Document, actor: User) -> None:
    """Stop all writing in the document, now and in every open page."""
    if document.frozen_at is None:
        document.frozen_at = timezone.now()
        document.save(update_fields=["frozen_at", "updated_at"])
        audit_record(
            action="document.freeze", actor=actor, subject=document.title, document_id=document.pk
        )
    ring_access(document)


@transaction.atomic
def document_unfreeze(*, document: Document, actor: User) -> None:
    """Let people write again, each as their role allows."""
    if document.frozen_at is not None:
        document.frozen_at = None
        document.save(update_fields=["frozen_at", "updated_at"])
        audit_record(
            action="document.unfreeze", actor=actor, subject=document.title, document_id=document.pk
        )
    ring_access(document)


@transaction.atomic
def member_set(
    *, document: Document, user: User, role: Role, actor: User | None = None
) -> Membership:
    """Give ``user`` a role in the document, in place of the one they may have.

    Raises:
        MemberError: the person is the owner or a guest, or the role is the owner's.
    """
    if user.is_guest:
        raise MemberError(_("A guest cannot be a member."))
    # Locked: the person may become the owner at this moment.
    if user.pk == document_lock(document).owner_id:
        raise MemberError(_("The owner cannot be a member besides."))
    if role is Role.OWNER:
        raise MemberError(_("A document has one owner."))
    membership, _made = Membership.objects.update_or_create(
        document=document, user=user, defaults={"role": role.value}
    )
    AccessRequest.objects.filter(document=document, user=user).delete()
    audit_record(
        action="member.set",
        actor=actor,
        subject=user.username,
        document_id=document.pk,
        role=role.value,
    )
    tell(document, Happening.MEMBER_CHANGED, person=user.pk, role=role.value)
    ring_access(document, user.pk)
    return membership


@transaction.atomic
def member_remove(*, document: Document, user_id: int, actor: User | None = None) -> bool:
    """Take ``user_id``'s role away; their sockets close at once. Return whether they had one."""
    rows = Membership.objects.filter(document=document, user_id=user_id)
    row = rows.select_related("user").first()
    if row is None:
        return False
    row.delete()
    audit_record(
        action="member.remove",
        actor=actor,
        subject=row.user.username,
        document_id=document.pk,
        role=row.role,
    )
    tell(document, Happening.MEMBER_CHANGED, person=user_id, role=None)
    ring_access(document, user_id)
    return True
