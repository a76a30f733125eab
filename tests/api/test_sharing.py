"""Groups, link, invitations, requests and another owner by REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.audit.models import AuditEntry
from collab.documents import policy
from collab.documents.folders import document_move, folder_create, folder_member_set
from collab.documents.models import Document, Invitation, LinkReach, Role
from collab.documents.sharing import (
    MAX_INVITATIONS,
    invitation_find,
    invitation_token,
    link_password_fits,
)
from tests.api.conftest import client_of
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(ann: User) -> Document:
    return make_document(ann)


@pytest.fixture
def url(document: Document) -> str:
    return f"/api/v1/documents/{document.pk}"


def send(client: APIClient, method: str, path: str, body: Any = None) -> Any:
    return getattr(client, method)(path, body, format="json")


MANAGED = [
    ("post", "/groups", {"group": "team", "role": "viewer"}),
    ("patch", "/groups/1", {"role": "viewer"}),
    ("delete", "/groups/1", None),
    ("patch", "/link", {"reach": "anyone"}),
    ("get", "/invitations", None),
    ("post", "/invitations", {"email": "new@example.org", "role": "viewer"}),
    ("delete", "/invitations/1", None),
    ("get", "/access-requests", None),
    ("post", "/access-requests/1", {"role": "viewer"}),
    ("put", "/owner", {"user": "bob"}),
]


@pytest.mark.parametrize(("method", "path", "body"), MANAGED)
def test_only_the_owner_shares(
    url: str, document: Document, method: str, path: str, body: Any
) -> None:
    """An editor and a stranger are refused; nothing has changed."""
    editor, stranger = make_user(), make_user()
    client_of(document.owner).post(
        f"{url}/members", {"user": editor.username, "role": "editor"}, format="json"
    )
    for user, refused in ((editor, 403), (stranger, 404)):
        assert send(client_of(user), method, url + path, body).status_code == refused
    before = (document.link_reach, document.owner_id)
    document.refresh_from_db()
    assert (document.link_reach, document.owner_id) == before
    assert not document.invitations.exists()


def test_a_group_is_let_in(
    api: APIClient, ann: User, bob: User, document: Document, url: str
) -> None:
    """By its name, if one is in it oneself; changed and removed by its id."""
    group = Group.objects.create(name="team")
    body = {"group": "team", "role": "viewer"}
    assert send(api, "post", f"{url}/groups", body).status_code == 400
    ann.groups.add(group)
    bob.groups.add(group)
    assert send(api, "post", f"{url}/groups", body).status_code == 201
    assert send(api, "post", f"{url}/groups", {**body, "role": "editor"}).status_code == 200
    assert policy.role_of(bob, document) is Role.EDITOR
    changed = send(api, "patch", f"{url}/groups/{group.pk}", {"role": "commenter"})
    assert changed.json()["role"] == "commenter"
    assert [row["group"]["name"] for row in api.get(f"{url}/groups").json()] == ["team"]
    assert api.delete(f"{url}/groups/{group.pk}").status_code == 204
    assert api.delete(f"{url}/groups/{group.pk}").status_code == 404
    assert policy.role_of(bob, document) is None


def test_the_link_is_changed_field_by_field(api: APIClient, document: Document, url: str) -> None:
    """What is left out stays; the password is never told; each password is another."""
    assert api.get(f"{url}/link").json() == {
        "url": f"http://testserver/d/{document.pk}/",
        "reach": "restricted",
        "role": "viewer",
        "expires_at": None,
        "has_password": False,
    }
    until = (timezone.now() + timedelta(days=1)).isoformat()
    body = {"reach": "anyone", "role": "editor", "expires_at": until, "password": "open"}
    changed = send(api, "patch", f"{url}/link", body).json()
    assert (changed["reach"], changed["role"], changed["has_password"]) == (
        "anyone",
        "editor",
        True,
    )
    send(api, "patch", f"{url}/link", {"role": "viewer"})
    document.refresh_from_db()
    assert document.link_reach == LinkReach.ANYONE
    assert document.link_expires_at is not None
    assert link_password_fits(document=document, password="open")
    assert not link_password_fits(document=document, password="")
    assert document.link_epoch == 1
    cleared = send(api, "patch", f"{url}/link", {"password": "", "expires_at": None}).json()
    assert (cleared["has_password"], cleared["expires_at"]) == (False, None)
    for wrong in ({"reach": "world"}, {"role": "owner"}, {"expires_at": "soon"}, {"role": None}):
        assert send(api, "patch", f"{url}/link", wrong).status_code == 400
    assert "open" not in str(list(AuditEntry.objects.values_list("details", flat=True)))


def test_an_invitation_goes_out_as_a_letter(
    api: APIClient,
    document: Document,
    url: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """In plain text and HTML, with the one address that opens it; withdrawn, it opens nothing."""
    body = {"email": "New@Example.org", "role": "editor"}
    with django_capture_on_commit_callbacks(execute=True):
        made = send(api, "post", f"{url}/invitations", body)
    assert made.status_code == 201
    assert made.json()["email"] == "new@example.org"
    (letter,) = mail.outbox
    assert letter.to == ["new@example.org"]
    assert letter.subject == "Ann invites you to “Plan”"
    (html,) = letter.alternatives  # type: ignore[attr-defined]  # it has some
    address = next(word for word in str(letter.body).split() if "/invitation/" in word)
    assert address in str(html[0])
    token = address.rstrip("/").rpartition("/")[2]
    assert invitation_find(token) == Invitation.objects.get()
    assert invitation_find(token[:-1]) is None
    assert invitation_find("") is None
    assert len(api.get(f"{url}/invitations").json()) == 1
    assert api.delete(f"{url}/invitations/{made.json()['id']}").status_code == 204
    assert invitation_find(token) is None
    Invitation.objects.bulk_create(
        Invitation(
            document=document,
            email=f"{number}@example.org",
            role=Role.VIEWER,
            invited_by=document.owner,
            expires_at=timezone.now(),
        )
        for number in range(MAX_INVITATIONS)
    )
    full = send(api, "post", f"{url}/invitations", body)
    assert (full.status_code, full.json()["errors"][0]["pointer"]) == (400, "#/email")


def test_an_old_invitation_opens_nothing(api: APIClient, url: str) -> None:
    send(api, "post", f"{url}/invitations", {"email": "new@example.org", "role": "viewer"})
    Invitation.objects.update(expires_at=timezone.now())
    assert invitation_find(invitation_token(Invitation.objects.get())) is None


def test_somebody_asks_and_is_answered(
    api: APIClient,
    bob: User,
    document: Document,
    url: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """The owner gets one letter however often one asks; the answer is a letter too."""
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            asked = send(client_of(bob), "post", f"{url}/access-requests", {"message": "please"})
            assert asked.status_code == 204
    (request,) = api.get(f"{url}/access-requests").json()
    assert (request["user"]["username"], request["message"]) == ("bob", "please")
    with django_capture_on_commit_callbacks(execute=True):
        answer = send(api, "post", f"{url}/access-requests/{request['id']}", {"role": "commenter"})
    assert answer.status_code == 204
    assert policy.role_of(bob, document) is Role.COMMENTER
    assert api.get(f"{url}/access-requests").json() == []
    assert [(m.to, m.subject) for m in mail.outbox] == [
        (["ann@example.org"], "Bob asks for access to “Plan”"),
        (["bob@example.org"], "You have access to “Plan”"),
    ]


def test_a_request_can_be_declined(api: APIClient, bob: User, document: Document, url: str) -> None:
    send(client_of(bob), "post", f"{url}/access-requests", {})
    (request,) = api.get(f"{url}/access-requests").json()
    path = f"{url}/access-requests/{request['id']}"
    assert send(api, "post", path, {"role": "owner"}).status_code == 400
    assert send(api, "post", path, {"role": None}).status_code == 204
    assert send(api, "post", path, {"role": None}).status_code == 404
    assert policy.role_of(bob, document) is None


def test_another_owner(api: APIClient, ann: User, bob: User, document: Document, url: str) -> None:
    """Who was the owner becomes an editor; it is in the audit log."""
    assert send(api, "put", f"{url}/owner", {"user": "nobody"}).status_code == 400
    assert send(api, "put", f"{url}/owner", {"user": "bob"}).status_code == 204
    document.refresh_from_db()
    assert policy.role_of(bob, document) is Role.OWNER
    assert policy.role_of(ann, document) is Role.EDITOR
    assert send(api, "put", f"{url}/owner", {"user": "ann"}).status_code == 403
    back = {"member": ann.pk}
    for wrong in ({}, {"member": bob.pk}, {"member": 10**30}, {**back, "user": "ann"}):
        assert send(client_of(bob), "put", f"{url}/owner", wrong).status_code == 400
    assert send(client_of(bob), "put", f"{url}/owner", back).status_code == 204
    entry = AuditEntry.objects.filter(action="document.transfer").order_by("pk")[0]
    assert (entry.actor_name, entry.subject, entry.details) == ("ann", "bob", {"before": "ann"})


def test_an_address_that_is_only_claimed_is_nobodys(api: APIClient, url: str) -> None:
    """Whoever signs up with another's address does not get what is shared with it."""
    thief = make_user("thief", email="boss@example.org")
    address = EmailAddress.objects.create(user=thief, email="boss@example.org", verified=False)
    body = {"user": "boss@example.org", "role": "editor"}
    assert send(api, "post", f"{url}/members", body).status_code == 400
    address.verified = True
    address.save()
    assert send(api, "post", f"{url}/members", body).status_code == 201


def test_a_guest_cannot_be_given_anything(api: APIClient, url: str) -> None:
    guest = make_user(is_guest=True)
    for path, method in ((f"{url}/members", "post"), (f"{url}/owner", "put")):
        body = {"user": guest.username, "role": "viewer"}
        assert send(api, method, path, body).status_code == 400


def test_who_has_access_is_listed_with_its_source(
    api: APIClient, ann: User, bob: User, document: Document, url: str
) -> None:
    """Who has it by a folder stands there too; its name is told to who sees the folder."""
    carol = make_user("carol")
    folder = folder_create(owner=ann, name="Secret plans")
    document_move(document=document, folder=folder)
    folder_member_set(folder=folder, user=carol, role=Role.VIEWER)
    send(api, "post", f"{url}/members", {"user": "bob", "role": "viewer"})
    found = send(api, "get", f"{url}/access").json()
    assert (found["role"], found["may_manage"]) == ("owner", True)
    by_name = {each["user"]["username"]: each for each in found["people"]}
    assert set(by_name) == {"ann", "bob", "carol"}
    (source,) = by_name["carol"]["sources"]
    assert source == {"role": "viewer", "group": "", "is_by_folder": True, "folder": "Secret plans"}
    seen = send(client_of(bob), "get", f"{url}/access")
    assert seen.json()["may_manage"] is False
    assert "Secret plans" not in seen.content.decode()
    assert send(client_of(make_user()), "get", f"{url}/access").status_code == 404
    of_folder = send(api, "get", f"/api/v1/folders/{folder.pk}/access").json()
    assert [each["user"]["username"] for each in of_folder["people"]] == ["ann", "carol"]
    assert send(client_of(bob), "get", f"/api/v1/folders/{folder.pk}/access").status_code == 404


def test_an_end_in_the_past_is_refused(api: APIClient, document: Document, url: str) -> None:
    """Another one: what was set long ago stays while something else is changed."""
    past = timezone.now() - timedelta(minutes=1)
    refused = send(api, "patch", f"{url}/link", {"expires_at": past.isoformat()})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["detail"].startswith("This moment has passed")
    Document.objects.filter(pk=document.pk).update(link_expires_at=past)
    assert send(api, "patch", f"{url}/link", {"role": "viewer"}).status_code == 200


@pytest.mark.parametrize(
    ("backend", "email", "is_told"),
    [("locmem", "bob@example.org", True), ("locmem", "", False), ("console", "b@x.example", False)],
)
def test_it_is_said_whether_a_letter_goes_out(
    api: APIClient, bob: User, url: str, settings: Any, backend: str, email: str, is_told: bool
) -> None:
    """Not to who has no address, and not where the server shows its letters instead."""
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    bob.email = email
    bob.save()
    added = send(api, "post", f"{url}/members", {"user": "bob", "role": "viewer"}).json()
    assert added["is_told"] is is_told


def test_a_copied_invitation_lets_in_and_proves_no_address(
    api: APIClient, document: Document, url: str
) -> None:
    """The owner can open it, too: it must not make somebody the owner of another's address."""
    body = {"email": "new@example.org", "role": "viewer"}
    send(api, "post", f"{url}/invitations", body)
    (invited,) = send(api, "get", f"{url}/invitations").json()
    browser = Client()
    path = invited["url"].removeprefix("http://testserver")
    assert browser.get(path).status_code == 200
    account = {"username": "newcomer", "email": body["email"], "password1": "a long password"}
    browser.post("/account/signup/", account)
    newcomer = User.objects.get(username="newcomer")
    assert document.memberships.filter(user=newcomer).exists()
    assert not EmailAddress.objects.filter(user=newcomer, verified=True).exists()
