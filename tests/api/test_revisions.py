from __future__ import annotations

import json

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.crdt.reader import read_updates
from collab.documents.models import Document, Role
from collab.history.models import Revision
from collab.types import Update
from tests.api.conftest import client_of
from tests.crdt.sessions import session
from tests.factories import make_document
from tests.history.logs import append

pytestmark = pytest.mark.django_db


@pytest.fixture
def updates() -> list[Update]:
    return session(4, steps=40)


@pytest.fixture
def document(ann: User, bob: User, updates: list[Update]) -> Document:
    """Ann writes ten records; an hour later Bob writes the rest."""
    made = make_document(ann, members={bob: Role.VIEWER})
    append(made, ann, updates[:10])
    append(made, bob, updates[10:], at_s=3600)
    return made


@pytest.fixture
def url(document: Document) -> str:
    return f"/api/v1/documents/{document.pk}/revisions"


def test_revisions_are_listed_newest_first(
    api: APIClient, url: str, ann: User, bob: User, updates: list[Update]
) -> None:
    """Each with its span, authors, and how much was done."""
    body = api.get(url).json()
    assert body["next"] is None
    second, first = body["results"]
    assert first == {
        "number": 1,
        "seq": 10,
        "first_seq": 1,
        "kind": "automatic",
        "name": "",
        "authors": [{"id": ann.pk, "name": "Ann", "color": ann.shown_color, "avatar": ""}],
        "started_at": "2026-01-02T03:00:00Z",
        "created_at": "2026-01-02T03:00:09Z",
        "insertions": first["insertions"],
        "deletions": first["deletions"],
        "size": sum(map(len, updates[:10])),
    }
    assert first["insertions"] > 0
    assert (second["number"], second["first_seq"], second["seq"]) == (2, 11, len(updates))
    assert [author["id"] for author in second["authors"]] == [bob.pk]


def test_a_list_goes_on_where_it_ended(
    api: APIClient, url: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """By number, so that a new revision moves nothing; a page costs the same however long."""
    first = api.get(url, {"page_size": 1}).json()
    assert first["next"].endswith("before=2&page_size=1")
    # Token, document, last revision, records after it, page, authors.
    with django_assert_num_queries(6):
        second = api.get(first["next"]).json()
    assert [each["number"] for each in second["results"]] == [1]
    assert second["next"] is None


def test_the_one_that_a_record_falls_in_is_found(api: APIClient, url: str) -> None:
    """However old it is, in one question; those before it follow."""
    for seq, number in ((1, 1), (10, 1), (11, 2)):
        page = api.get(url, {"page_size": 1, "seq": seq}).json()
        assert [each["number"] for each in page["results"]] == [number]
    assert api.get(url, {"seq": 0}).status_code == 400


def test_a_moment_is_named_and_renamed(
    api: APIClient, url: str, document: Document, ann: User
) -> None:
    """What is written after it begins a revision of its own."""
    made = api.post(url, {"name": "Sent to print"}, format="json")
    assert made.status_code == 201
    assert made["Location"] == f"{url}/2"
    assert (made.json()["kind"], made.json()["name"]) == ("named", "Sent to print")
    append(document, ann, session(5)[:1], at_s=3601)
    assert [each["number"] for each in api.get(url).json()["results"]] == [3, 2, 1]
    assert [each["number"] for each in api.get(url, {"named": True}).json()["results"]] == [2]
    again = api.patch(f"{url}/2", {"name": "Printed"}, format="json").json()
    assert again["name"] == api.get(f"{url}/2").json()["name"] == "Printed"
    assert api.patch(f"{url}/2", {"name": ""}, format="json").json()["kind"] == "automatic"


def test_a_viewer_names_nothing(bob: User, url: str) -> None:
    """Reading is theirs."""
    viewer = client_of(bob)
    assert viewer.get(url).status_code == 200
    assert viewer.post(url, {"name": "x"}, format="json").status_code == 403
    assert viewer.patch(f"{url}/1", {"name": "x"}, format="json").status_code == 403


def test_a_revision_shows_the_document_as_it_was(
    api: APIClient, url: str, updates: list[Update]
) -> None:
    """content(n) is the state after the last record of n; as a file too, and by its ETag."""
    response = api.get(f"{url}/1/content")
    expected = read_updates(updates[:10])
    assert json.loads(response.content)["content"][0]["type"] == expected.content[0].type
    assert response["Scriptorium-Seq"] == "10"
    unchanged = api.get(f"{url}/1/content", headers={"if-none-match": response["ETag"]})
    assert unchanged.status_code == 304
    text = api.get(f"{url}/2/content", {"format": "text"}).content.decode()
    assert read_updates(updates).plain.strip()[:5] in text
    file = api.get(f"{url}/1/export", {"format": "markdown"})
    assert "attachment" in file["Content-Disposition"]


@pytest.mark.parametrize("number", ["0", "3", "x", "-1", "1.5", "9" * 40, "²"])
def test_an_unknown_revision(api: APIClient, url: str, number: str) -> None:
    """404 names it, on every path."""
    for tail in ("", "/content", "/export"):
        response = api.get(f"{url}/{number}{tail}")
        assert response.status_code == 404
        assert number[:20] in response.json()["detail"]


@pytest.mark.parametrize("name", ["", "x" * 201, None])
def test_a_bad_name(api: APIClient, url: str, name: str | None) -> None:
    """400, and nothing is named."""
    assert api.post(url, {"name": name}, format="json").status_code == 400
    assert not Revision.objects.exclude(name="").exists()


def test_an_empty_document_has_nothing_to_name(api: APIClient, ann: User) -> None:
    """404 says why."""
    url = f"/api/v1/documents/{make_document(ann).pk}/revisions"
    assert api.get(url).json()["results"] == []
    response = api.post(url, {"name": "x"}, format="json")
    assert (response.status_code, response.json()["detail"]) == (
        404,
        "The document has no content to name yet.",
    )
