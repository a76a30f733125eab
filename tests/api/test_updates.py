from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from collab import lib0
from collab.accounts.models import User
from collab.api import updates
from collab.crdt.update import decode_update
from collab.documents.models import Document
from collab.history.selectors import records_after
from collab.history.services import update_check, update_merge
from collab.history.update_log import DatabaseUpdateLog
from collab.room.ports import PendingUpdate
from collab.types import ClientId, DocumentId, Seq, Update, UserId
from tests.factories import make_document
from tests.protocol.test_cost import typed, update

pytestmark = pytest.mark.django_db
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def _append(document: Document, author: User, *bodies: bytes) -> None:
    DatabaseUpdateLog().append(
        [
            PendingUpdate(
                document_id=DocumentId(document.pk),
                update=Update(body),
                author_id=UserId(author.pk),
                client_ids=(ClientId(7),),
                is_relayed=False,
                binds=(),
                created_at=WHEN,
            )
            for body in bodies
        ]
    )


@pytest.fixture
def url(ann: User) -> str:
    document = make_document(ann)
    _append(document, ann, *(bytes([number]) * number for number in range(1, 46)))
    return f"/api/v1/documents/{document.pk}/updates"


def test_records_come_in_order_and_whole(api: APIClient, ann: User, url: str) -> None:
    """Each with number, bytes, author and time; the pages join without a gap."""
    first = api.get(url, {"limit": 30}).json()
    assert first["records"][0] == {
        "seq": 1,
        "update": base64.b64encode(b"\x01").decode(),
        "author": {"id": ann.pk, "name": "Ann", "avatar": ""},
        "client_ids": [7],
        "is_relayed": False,
        "created_at": "2026-01-02T03:04:05Z",
    }
    assert first["next"] == 30
    second = api.get(url, {"since": first["next"]}).json()
    assert second["next"] is None
    numbers = [record["seq"] for record in first["records"] + second["records"]]
    assert numbers == list(range(1, 46))
    assert api.get(url, {"since": 45}).json() == {"records": [], "next": None}
    assert api.get(url, {"since": 2**63 - 1}).json() == {"records": [], "next": None}


def test_records_as_octets(api: APIClient, url: str) -> None:
    """Length and bytes of each, and a link to the rest."""
    accept = {"accept": "application/octet-stream"}
    response = api.get(url, {"since": 1, "limit": 3}, headers=accept)
    assert response["Content-Type"] == "application/octet-stream"
    reader = lib0.Reader(response.content)
    assert [reader.array() for _ in range(3)] == [bytes([n]) * n for n in (2, 3, 4)]
    reader.finish()
    assert response["Link"] == f'<http://testserver{url}?limit=3&since=4>; rel="next"'
    last = api.get(url, {"since": 44}, headers=accept)
    assert last.content == lib0.array(bytes([45]) * 45)
    assert "Link" not in last


def test_an_answer_is_bounded(api: APIClient, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large records end an answer early, and the next one goes on from there."""
    monkeypatch.setattr(updates, "MAX_ANSWER_BYTES", 1)
    body = api.get(url).json()
    assert body["next"] == body["records"][-1]["seq"] == updates.CHUNK


@pytest.mark.parametrize("since", ["-1", "x", "1.5", str(2**63), "9" * 400])
def test_a_bad_since_is_refused(api: APIClient, url: str, since: str) -> None:
    """400 names the parameter."""
    response = api.get(url, {"since": since})
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == "since"


def test_authors_are_asked_for_once(
    api: APIClient, url: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Token, its first use, document, three chunks of records, the head, the authors."""
    with django_assert_num_queries(8):
        api.get(url)


def test_a_chain_of_single_characters_reaches_the_crdt_library_as_one(
    api: APIClient, ann: User
) -> None:
    """By REST and in a merge: the library takes the square of their number."""
    document = make_document(ann)
    url = f"/api/v1/documents/{document.pk}/updates"
    chain = update([typed(1_500)], [])
    answer = api.post(url, chain, content_type="application/octet-stream")
    assert answer.status_code == 200
    another = update([typed(1_500, client=8)], [])
    assert len(update_check(document=document, update=another).decoded.structs) == 1
    update_merge(document=document, actor=ann, update=another, owners={})
    records = records_after(DocumentId(document.pk), Seq(0), 10)
    assert [len(decode_update(record.update).structs) for record in records] == [1, 1]
