from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.crdt.reader import read_document, read_updates
from collab.documents.models import Document
from collab.richtext.formats import render
from collab.types import Update
from tests.api.conftest import client_of
from tests.crdt.sessions import session
from tests.factories import make_document
from tests.history.logs import append

pytestmark = pytest.mark.django_db
UPDATES = session(4, steps=40)


@pytest.fixture
def document(ann: User) -> Document:
    made = make_document(ann)
    append(made, ann, UPDATES)
    return made


@pytest.fixture
def url(document: Document) -> str:
    return f"/api/v1/documents/{document.pk}"


def test_any_moment_in_any_format(api: APIClient, url: str) -> None:
    """By record and by time, exactly as it was."""
    for seq in (1, 7, len(UPDATES)):
        past = read_updates(UPDATES[:seq])
        for wanted in ("json", "markdown", "html", "text"):
            response = api.get(f"{url}/at?seq={seq}&format={wanted}")
            assert response.content.decode() == render(past, wanted)
        time = f"2026-01-02T03:00:{seq - 1:02}.5Z" if seq < 60 else None
        if time:
            assert api.get(f"{url}/at", {"time": time})["Scriptorium-Seq"] == str(seq)
        octets = api.get(f"{url}/at?seq={seq}&format=yjs").content
        assert read_document(Update(octets)) == past
    assert api.get(f"{url}/at")["Scriptorium-Seq"] == str(len(UPDATES))
    assert api.get(f"{url}/at", {"seq": 0}).json() == {
        "type": "doc",
        "content": [{"type": "paragraph"}],
    }


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"seq": 10**6}, 404, "no record 1000000"),
        ({"seq": -1}, 400, "greater than or equal to 0"),
        ({"seq": "x"}, 400, "integer"),
        ({"seq": 2**63}, 400, "less than or equal"),
        ({"time": "2020-01-01T00:00:00Z"}, 404, "It begins at 2026-01-02"),
        ({"time": "0001-01-01T00:00:00Z"}, 404, "had no content"),
        ({"time": "yesterday"}, 400, "wrong format"),
        ({"seq": 1, "time": "2026-01-02T03:00:00Z"}, 400, "not both"),
        ({"format": "docm"}, 400, "not a valid choice"),
    ],
)
def test_a_moment_that_cannot_be(
    api: APIClient, url: str, query: dict[str, str], status: int, words: str
) -> None:
    """A precise sentence each."""
    response = api.get(f"{url}/at", query)
    assert response.status_code == status
    assert words in response.json()["detail"]


def test_the_timeline_covers_the_log_once(
    api: APIClient, url: str, ann: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Bucket after bucket, with times and authors, for a handful of queries."""
    api.get(f"{url}/revisions")
    # Token, document, head, times, revisions, authors.
    with django_assert_num_queries(6):
        body = api.get(f"{url}/timeline", {"buckets": 7}).json()
    assert body["seq"] == len(UPDATES)
    assert len(body["buckets"]) == 7
    seqs = [seq for each in body["buckets"] for seq in range(each["seq_from"], each["seq_to"] + 1)]
    assert seqs == list(range(1, len(UPDATES) + 1))
    assert body["buckets"][0]["from"] == "2026-01-02T03:00:00Z"
    assert all(each["authors"] == [ann.pk] for each in body["buckets"])
    assert body["authors"] == [
        {"id": ann.pk, "name": "Ann", "color": ann.shown_color, "avatar": ""}
    ]
    whole = api.get(f"{url}/timeline", {"buckets": 1000}).json()
    assert len(whole["buckets"]) == len(UPDATES)


def test_the_timeline_of_nothing(api: APIClient, ann: User) -> None:
    """No records, no buckets."""
    body = api.get(f"/api/v1/documents/{make_document(ann).pk}/timeline").json()
    assert body == {"seq": 0, "buckets": [], "authors": []}


def test_a_stranger_sees_no_past(url: str) -> None:
    """The same answer as for the document itself."""
    stranger = client_of(User.objects.create(username="eve"))
    for path in ("at", "timeline", "revisions", "revisions/1", "revisions/1/content"):
        assert stranger.get(f"{url}/{path}").status_code == stranger.get(url).status_code
