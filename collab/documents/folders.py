"""Changes to folders and to what lies in them. Callers ask ``policy`` first.

A folder gives its members a role in everything below it, so that whatever moves may change who has
access: rooms of the documents concerned are told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from collab.audit.services import audit_record
from collab.bus.doorbell import ring_on_commit
from collab.bus.events import AccessChanged
from collab.documents.models import (
    Document,
    Folder,
    FolderGroupMembership,
    FolderLink,
    FolderMembership,
    Role,
)
from collab.types import DocumentId, UserId

if TYPE_CHECKING:
    from django.contrib.auth.models import Group

    from collab.accounts.models import User

MAX_NAME_CHARS = 255
#: Deeper trees are nobody's work, and every level is a row for every folder below it.
MAX_DEPTH = 20


class FolderError(ValueError):
    """A folder that cannot be so: the sentence says why."""


def folder_get(folder_id: UUID | str) -> Folder | None:
    """Return the folder; None where the id is malformed or unknown."""
    try:
        key = folder_id if isinstance(folder_id, UUID) else UUID(str(folder_id))
    except ValueError:
        return None
    return Folder.objects.filter(pk=key).first()


@transaction.atomic
def folder_create(*, owner: User, name: str, parent: Folder | None = None) -> Folder:
    """Make a folder of ``owner``'s; in another, it belongs to whom that one belongs.

    Raises:
        FolderError: the name is empty, or the tree would be too deep.
    """
    ancestors = [] if parent is None else _ancestors(parent)
    if len(ancestors) >= MAX_DEPTH:
        raise FolderError(_("Folders can lie %(depth)d deep at most.") % {"depth": MAX_DEPTH})
    folder = Folder.objects.create(
        name=_clean(name), parent=parent, owner=owner if parent is None else parent.owner
    )
    FolderLink.objects.bulk_create(
        FolderLink(folder=folder, ancestor_id=key) for key in [*ancestors, folder.pk]
    )
    return folder


def folder_rename(*, folder: Folder, name: str) -> None:
    """Give the folder another name.

    Raises:
        FolderError: the name is empty.
    """
    folder.name = _clean(name)
    folder.save(update_fields=["name"])


@transaction.atomic
def folder_move(*, folder: Folder, parent: Folder | None) -> None:
    """Put the folder, with all below it, into ``parent``; None: to the top.

    Raises:
        FolderError: it would lie in itself, too deep, or in another person's tree.
    """
    below = _below(folder)
    ancestors = [] if parent is None else _ancestors(parent)
    if parent is not None and parent.pk in below:
        raise FolderError(_("A folder cannot lie in itself."))
    if parent is not None and parent.owner_id != folder.owner_id:
        raise FolderError(_("A folder can only be moved among the folders of its owner."))
    height = max(FolderLink.objects.filter(folder=key, ancestor__in=below).count() for key in below)
    if len(ancestors) + height > MAX_DEPTH:
        raise FolderError(_("Folders can lie %(depth)d deep at most.") % {"depth": MAX_DEPTH})
    folder.parent = parent
    folder.save(update_fields=["parent"])
    FolderLink.objects.filter(folder__in=below).exclude(ancestor__in=below).delete()
    FolderLink.objects.bulk_create(
        FolderLink(folder_id=key, ancestor_id=above) for key in below for above in ancestors
    )
    _ring(below)


@transaction.atomic
def folder_remove(*, folder: Folder) -> None:
    """Take the folder away; what lies in it moves to where it lay itself."""
    below = _below(folder)
    Document.objects.filter(folder=folder).update(folder=folder.parent_id)
    children = list(folder.children.all())
    _ring(below)
    for child in children:
        folder_move(folder=child, parent=folder.parent)
    if folder.parent_id is not None:
        _ring([folder.parent_id])
    folder.delete()


@transaction.atomic
def folder_member_set(
    *, folder: Folder, user: User, role: Role, actor: User | None = None
) -> FolderMembership:
    """Give ``user`` a role in the folder and all below it, in place of the one they may have.

    Raises:
        FolderError: the person is the owner, or the role is the owner's.
    """
    if user.pk == folder.owner_id:
        raise FolderError(_("The owner cannot be a member besides."))
    if role is Role.OWNER:
        raise FolderError(_("A folder has one owner."))
    member, _made = FolderMembership.objects.update_or_create(
        folder=folder, user=user, defaults={"role": role.value}
    )
    _note("folder.member_set", folder, actor, subject=user.username, role=role.value)
    _ring(_below(folder), user.pk)
    return member


@transaction.atomic
def folder_member_remove(*, folder: Folder, user_id: int, actor: User | None = None) -> bool:
    """Take the role away; return whether there was one."""
    rows = FolderMembership.objects.filter(folder=folder, user_id=user_id)
    row = rows.select_related("user").first()
    if row is None:
        return False
    row.delete()
    _note("folder.member_remove", folder, actor, subject=row.user.username, role=row.role)
    _ring(_below(folder), user_id)
    return True


@transaction.atomic
def folder_group_set(
    *, folder: Folder, group: Group, role: Role, actor: User | None = None
) -> FolderGroupMembership:
    """Give everybody in ``group`` a role in the folder and all below it, in place of another.

    Raises:
        FolderError: the role is the owner's.
    """
    if role is Role.OWNER:
        raise FolderError("A folder has one owner.")
    row, _made = FolderGroupMembership.objects.update_or_create(
        folder=folder, group=group, defaults={"role": role.value}
    )
    _note("folder.group_set", folder, actor, subject=group.name, role=role.value)
    _ring(_below(folder))
    return row


@transaction.atomic
def folder_group_remove(*, folder: Folder, group_id: int, actor: User | None = None) -> bool:
    """Take the group's role away; return whether there was one."""
    rows = FolderGroupMembership.objects.filter(folder=folder, group_id=group_id)
    row = rows.select_related("group").first()
    if row is None:
        return False
    row.delete()
    _note("folder.group_remove", folder, actor, subject=row.group.name, role=row.role)
    _ring(_below(folder))
    return True


@transaction.atomic
def document_move(*, document: Document, folder: Folder | None) -> None:
    """Put the document into ``folder``; None: among the documents in no folder."""
    document.folder = folder
    document.save(update_fields=["folder"])
    ring_on_commit(AccessChanged(DocumentId(document.pk), None))


def _clean(name: str) -> str:
    cleaned = " ".join(name.replace("\x00", "").split())[:MAX_NAME_CHARS]
    if not cleaned:
        raise FolderError(_("A folder needs a name."))
    return cleaned


def _ancestors(folder: Folder) -> list[UUID]:
    return list(FolderLink.objects.filter(folder=folder).values_list("ancestor_id", flat=True))


def _below(folder: Folder) -> list[UUID]:
    return list(FolderLink.objects.filter(ancestor=folder).values_list("folder_id", flat=True))


def _note(action: str, folder: Folder, actor: User | None, *, subject: str, role: str) -> None:
    audit_record(
        action=action,
        actor=actor,
        subject=subject,
        folder_id=str(folder.pk),
        folder=folder.name,
        role=role,
    )


def _ring(folder_ids: list[UUID], user_id: int | None = None) -> None:
    who = None if user_id is None else UserId(user_id)
    for key in Document.objects.filter(folder__in=folder_ids).values_list("pk", flat=True):
        ring_on_commit(AccessChanged(DocumentId(key), who))
