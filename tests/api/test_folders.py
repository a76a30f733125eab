"""/folders: the tree, moves, members."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.audit.models import AuditEntry
from tests.api.conftest import client_of
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db
PATH = "/api/v1/folders"


def make(api: APIClient, name: str, parent: str | None = None) -> Any:
    made = api.post(PATH, {"name": name, "parent": parent}, format="json")
    assert made.status_code == 201, made.content
    assert made["Location"] == f"{PATH}/{made.json()['id']}"
    return made.json()


def test_a_tree_is_made_listed_moved_and_removed(api: APIClient) -> None:
    work, home = make(api, " Work "), make(api, "Home")
    plans = make(api, "Plans", work["id"])
    assert (work["name"], work["role"], plans["parent"]) == ("Work", "owner", work["id"])
    assert [row["name"] for row in api.get(PATH).json()] == ["Home", "Plans", "Work"]
    moved = api.patch(
        f"{PATH}/{plans['id']}", {"parent": home["id"], "name": "Ideas"}, format="json"
    )
    assert (moved.json()["parent"], moved.json()["name"]) == (home["id"], "Ideas")
    assert api.get(f"{PATH}/{plans['id']}/").json() == moved.json()
    assert api.delete(f"{PATH}/{home['id']}").status_code == 204
    assert api.get(f"{PATH}/{plans['id']}").json()["parent"] is None
    to_itself = api.patch(f"{PATH}/{work['id']}", {"parent": work["id"]}, format="json")
    assert (to_itself.status_code, to_itself.json()["errors"][0]["pointer"]) == (400, "#/parent")


def test_members_have_the_documents_below(api: APIClient, ann: User, bob: User) -> None:
    folder = make(api, "Team")
    document = make_document(ann)
    path = f"/api/v1/documents/{document.pk}"
    assert api.patch(path, {"folder": folder["id"]}, format="json").json()["folder"] == folder["id"]
    other = client_of(bob)
    assert other.get(path).status_code == 404
    assert other.get(f"{PATH}/{folder['id']}").status_code == 404
    member = {"user": "bob", "role": "viewer"}
    assert api.post(f"{PATH}/{folder['id']}/members", member, format="json").status_code == 200
    assert other.get(path).json()["role"] == "viewer"
    assert other.get(f"/api/v1/documents?folder={folder['id']}").json()["count"] == 1
    assert [row["role"] for row in other.get(PATH).json()] == ["viewer"]
    rename = other.patch(f"{PATH}/{folder['id']}", {"name": "x"}, format="json")
    assert rename.status_code == 403
    assert other.post(f"{PATH}/{folder['id']}/members", member, format="json").status_code == 403
    assert other.patch(path, {"folder": None}, format="json").status_code == 403
    assert len(other.get(f"{PATH}/{folder['id']}/members").json()) == 1
    assert other.delete(f"{PATH}/{folder['id']}/members/{bob.pk}").status_code == 204
    assert other.get(path).status_code == 404
    assert api.delete(f"{PATH}/{folder['id']}/members/{bob.pk}").status_code == 404


def test_what_is_refused(api: APIClient, ann: User) -> None:
    stranger = client_of(make_user())
    foreign = make(stranger, "theirs")
    assert api.post(PATH, {"name": "  "}, format="json").status_code == 400
    for parent, status in (("no id", 400), (foreign["id"], 404)):
        body = {"name": "x", "parent": parent}
        assert api.post(PATH, body, format="json").status_code == status
    for method in (api.get, api.delete):
        assert method(f"{PATH}/{foreign['id']}").status_code == 404
        assert method(f"{PATH}/nothing").status_code == 404
    own = make_document(ann)
    move = api.patch(f"/api/v1/documents/{own.pk}", {"folder": foreign["id"]}, format="json")
    assert move.status_code == 404
    mine = make(api, "mine")
    assert api.delete(f"{PATH}/{mine['id']}/members/{'9' * 30}").status_code == 404
    me = {"user": "ann", "role": "editor"}
    assert api.post(f"{PATH}/{mine['id']}/members", me, format="json").status_code == 400


def test_groups_have_the_documents_below(api: APIClient, ann: User, bob: User) -> None:
    """A group that one is in is let in, by the owner only, and it is noted who did it."""
    folder = make(api, "Team")
    document = make_document(ann)
    api.patch(f"/api/v1/documents/{document.pk}", {"folder": folder["id"]}, format="json")
    team, other = Group.objects.create(name="team"), Group.objects.create(name="other")
    team.user_set.add(ann, bob)
    path, mine = f"{PATH}/{folder['id']}/groups", client_of(bob)
    body = {"group": "team", "role": "viewer"}
    assert mine.post(path, body, format="json").status_code == 404
    assert api.post(path, body | {"group": other.name}, format="json").status_code == 400
    assert api.post(path, body, format="json").json()["group"]["name"] == "team"
    assert mine.get(f"/api/v1/documents/{document.pk}").json()["role"] == "viewer"
    assert mine.post(path, body, format="json").status_code == 403
    assert mine.delete(f"{path}/{team.pk}").status_code == 403
    assert api.post(path, body | {"role": "editor"}, format="json").json()["role"] == "editor"
    assert [row["role"] for row in mine.get(path).json()] == ["editor"]
    assert api.delete(f"{path}/{team.pk}").status_code == 204
    for unknown in (team.pk, "x"):
        assert api.delete(f"{path}/{unknown}").status_code == 404
    assert mine.get(f"/api/v1/documents/{document.pk}").status_code == 404
    noted = (
        AuditEntry.objects.filter(actor=ann, action__startswith="folder.")
        .order_by("id")
        .values_list("action", "subject")
    )
    assert list(noted) == [
        ("folder.group_set", "team"),
        ("folder.group_set", "team"),
        ("folder.group_remove", "team"),
    ]
