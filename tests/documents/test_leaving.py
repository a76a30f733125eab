"""The end of an account: its documents and folders go on with somebody, or nobody loses theirs."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from collab.accounts.models import User
from collab.documents import policy
from collab.documents.folders import document_move, folder_create, folder_member_set
from collab.documents.leaving import account_delete
from collab.documents.models import Document, Folder, Invitation, Role, Star
from collab.documents.services import MemberError, document_trash
from collab.documents.sharing import access_request_create, group_set, invitation_create
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_user("ann", display_name="Ann", email="ann@example.org")


@pytest.fixture
def bob() -> User:
    return make_user("bob")


def test_the_heir_has_documents_trash_and_folders(ann: User, bob: User) -> None:
    """Members of a folder keep what lies in it, and what others put there stays theirs."""
    eve = make_user()
    plain, gone, placed = (make_document(ann, name) for name in ("plain", "gone", "placed"))
    document_trash(document=gone)
    top = folder_create(owner=ann, name="top")
    low = folder_create(owner=ann, name="low", parent=top)
    folder_member_set(folder=top, user=eve, role=Role.VIEWER)
    folder_member_set(folder=top, user=bob, role=Role.VIEWER)
    theirs = make_document(eve, "theirs")
    for document in (placed, theirs):
        document_move(document=document, folder=low)
    account_delete(user=ann, heir=bob, actor=ann)
    owners = dict(Document.objects.values_list("title", "owner"))
    assert owners == {"plain": bob.pk, "gone": bob.pk, "placed": bob.pk, "theirs": eve.pk}
    assert Document.objects.get(title="gone").is_trashed
    assert set(Folder.objects.values_list("owner", flat=True)) == {bob.pk}
    assert list(top.memberships.values_list("user", flat=True)) == [eve.pk]
    placed.refresh_from_db()
    assert policy.role_of(eve, placed) is Role.VIEWER
    theirs.refresh_from_db()
    assert policy.role_of(bob, theirs) is Role.EDITOR
    plain.refresh_from_db()
    assert policy.role_of(ann, plain) is None


def test_without_one_documents_are_in_the_trash_and_others_keep_theirs(
    ann: User, bob: User
) -> None:
    mine, theirs = make_document(ann), make_document(bob)
    folder = folder_create(owner=ann, name="top")
    low = folder_create(owner=ann, name="low", parent=folder)
    folder_member_set(folder=folder, user=bob, role=Role.EDITOR)
    for document in (mine, theirs):
        document_move(document=document, folder=low)
    account_delete(user=ann, heir=None, actor=ann)
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert mine.is_trashed
    assert not theirs.is_trashed
    assert theirs.folder is None
    assert policy.role_of(bob, theirs) is Role.OWNER
    assert not Folder.objects.exists()


def test_whatever_they_were_to_others_documents_ends(ann: User, bob: User) -> None:
    shared = make_document(bob, members={ann: Role.EDITOR})
    asked, by_group, by_folder = make_document(bob), make_document(bob), make_document(bob)
    team = Group.objects.create(name="team")
    team.user_set.add(ann)
    group_set(document=by_group, group=team, role=Role.EDITOR, actor=bob)
    folder = folder_create(owner=bob, name="f")
    folder_member_set(folder=folder, user=ann, role=Role.EDITOR)
    document_move(document=by_folder, folder=folder)
    access_request_create(document=asked, user=ann, message="", base_url="http://testserver")
    Star.objects.create(user=ann, document=shared)
    invitation_create(
        document=shared, email="x@example.org", role=Role.VIEWER, actor=ann, base_url="http://t"
    )
    account_delete(user=ann, heir=None, actor=ann)
    ann.refresh_from_db()
    ann.is_active = True  # were it so: no role is left
    for document in (shared, asked, by_group, by_folder):
        assert policy.role_of(ann, document) is None
    assert not folder.memberships.exists()
    assert not asked.access_requests.exists()
    assert not Invitation.objects.exists()
    assert not Star.objects.exists()
    assert User.objects.get(pk=ann.pk).username == f"deleted-{ann.pk}"


def test_an_heir_who_cannot_own_stops_all_of_it(ann: User) -> None:
    document = make_document(ann)
    with pytest.raises(MemberError):
        account_delete(user=ann, heir=make_user(is_active=False), actor=ann)
    assert Document.objects.get().owner == ann
    assert User.objects.get(pk=ann.pk).username == "ann"
    assert not Document.objects.get(pk=document.pk).is_trashed
