"""Who comes to a document: each role by each way that there is, in each state of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser, Group
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from collab.accounts.models import User
from collab.attachments.selectors import attachment_url
from collab.attachments.services import attachment_add
from collab.documents.folders import document_move, folder_create, folder_member_set
from collab.documents.models import (
    Document,
    GroupMembership,
    LinkReach,
    LinkVisit,
    Membership,
    Role,
)
from collab.documents.policy import Action
from collab.history.services import document_seed
from collab.richtext.formats import parse
from collab.room.access import Access
from collab.search.services import document_index
from tests.attachments.pictures import png
from tests.documents.test_policy import ON_THE_TEXT, TABLE
from tests.factories import make_document, make_user

GIVEN = (Role.VIEWER, Role.COMMENTER, Role.SUGGESTER, Role.EDITOR)
WORD = "Unmistakable"


def member(document: Document, role: Role) -> User:
    user = make_user()
    Membership.objects.create(document=document, user=user, role=role)
    return user


def by_group(document: Document, role: Role) -> User:
    user, group = make_user(), Group.objects.create(name=f"group {uuid4()}")
    user.groups.add(group)
    GroupMembership.objects.create(document=document, group=group, role=role)
    return user


def by_folder(document: Document, role: Role) -> User:
    """Inherited from two folders above."""
    user = make_user()
    above = folder_create(owner=document.owner, name="above")
    folder = folder_create(owner=document.owner, name="folder", parent=above)
    folder_member_set(folder=above, user=user, role=role)
    document_move(document=document, folder=folder)
    return user


def _link(document: Document, reach: LinkReach, role: Role, **fields: Any) -> None:
    document.link_reach, document.link_role = reach, role
    for name, value in fields.items():
        setattr(document, name, value)
    document.save()


def by_link_signed_in(document: Document, role: Role) -> User:
    _link(document, LinkReach.SIGNED_IN, role)
    return _visitor(document, is_guest=False)


def by_link_for_all(document: Document, role: Role) -> User:
    _link(document, LinkReach.ANYONE, role)
    return _visitor(document, is_guest=False)


def guest(document: Document, role: Role) -> User:
    _link(document, LinkReach.ANYONE, role, link_password="a hash")
    return _visitor(document, is_guest=True)


def _visitor(document: Document, *, is_guest: bool) -> User:
    user = make_user(is_guest=is_guest)
    LinkVisit.objects.create(document=document, user=user, epoch=document.link_epoch)
    return user


def owner(document: Document, role: Role) -> User:
    return document.owner


def stranger(document: Document, role: Role) -> User:
    return make_user()


def suspended_owner(document: Document, role: Role) -> User:
    User.objects.filter(pk=document.owner_id).update(is_active=False)
    return User.objects.get(pk=document.owner_id)


def suspended_member(document: Document, role: Role) -> User:
    user = member(document, role)
    user.is_active = False
    user.save()
    return user


def link_ended(document: Document, role: Role) -> User:
    _link(document, LinkReach.ANYONE, role, link_expires_at=timezone.now() - timedelta(seconds=1))
    return _visitor(document, is_guest=False)


def link_ended_for_a_guest(document: Document, role: Role) -> User:
    _link(document, LinkReach.ANYONE, role, link_expires_at=timezone.now() - timedelta(seconds=1))
    return _visitor(document, is_guest=True)


def password_not_given(document: Document, role: Role) -> User:
    _link(document, LinkReach.ANYONE, role, link_password="a hash")
    return make_user()


def password_of_before(document: Document, role: Role) -> User:
    _link(document, LinkReach.ANYONE, role, link_password="a hash")
    user = _visitor(document, is_guest=True)
    _link(document, LinkReach.ANYONE, role, link_epoch=document.link_epoch + 1)
    return user


def guest_of_a_link_for_people(document: Document, role: Role) -> User:
    _link(document, LinkReach.SIGNED_IN, role)
    return _visitor(document, is_guest=True)


def guest_who_has_not_come(document: Document, role: Role) -> User:
    _link(document, LinkReach.ANYONE, role)
    return make_user(is_guest=True)


def nobody(document: Document, role: Role) -> AnonymousUser:
    return AnonymousUser()


Way = Callable[[Document, Role], User | AnonymousUser]
WAYS_IN: tuple[Way, ...] = (
    member,
    by_group,
    by_folder,
    by_link_signed_in,
    by_link_for_all,
    guest,
)
#: Of these: by nothing but the link, which gives the same with an account and without.
BY_LINK: tuple[Way, ...] = (by_link_signed_in, by_link_for_all, guest)
NO_WAY: tuple[Way, ...] = (
    stranger,
    suspended_owner,
    suspended_member,
    link_ended,
    link_ended_for_a_guest,
    password_not_given,
    password_of_before,
    guest_of_a_link_for_people,
    guest_who_has_not_come,
    nobody,
)
CELLS: list[tuple[Way, Role | None]] = [
    *((way, role) for way in WAYS_IN for role in GIVEN),
    (owner, Role.OWNER),
    *((way, None) for way in NO_WAY),
]
STATES = ("live", "frozen", "trashed")
#: What is left of a role while the document is frozen, and of the owner's in the trash.
NOT_WHILE_FROZEN = {
    Action.WRITE,
    Action.SUGGEST,
    Action.COMMENT,
    Action.RENAME,
    Action.MERGE,
    Action.TRASH,
    Action.ERASE_HISTORY,
}
ACCESS = {
    Role.VIEWER: Access.READ,
    Role.COMMENTER: Access.COMMENT,
    Role.SUGGESTER: Access.COMMENT,  # until a document can hold suggestions
    Role.EDITOR: Access.WRITE,
    Role.OWNER: Access.WRITE,
}


@dataclass
class Cell:
    """Somebody, a document, and what the tables say of the two."""

    user: User | AnonymousUser
    document: Document
    #: Two files: one in the text, one that is no longer there.
    attachment: str
    removed: str
    state: str
    expected: set[Action]
    access: Access | None

    @property
    def is_known(self) -> bool:
        """Whether the server takes them for somebody."""
        return self.user.is_authenticated and self.user.is_active

    @property
    def is_guest(self) -> bool:
        return self.user.is_authenticated and self.user.is_guest

    @property
    def may_read(self) -> bool:
        return Action.READ in self.expected


def cell(way: Way, role: Role | None, state: str) -> Cell:
    document = make_document(title=WORD)
    attachment, removed = (
        attachment_add(
            document=document, uploader=document.owner, name=name, source=ContentFile(png(8, 8))
        )
        for name in ("in the text.png", "removed.png")
    )
    document.attachments.update(created_at=timezone.now() - timedelta(hours=1))
    content = parse(f"![picture]({attachment_url(attachment)})", "markdown")
    document_seed(document=document, author=document.owner, content=content)
    document_index(document)
    user = way(document, role or Role.EDITOR)
    moment = timezone.now()
    fields = {"live": {}, "frozen": {"frozen_at": moment}, "trashed": {"trashed_at": moment}}
    Document.objects.filter(pk=document.pk).update(**fields[state])
    document = Document.objects.get(pk=document.pk)
    expected = {(r, t): set(e) for r, t, e in TABLE}[(role, state == "trashed")]
    if state == "frozen":
        expected -= NOT_WHILE_FROZEN
    if way in BY_LINK:
        expected &= ON_THE_TEXT
    access = ACCESS[role] if role is not None and state != "trashed" else None
    if access is not None and state == "frozen":
        access = Access.READ
    return Cell(user, document, str(attachment.pk), str(removed.pk), state, expected, access)


@contextmanager
def undone() -> Iterator[None]:
    """Do, and take back what was done."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
