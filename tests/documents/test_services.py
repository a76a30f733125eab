from __future__ import annotations

import pytest

from collab.accounts.models import User
from collab.audit.models import AuditEntry
from collab.documents import policy
from collab.documents.models import Role
from collab.documents.selectors import documents_in_trash_of, documents_visible_to
from collab.documents.services import (
    MemberError,
    document_create,
    document_freeze,
    document_restore,
    document_trash,
    document_unfreeze,
    member_remove,
    member_set,
)
from collab.room.access import Access

pytestmark = pytest.mark.django_db


def test_a_member_sees_what_the_role_allows_and_nothing_after_removal() -> None:
    """Access follows the membership, and ends with it."""
    ann, bob = (User.objects.create(username=name) for name in ("ann", "bob"))
    document = document_create(owner=ann, title=" Plan ")
    assert document.title == "Plan"
    assert policy.access_of(bob, document) is None
    member_set(document=document, user=bob, role=Role.VIEWER)
    assert policy.access_of(bob, document) is Access.READ
    member_set(document=document, user=bob, role=Role.EDITOR)
    assert policy.access_of(bob, document) is Access.WRITE
    assert list(documents_visible_to(bob)) == [document]
    assert member_remove(document=document, user_id=bob.pk)
    assert policy.access_of(bob, document) is None
    assert list(documents_visible_to(bob)) == []


def test_a_suspended_person_has_no_role() -> None:
    """An owner who is not active may do nothing."""
    ann = User.objects.create(username="ann", is_active=False)
    assert policy.role_of(ann, document_create(owner=ann)) is None


def test_to_the_trash_and_back() -> None:
    """In the trash nobody reads; its owner brings it back."""
    ann = User.objects.create(username="ann")
    document = document_create(owner=ann)
    document_trash(document=document)
    assert policy.access_of(ann, document) is None
    assert list(documents_visible_to(ann)) == []
    assert list(documents_in_trash_of(ann)) == [document]
    document_restore(document=document)
    assert policy.access_of(ann, document) is Access.WRITE


def test_an_administrator_freezes_and_unfreezes() -> None:
    """Everybody reads, nobody writes, and who did it is noted once."""
    ann, root = (User.objects.create(username=name) for name in ("ann", "root"))
    document = document_create(owner=ann)
    document_freeze(document=document, actor=root)
    document_freeze(document=document, actor=root)
    assert policy.access_of(ann, document) is Access.READ
    document_unfreeze(document=document, actor=root)
    assert policy.access_of(ann, document) is Access.WRITE
    entries = AuditEntry.objects.order_by("pk").values_list("action", "actor_name", "document_id")
    assert list(entries) == [
        ("document.freeze", "root", document.pk),
        ("document.unfreeze", "root", document.pk),
    ]


def test_the_owner_is_no_member_and_there_is_one_owner() -> None:
    """Neither can be made by a membership."""
    ann, bob = (User.objects.create(username=name) for name in ("ann", "bob"))
    document = document_create(owner=ann)
    with pytest.raises(MemberError):
        member_set(document=document, user=ann, role=Role.EDITOR)
    with pytest.raises(MemberError):
        member_set(document=document, user=bob, role=Role.OWNER)
