from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collab.accounts.models import User
from collab.documents import policy
from collab.documents.models import (
    Document,
    GroupMembership,
    LinkReach,
    LinkVisit,
    Membership,
    Role,
)
from collab.documents.policy import Action, allowed_actions
from collab.room.access import Access
from tests.factories import listed, make_document, make_user

VIEWER = {Action.READ, Action.SEE_HISTORY, Action.SEE_MEMBERS, Action.FORK}
COMMENTER = VIEWER | {Action.COMMENT}
SUGGESTER = COMMENTER | {Action.SUGGEST}
EDITOR = SUGGESTER | {Action.WRITE, Action.RENAME, Action.MERGE}
OWNER = EDITOR | {
    Action.MANAGE_MEMBERS,
    Action.TRANSFER,
    Action.MOVE,
    Action.TRASH,
    Action.ERASE_HISTORY,
}
TABLE: list[tuple[Role | None, bool, set[Action]]] = [
    (None, False, set()),
    (None, True, set()),
    (Role.VIEWER, False, VIEWER),
    (Role.VIEWER, True, set()),
    (Role.COMMENTER, False, COMMENTER),
    (Role.COMMENTER, True, set()),
    (Role.SUGGESTER, False, SUGGESTER),
    (Role.SUGGESTER, True, set()),
    (Role.EDITOR, False, EDITOR),
    (Role.EDITOR, True, set()),
    (Role.OWNER, False, OWNER),
    (Role.OWNER, True, {Action.RESTORE, Action.PURGE}),
]


@pytest.mark.parametrize(("role", "is_trashed", "expected"), TABLE)
@pytest.mark.parametrize("action", list(Action))
def test_every_cell_of_the_policy(
    role: Role | None, is_trashed: bool, expected: set[Action], action: Action
) -> None:
    """Each role may do exactly what the table says, in and out of the trash."""
    assert (action in allowed_actions(role, is_trashed=is_trashed)) == (action in expected)


@pytest.mark.parametrize(("role", "is_trashed", "expected"), TABLE)
def test_frozen_means_that_nobody_writes(
    role: Role | None, is_trashed: bool, expected: set[Action]
) -> None:
    """Of what a role may do, reading and sharing are left."""
    written = {
        Action.WRITE,
        Action.SUGGEST,
        Action.COMMENT,
        Action.RENAME,
        Action.MERGE,
        Action.TRASH,
        Action.ERASE_HISTORY,
    }
    allowed = allowed_actions(role, is_trashed=is_trashed, is_frozen=True)
    assert allowed == expected - written


ON_THE_TEXT = {Action.READ, Action.COMMENT, Action.SUGGEST, Action.WRITE}


@pytest.mark.parametrize(("role", "is_trashed", "expected"), TABLE)
def test_who_comes_by_the_link_works_on_the_text_only(
    role: Role | None, is_trashed: bool, expected: set[Action]
) -> None:
    """Whatever role it gives: no past, no names of members, no title, no sharing, no trash."""
    allowed = allowed_actions(role, is_trashed=is_trashed, is_by_link=True)
    assert allowed == expected & ON_THE_TEXT


ACCESS = {
    Role.VIEWER: Access.READ,
    Role.COMMENTER: Access.COMMENT,
    Role.SUGGESTER: Access.COMMENT,  # until a document can hold suggestions
    Role.EDITOR: Access.WRITE,
}


def person(kind: str) -> User | AnonymousUser:
    if kind == "nobody":
        return AnonymousUser()
    return make_user(is_guest=kind == "guest", is_active=kind != "suspended")


def linked(reach: LinkReach, role: Role, *, password: bool, expired: bool) -> Document:
    document = make_document()
    document.link_reach = reach
    document.link_role = role
    document.link_password = "a hash" if password else ""
    document.link_expires_at = timezone.now() + timedelta(days=-1 if expired else 1)
    document.link_epoch = 2
    document.save()
    return document


#: Which visit of the link is noted: none, one before the password was changed, one after.
VISITS = (None, 1, 2)
KINDS = ("nobody", "suspended", "guest", "person")


@pytest.mark.django_db
@pytest.mark.parametrize("reach", LinkReach)
@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_of_the_link(reach: LinkReach, kind: str) -> None:
    """Whom a link lets in, as what, and in whose lists it stands: reach x role x state x visit."""
    for role, password, expired, visit in product(ACCESS, (False, True), (False, True), VISITS):
        document = linked(reach, role, password=password, expired=expired)
        user = person(kind)
        if visit is not None and isinstance(user, User):
            LinkVisit.objects.create(document=document, user=user, epoch=visit)
        reaches = {"guest": {"anyone"}, "person": {"anyone", "signed-in"}}.get(kind, set())
        is_open = reach in reaches and not expired
        came = visit == document.link_epoch
        is_in = is_open and (came or (kind == "person" and not password))
        cell = (kind, reach, role, password, expired, visit)
        assert policy.role_of(user, document) == (role if is_in else None), cell
        assert policy.access_of(user, document) == (ACCESS[role] if is_in else None), cell
        assert (document in listed(user)) == (is_open and came), cell
        for action in Action:
            expected = {(r, t): e for r, t, e in TABLE}[(role, False)] if is_in else set()
            # The same with an account and without.
            assert policy.may(user, action, document) == (action in expected & ON_THE_TEXT), (
                *cell,
                action,
            )


@pytest.mark.django_db
def test_the_strongest_source_counts() -> None:
    """Membership, group and link side by side: the best of them, in every combination."""
    roles = (None, *ACCESS)
    order = [*ACCESS]
    for own, by_group, by_link in product(roles, roles, roles):
        user, group = make_user(), Group.objects.create(name=f"{own} {by_group} {by_link}")
        user.groups.add(group)
        document = make_document()
        if own:
            Membership.objects.create(document=document, user=user, role=own)
        if by_group:
            GroupMembership.objects.create(document=document, group=group, role=by_group)
        if by_link:
            document.link_reach, document.link_role = LinkReach.SIGNED_IN, by_link
        given = [role for role in (own, by_group, by_link) if role]
        best = max(given, key=order.index) if given else None
        assert policy.role_of(user, document) == best
        # All that their own role allows, and what the link gives to everybody: no more, no less.
        table = {r: e for r, is_trashed, e in TABLE if not is_trashed}
        own_best = max((r for r in (own, by_group) if r), key=order.index, default=None)
        allowed = table[own_best] | (table[by_link] & ON_THE_TEXT)
        assert policy.actions_of(user, document) == allowed, (own, by_group, by_link)
        assert (document in listed(user)) == bool(own or by_group)


@pytest.mark.django_db
def test_a_guest_is_let_in_by_links_only() -> None:
    """A row that should not be there gives a guest nothing."""
    guest, group = make_user(is_guest=True), Group.objects.create(name="all")
    guest.groups.add(group)
    document = make_document()
    Membership.objects.create(document=document, user=guest, role=Role.EDITOR)
    GroupMembership.objects.create(document=document, group=group, role=Role.EDITOR)
    assert policy.role_of(guest, document) is None
    assert not listed(guest)


@pytest.mark.django_db
def test_many_are_asked_about_at_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """Three queries, one a source, for whole lists and whole rooms."""
    ann = make_user()
    people = [make_user() for _ in range(5)]
    documents = [make_document(ann, members=dict.fromkeys(people, Role.VIEWER)) for _ in range(9)]
    for document in documents:
        document.link_reach = LinkReach.SIGNED_IN
    with django_assert_num_queries(3):
        roles = policy.roles_of([ann, *people], documents)
    both = policy.Roles(Role.VIEWER, by_link=Role.VIEWER)
    assert set(roles.values()) == {policy.Roles(Role.OWNER), both}
    assert len(roles) == 6 * 9


@pytest.mark.django_db
def test_pairs_are_answered_for_and_nothing_beside_them() -> None:
    """Who is asked about in one document is not answered for in another that is in the batch."""
    ann, bob, cid = make_user(), make_user(), make_user()
    one = make_document(ann, members={bob: Role.EDITOR, cid: Role.VIEWER})
    two = make_document(ann, members={bob: Role.VIEWER, cid: Role.COMMENTER})
    two.link_reach, two.link_role = LinkReach.SIGNED_IN, Role.VIEWER
    pairs = [(bob, one), (cid, two), (ann, two), (make_user(is_active=False), two)]
    assert policy.roles_in(pairs) == {
        (bob.pk, one.pk): policy.Roles(Role.EDITOR),
        (cid.pk, two.pk): policy.Roles(Role.COMMENTER, by_link=Role.VIEWER),
        (ann.pk, two.pk): policy.Roles(Role.OWNER),
    }


@pytest.mark.django_db
def test_a_list_has_no_row_twice() -> None:
    """Owner, member, group and link at once: one document."""
    ann, groups = make_user(), [Group.objects.create(name=name) for name in "ab"]
    ann.groups.set(groups)
    document = linked(LinkReach.ANYONE, Role.VIEWER, password=False, expired=False)
    LinkVisit.objects.create(document=document, user=ann, epoch=document.link_epoch)
    Membership.objects.create(document=document, user=ann, role=Role.EDITOR)
    for group in groups:
        GroupMembership.objects.create(document=document, group=group, role=Role.VIEWER)
    assert listed(ann) == {document}
