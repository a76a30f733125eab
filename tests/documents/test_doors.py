"""Every door gives the answer of the policy: page, socket, REST, lists, attachments, admin."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.documents import policy
from collab.documents.models import Document, LinkReach, LinkVisit, Membership, Role
from collab.documents.policy import Action
from collab.documents.selectors import documents_visible_to
from collab.history.services import document_seed
from collab.realtime.admission import Admitted, admit
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db

GIVEN = (Role.VIEWER, Role.COMMENTER, Role.SUGGESTER, Role.EDITOR)
#: How somebody comes to a role: by themselves, by a link for people, as a guest; None: not at all.
WAYS = ("member", "signed-in", "anyone", "guest")
CELLS = [(way, role) for way in WAYS for role in GIVEN] + [
    ("owner", Role.OWNER),
    ("stranger", None),
]


def somebody(way: str, role: Role | None) -> tuple[User, Document]:
    user = make_user(is_guest=way == "guest")
    document = make_document(user if way == "owner" else None)
    document_seed(document=document, author=document.owner)
    if way == "member":
        assert role is not None
        Membership.objects.create(document=document, user=user, role=role)
    elif way in ("signed-in", "anyone", "guest"):
        reach = LinkReach.SIGNED_IN if way == "signed-in" else LinkReach.ANYONE
        document.link_reach, document.link_role = reach, role or Role.VIEWER
        document.save()
        LinkVisit.objects.create(document=document, user=user, epoch=0)
    return user, document


@pytest.mark.parametrize(("way", "role"), CELLS)
def test_every_door_asks_the_policy(way: str, role: Role | None) -> None:
    """Role x way in x action x door."""
    user, document = somebody(way, role)
    allowed = policy.actions_of(user, document)
    assert policy.role_of(user, document) == role
    may_read = Action.READ in allowed
    person = APIClient()
    person.force_login(user)
    api = f"/api/v1/documents/{document.pk}"

    # The page, and what hangs on it.
    assert (person.get(f"/d/{document.pk}/").status_code == 200) == may_read
    missing = person.get(f"/d/{document.pk}/attachments/{uuid4()}/")
    assert missing.status_code == 404  # the same for a stranger and for a wrong id

    # The socket.
    admitted = admit(document_id=str(document.pk), user_id=user.pk, session_key="x", token=None)
    access = admitted.access if isinstance(admitted, Admitted) else None
    assert access == policy.access_of(user, document)

    # Lists and searches.
    assert (document in documents_visible_to(user)) == may_read

    # REST, from reading to the trash.
    calls = [
        ("get", api, None, Action.READ),
        ("get", f"{api}/content", None, Action.READ),
        ("get", f"{api}/updates", None, None if way == "guest" else Action.READ),
        ("get", f"{api}/members", None, Action.SEE_MEMBERS),
        ("get", f"{api}/link", None, Action.SEE_MEMBERS),
        ("patch", api, {"title": "Other"}, Action.RENAME),
        ("get", f"{api}/invitations", None, Action.MANAGE_MEMBERS),
        ("patch", f"{api}/link", {"role": "viewer"}, Action.MANAGE_MEMBERS),
        ("put", f"{api}/owner", {}, Action.TRANSFER),
        ("delete", api, None, Action.TRASH),
    ]
    for method, path, body, action in calls:
        status = getattr(person, method)(path, body, format="json").status_code
        if action in allowed:
            assert status in (200, 204, 400), (method, path)  # 400: an empty body names nobody
        else:
            assert status == 403, (method, path)

    # The admin is for staff, whatever somebody is to a document.
    assert person.get(f"/admin/documents/document/{document.pk}/change/").status_code == 302


def test_nobody_at_all_is_sent_to_sign_in() -> None:
    document = make_document()
    assert Client().get(f"/d/{document.pk}/")["Location"].startswith("/sign-in/")
    assert APIClient().get(f"/api/v1/documents/{document.pk}").status_code == 401
    turned = admit(document_id=str(document.pk), user_id=None, session_key=None, token=None)
    assert not isinstance(turned, Admitted)
