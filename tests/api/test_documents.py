from __future__ import annotations

import uuid

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.documents.models import Document, LinkReach, Role
from collab.documents.services import document_freeze, document_trash
from collab.documents.sharing import guest_create, link_visit
from tests.api.conftest import client_of
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db
LIST = "/api/v1/documents"


def _url(document: Document, rest: str = "") -> str:
    return f"{LIST}/{document.pk}{rest}"


@pytest.mark.parametrize("slash", ["", "/"])
def test_make_and_read(api: APIClient, ann: User, slash: str) -> None:
    """A new document is the maker's, and Location leads to it; slash or not."""
    made = api.post(LIST + slash, {"title": " 计划 "}, format="json")
    assert made.status_code == 201
    body = made.json()
    assert body["title"] == "计划"
    assert body["role"] == "owner"
    assert body["owner"] == {"id": ann.pk, "name": "Ann", "avatar": ""}
    assert body["seq"] == 1  # an empty paragraph
    assert body["trashed_at"] is None
    assert api.get(made["Location"] + slash).json() == body


def test_the_list_has_mine_and_what_is_shared_with_me(api: APIClient, ann: User) -> None:
    """Each with what I am to it; others' documents and the trash are not there."""
    mine = make_document(ann, "Mine")
    shared = make_document(title="Shared", members={ann: Role.VIEWER})
    make_document(title="Secret")
    document_trash(document=make_document(ann, "Gone"))
    body = api.get(LIST, {"ordering": "title"}).json()
    assert [(row["id"], row["role"]) for row in body["results"]] == [
        (str(mine.pk), "owner"),
        (str(shared.pk), "viewer"),
    ]
    assert body["count"] == 2
    gone = api.get(LIST, {"trashed": "true"}).json()["results"]
    assert [row["title"] for row in gone] == ["Gone"]


def test_the_list_is_searched_ordered_and_paged(api: APIClient, ann: User) -> None:
    """Pages link to one another and keep the other parameters."""
    for number in range(5):
        make_document(ann, f"报告 {number}")
    make_document(ann, "Letter")
    query = {"search": "报告", "ordering": "-title", "page_size": "2"}
    first = api.get(LIST, query).json()
    assert [row["title"] for row in first["results"]] == ["报告 4", "报告 3"]
    assert (first["count"], first["previous"]) == (5, None)
    second = api.get(first["next"]).json()
    assert [row["title"] for row in second["results"]] == ["报告 2", "报告 1"]
    assert api.get(second["previous"]).json() == first
    third = api.get(second["next"]).json()
    assert third["next"] is None
    assert api.get(third["previous"]).json() == second
    assert api.get(LIST, {"page": 99}).json()["results"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "x"},
        {"page_size": "101"},
        {"ordering": "owner__password"},
        {"trashed": "perhaps"},
        {"search": "a\x00"},
    ],
)
def test_a_bad_parameter_is_named(api: APIClient, query: dict[str, str]) -> None:
    """What cannot be used is refused, not ignored."""
    response = api.get(LIST, query)
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == next(iter(query))


def test_the_list_asks_as_often_for_many_as_for_one(
    api: APIClient, ann: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Token with person, its first use, count, documents with heads, memberships of both kinds."""
    for _ in range(15):
        make_document(make_user(), members={ann: Role.EDITOR})
    with django_assert_num_queries(6):
        assert len(api.get(LIST).json()["results"]) == 15


def test_rename(api: APIClient, ann: User) -> None:
    """An editor may; an empty change changes nothing; a viewer may not."""
    document = make_document(title="Old", members={ann: Role.EDITOR})
    assert api.patch(_url(document), {"title": "New"}, format="json").json()["title"] == "New"
    assert api.patch(_url(document), {}, format="json").json()["title"] == "New"
    seen = make_document(members={ann: Role.VIEWER})
    assert api.patch(_url(seen), {"title": "x"}, format="json").status_code == 403


def test_a_title_that_cannot_be_is_pointed_at(api: APIClient) -> None:
    """The problem says which value is wrong, in which way."""
    response = api.post(LIST, {"title": "x" * 256}, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "#/title"


def test_to_the_trash_and_back(api: APIClient, ann: User, bob: User) -> None:
    """In the trash the owner sees it and takes it out; for all others it is gone."""
    document = make_document(ann, members={bob: Role.EDITOR})
    editor = client_of(bob)
    assert editor.delete(_url(document)).status_code == 403
    assert api.delete(_url(document)).status_code == 204
    assert api.get(_url(document)).json()["trashed_at"]
    assert api.patch(_url(document), {"title": "x"}, format="json").status_code == 404
    assert api.delete(_url(document)).status_code == 404
    assert editor.get(_url(document)).status_code == 404
    assert editor.post(_url(document, "/restore")).status_code == 404
    assert api.post(_url(document, "/restore")).json()["trashed_at"] is None
    assert api.post(_url(document, "/restore")).status_code == 200
    assert editor.get(_url(document)).status_code == 200
    assert editor.post(_url(document, "/restore")).status_code == 403


@pytest.mark.parametrize(
    "path", ["", "/restore", "/content", "/export", "/updates", "/members", "/members/1"]
)
@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_unknown_and_foreign_are_one_answer(api: APIClient, path: str, method: str) -> None:
    """The same on every path below a document, whatever the method."""
    call = getattr(api, method)
    for wrong in (str(uuid.uuid4()), "7", "a%00b", "x" * 300):
        assert call(f"{LIST}/{wrong}{path}").status_code in (404, 405)
    unknown, foreign = call(f"{LIST}/{uuid.uuid4()}{path}"), call(_url(make_document(), path))
    assert foreign.status_code in (404, 405)
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
    assert not set(foreign.headers) ^ set(unknown.headers)


def test_each_field_needs_its_own_right(api: APIClient, ann: User) -> None:
    """A frozen document is not renamed by sending a folder along; nothing of it is done."""
    document = make_document(ann, "Plan")
    document_freeze(document=document, actor=ann)
    both = {"title": "Other", "folder": None}
    assert api.patch(_url(document), both, format="json").status_code == 403
    assert api.patch(_url(document), {"folder": None}, format="json").status_code == 200
    document.refresh_from_db()
    assert document.title == "Plan"


def test_a_guest_is_told_nobody_s_name(ann: User) -> None:
    document = make_document(ann)
    document.link_reach = LinkReach.ANYONE
    document.save()
    guest = guest_create(name="Gus", language="en")
    link_visit(document=document, user=guest)
    shown = client_of(guest).get(_url(document))
    assert (shown.status_code, shown.json()["owner"]) == (200, None)
