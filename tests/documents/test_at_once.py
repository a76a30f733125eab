"""The same act by several at the same moment, in threads with connections of their own.

PostgreSQL runs these, too: ``test_at_once_on_postgresql.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import TypeVar

import pytest
from django.conf import settings
from django.db import connection

from collab.documents.models import (
    AccessRequest,
    Document,
    Invitation,
    Membership,
    Role,
)
from collab.documents.services import MemberError, member_set
from collab.documents.sharing import (
    access_request_answer,
    document_transfer,
    invitation_accept,
    invitation_create,
)
from tests.factories import make_document, make_user

# A table that knox makes and we do not use refers to people: PostgreSQL empties both or neither.
_all = list(settings.INSTALLED_APPS) if connection.vendor == "postgresql" else None
pytestmark = pytest.mark.django_db(transaction=True, available_apps=_all)
T = TypeVar("T")
ADDRESS = "http://testserver"


def at_once(*acts: Callable[[], T]) -> list[T]:
    """Do all of ``acts`` at the same moment; return what each gave."""
    together = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        try:
            together.wait(30)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_a_letter_lets_in_one_person() -> None:
    """Three who open it at once, each with the row as it was before: one is a member."""
    document = make_document()
    people = [make_user() for _ in range(3)]
    invitation_create(
        document=document,
        email="carol@example.org",
        role=Role.EDITOR,
        actor=document.owner,
        base_url=ADDRESS,
    )
    rows = [Invitation.objects.select_related("document", "invited_by").get() for _ in people]

    def opened(number: int) -> Callable[[], bool]:
        return lambda: invitation_accept(invitation=rows[number], user=people[number])

    answers = at_once(*map(opened, range(3)))
    assert sorted(answers) == [False, False, True]
    assert Membership.objects.get().user == people[answers.index(True)]


def test_of_two_transfers_one_is_refused() -> None:
    """Nobody is told that it is done, and left without the document and without a word."""
    document, heirs = make_document(), [make_user(), make_user()]
    ann = document.owner

    def given(heir: int) -> Callable[[], str]:
        mine = Document.objects.select_related("owner").get()

        def act() -> str:
            try:
                document_transfer(document=mine, to=heirs[heir], actor=ann)
            except MemberError as error:
                return str(error)
            return ""

        return act

    answers = at_once(given(0), given(1))
    assert sorted(map(bool, answers)) == [False, True]
    document = Document.objects.get()
    assert document.owner == heirs[answers.index("")]
    (member,) = Membership.objects.all()
    assert (member.user, member.role) == (ann, Role.EDITOR)


def test_nobody_is_owner_and_member() -> None:
    """Made a member and the owner at the same moment, in either order."""
    document, bob = make_document(), make_user()

    def member() -> None:
        with suppress(MemberError):
            member_set(document=Document.objects.get(), user=bob, role=Role.VIEWER)

    mine = Document.objects.select_related("owner").get()
    at_once(member, lambda: document_transfer(document=mine, to=bob, actor=mine.owner))
    assert Document.objects.get().owner == bob
    assert not Membership.objects.filter(user=bob, document=document).exists()


def test_a_request_is_answered_once() -> None:
    """Let in by one page and declined by another: the first answer counts."""
    document, bob = make_document(), make_user()
    AccessRequest.objects.create(document=document, user=bob)

    def answered(role: Role | None) -> Callable[[], None]:
        row = AccessRequest.objects.select_related("document", "user").get()
        return lambda: access_request_answer(
            request=row, role=role, actor=document.owner, base_url=ADDRESS
        )

    at_once(answered(Role.EDITOR), answered(Role.EDITOR))
    assert Membership.objects.get().role == Role.EDITOR
    assert not AccessRequest.objects.exists()
