"""Folders: a tree whose members have what lies below; policy, moves, queries."""

from __future__ import annotations

from itertools import product

import pytest
from django.contrib.auth.models import Group
from pytest_django import DjangoAssertNumQueries

from collab.documents import policy
from collab.documents.folders import (
    MAX_DEPTH,
    FolderError,
    document_move,
    folder_create,
    folder_group_remove,
    folder_group_set,
    folder_member_remove,
    folder_member_set,
    folder_move,
    folder_remove,
)
from collab.documents.lists import folder_tree
from collab.documents.models import Folder, FolderLink, Role
from collab.documents.policy import FolderAction, may_in_folder
from tests.factories import listed, make_document, make_user

pytestmark = pytest.mark.django_db

GIVEN = (Role.VIEWER, Role.COMMENTER, Role.SUGGESTER, Role.EDITOR)


def chain(length: int) -> list[Folder]:
    """Return folders of one owner, each in the one before."""
    made = [folder_create(owner=make_user(), name="0")]
    for number in range(1, length):
        made.append(folder_create(owner=made[0].owner, name=str(number), parent=made[-1]))
    return made


def links() -> set[tuple[str, str]]:
    return set(FolderLink.objects.values_list("folder__name", "ancestor__name"))


def test_every_cell_of_the_folder_policy() -> None:
    """Role x where it was given x action, with one who has none and one who is suspended."""
    top, middle, low = chain(3)
    for role, given_in in product(GIVEN, (top, middle, low)):
        user = make_user()
        folder_member_set(folder=given_in, user=user, role=role)
        order = [top, middle, low]
        for place, folder in enumerate(order):
            allowed = set()
            if place >= order.index(given_in):
                allowed = {FolderAction.SEE}
                allowed |= {FolderAction.FILL} if role is Role.EDITOR else set()
            for action in FolderAction:
                assert may_in_folder(user, action, folder) == (action in allowed)
            seen = policy.folders_seen_by(user).filter(pk=folder.pk).exists()
            assert seen == (FolderAction.SEE in allowed)
    for action in FolderAction:
        assert may_in_folder(top.owner, action, low)
        assert not may_in_folder(make_user(), action, low)
    suspended = make_user(is_active=False)
    folder_member_set(folder=top, user=suspended, role=Role.EDITOR)
    assert not may_in_folder(suspended, FolderAction.SEE, top)
    assert not policy.folders_seen_by(suspended).exists()


def test_documents_have_the_roles_of_the_folders_above() -> None:
    top, middle, low = chain(3)
    ann, bob, guest = make_user(), make_user(), make_user(is_guest=True)
    document = make_document(ann)
    document_move(document=document, folder=low)
    folder_member_set(folder=top, user=bob, role=Role.VIEWER)
    folder_member_set(folder=top, user=guest, role=Role.VIEWER)
    assert policy.role_of(bob, document) is Role.VIEWER
    folder_member_set(folder=middle, user=bob, role=Role.EDITOR)
    assert policy.role_of(bob, document) is Role.EDITOR
    assert policy.role_of(top.owner, document) is Role.EDITOR
    assert policy.role_of(ann, document) is Role.OWNER
    assert policy.role_of(guest, document) is None
    for user in (ann, bob, top.owner):
        assert listed(user) == {document}
    assert not listed(guest)
    folder_member_remove(folder=middle, user_id=bob.pk)
    folder_member_remove(folder=top, user_id=bob.pk)
    assert policy.role_of(bob, document) is None
    document_move(document=document, folder=None)
    assert policy.role_of(top.owner, document) is None


def test_groups_have_the_roles_of_the_folders_above() -> None:
    """Everybody in the group, as long as they are in it; the strongest role counts."""
    top, _middle, low = chain(3)
    ann, bob, stranger, guest = make_user(), make_user(), make_user(), make_user(is_guest=True)
    team = Group.objects.create(name="team")
    team.user_set.add(bob, guest)
    document = make_document(ann)
    document_move(document=document, folder=low)
    folder_group_set(folder=top, group=team, role=Role.VIEWER)
    assert policy.role_of(bob, document) is Role.VIEWER
    assert listed(bob) == {document}
    assert {folder.pk for folder in policy.folders_seen_by(bob)} >= {top.pk, low.pk}
    assert not may_in_folder(bob, FolderAction.FILL, low)
    for user in (stranger, guest):
        assert policy.role_of(user, document) is None
        assert not listed(user)
        assert not may_in_folder(user, FolderAction.SEE, low)
    folder_group_set(folder=low, group=team, role=Role.EDITOR)
    assert policy.role_of(bob, document) is Role.EDITOR
    assert may_in_folder(bob, FolderAction.FILL, low)
    assert not may_in_folder(bob, FolderAction.FILL, top)
    folder_member_set(folder=top, user=bob, role=Role.COMMENTER)
    folder_group_remove(folder=low, group_id=team.pk)
    assert policy.role_of(bob, document) is Role.COMMENTER
    assert not folder_group_remove(folder=low, group_id=team.pk)
    with pytest.raises(FolderError):
        folder_group_set(folder=low, group=team, role=Role.OWNER)
    folder_member_remove(folder=top, user_id=bob.pk)
    team.user_set.remove(bob)
    assert policy.role_of(bob, document) is None


def test_a_move_takes_all_below_along() -> None:
    a = chain(3)[0]
    other = folder_create(owner=a.owner, name="other")
    one = Folder.objects.get(name="1")
    folder_move(folder=one, parent=other)
    assert links() == {
        *(("0", "0"), ("other", "other"), ("1", "1"), ("2", "2")),
        *(("1", "other"), ("2", "other"), ("2", "1")),
    }
    folder_move(folder=one, parent=None)
    assert links() == {("0", "0"), ("other", "other"), ("1", "1"), ("2", "2"), ("2", "1")}


def test_moves_that_cannot_be() -> None:
    top, _middle, low = chain(3)
    with pytest.raises(FolderError, match="in itself"):
        folder_move(folder=top, parent=low)
    with pytest.raises(FolderError, match="in itself"):
        folder_move(folder=top, parent=top)
    with pytest.raises(FolderError, match="of its owner"):
        folder_move(folder=top, parent=folder_create(owner=make_user(), name="x"))
    deep = chain(MAX_DEPTH)
    with pytest.raises(FolderError, match="deep"):
        folder_create(owner=deep[0].owner, name="x", parent=deep[-1])
    pair = folder_create(owner=deep[0].owner, name="a")
    folder_create(owner=pair.owner, name="b", parent=pair)
    with pytest.raises(FolderError, match="deep"):
        folder_move(folder=pair, parent=deep[-2])
    folder_move(folder=pair, parent=deep[-3])


def test_what_lies_in_a_removed_folder_moves_up() -> None:
    top, middle, low = chain(3)
    document = make_document(top.owner)
    document_move(document=document, folder=middle)
    folder_remove(folder=middle)
    document.refresh_from_db()
    low.refresh_from_db()
    assert (document.folder, low.parent) == (top, top)
    assert links() == {("0", "0"), ("2", "2"), ("2", "0")}
    folder_remove(folder=top)
    document.refresh_from_db()
    assert document.folder is None


@pytest.mark.parametrize(("role", "who"), [(Role.OWNER, "other"), (Role.EDITOR, "owner")])
def test_a_folder_has_one_owner(role: Role, who: str) -> None:
    folder = folder_create(owner=make_user(), name="x")
    user = folder.owner if who == "owner" else make_user()
    with pytest.raises(FolderError, match="owner"):
        folder_member_set(folder=folder, user=user, role=role)


def test_many_documents_cost_no_more_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    folders = chain(4)
    user = make_user()
    folder_member_set(folder=folders[0], user=user, role=Role.VIEWER)
    documents = []
    for number in range(8):
        documents.append(make_document())
        document_move(document=documents[-1], folder=folders[number % 4])
    # Members, groups, folders' members, their groups, their owners.
    with django_assert_num_queries(5):
        roles = policy.roles_of([user], documents)
    assert set(roles.values()) == {policy.Roles(Role.VIEWER)}
    assert len(roles) == 8


def test_folders_are_in_the_order_that_people_count_in() -> None:
    ann = make_user()
    names = ["week 10", "Week 2", "Week 1", "4th week", "Anhang", "第10章", "第9章"]
    for name in names:
        folder_create(owner=ann, name=name)
    found = [node.folder.name for node in folder_tree(ann)]
    assert found == ["4th week", "Anhang", "Week 1", "Week 2", "week 10", "第9章", "第10章"]
