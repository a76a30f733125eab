from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.documents import policy
from collab.documents.models import Document, Role
from tests.api.conftest import client_of
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(ann: User) -> Document:
    return make_document(ann)


@pytest.fixture
def url(document: Document) -> str:
    return f"/api/v1/documents/{document.pk}/members"


@pytest.mark.parametrize("name", ["bob", "bob@example.org", "BOB@Example.org"])
def test_share_by_user_name_or_address(
    api: APIClient, bob: User, document: Document, url: str, name: str
) -> None:
    """The first time makes a member, the second gives another role."""
    made = api.post(url, {"user": name, "role": "viewer"}, format="json")
    assert made.status_code == 201
    assert made["Location"] == f"{url}/{bob.pk}"
    assert made.json()["user"] == {"id": bob.pk, "name": "Bob", "avatar": ""}
    assert policy.role_of(bob, document) is Role.VIEWER
    again = api.post(url, {"user": name, "role": "editor"}, format="json")
    assert (again.status_code, again.json()["role"]) == (200, "editor")
    assert [member["role"] for member in api.get(url).json()] == ["editor"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"user": "nobody", "role": "viewer"}, "#/user"),
        ({"user": "ann", "role": "viewer"}, "#/user"),
        ({"user": "twin@example.org", "role": "viewer"}, "#/user"),
        ({"user": "gone", "role": "viewer"}, "#/user"),
        ({"user": "bob", "role": "owner"}, "#/role"),
        ({"user": "bob"}, "#/role"),
        ({"role": "viewer"}, "#/user"),
    ],
)
def test_what_cannot_be_a_member(
    api: APIClient, bob: User, url: str, body: dict[str, str], pointer: str
) -> None:
    """Nobody unknown, suspended or of an address that two have; not the owner; no second owner."""
    make_user("one", email="twin@example.org")
    make_user("two", email="twin@example.org")
    make_user("gone", is_active=False)
    response = api.post(url, body, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == pointer


def test_another_role_and_removal(api: APIClient, bob: User, document: Document, url: str) -> None:
    """The owner changes and ends what she gave; what is not there is 404."""
    assert api.patch(f"{url}/{bob.pk}", {"role": "editor"}, format="json").status_code == 404
    api.post(url, {"user": "bob", "role": "viewer"}, format="json")
    changed = api.patch(f"{url}/{bob.pk}", {"role": "commenter"}, format="json")
    assert changed.json()["role"] == "commenter"
    assert api.delete(f"{url}/{bob.pk}").status_code == 204
    assert policy.role_of(bob, document) is None
    for wrong in (str(bob.pk), "x", "9" * 18, "9" * 40, "-1", "٣"):
        assert api.delete(f"{url}/{wrong}").status_code == 404


def test_members_see_each_other_and_may_leave(
    ann: User, bob: User, document: Document, url: str
) -> None:
    """A member changes nobody's role, and no other's membership; her own she may end."""
    carol = make_user("carol")
    for user in (bob, carol):
        client_of(ann).post(url, {"user": user.username, "role": "editor"}, format="json")
    member = client_of(bob)
    assert len(member.get(url).json()) == 2
    assert member.post(url, {"user": "carol", "role": "viewer"}, format="json").status_code == 403
    assert member.patch(f"{url}/{bob.pk}", {"role": "viewer"}, format="json").status_code == 403
    assert member.delete(f"{url}/{carol.pk}").status_code == 403
    assert member.delete(f"{url}/{bob.pk}").status_code == 204
    assert member.get(url).status_code == 404
