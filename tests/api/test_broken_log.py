"""A log with a record that the CRDT library cannot read, as an older version let in by REST."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer
from django.utils import timezone
from pycrdt import Doc, XmlElement, XmlFragment, XmlText
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.crdt.reader import read_document
from collab.documents.models import Document
from collab.history.models import UpdateRecord
from collab.history.update_log import DatabaseUpdateLog, compact_what_is_due
from collab.history.verifying import log_verify
from collab.operations.models import QuarantinedUpdate
from collab.operations.quarantine import records_left_out, records_quarantine
from collab.realtime.config import RealtimeConfig
from collab.realtime.registry import Registry
from collab.room.ports import PendingUpdate
from collab.search.upkeep import search_upkeep
from collab.types import ClientId, DocumentId, Update, UserId
from tests.crdt.test_unreadable import formatted

pytestmark = pytest.mark.django_db
BAD = [formatted(b"9223372036854775808"), Update(b"\x01\x01\x05\x00\xff"), Update(b"")]


def log_of(document: Document, *updates: Update) -> None:
    """Append past every gate."""
    DatabaseUpdateLog().append(
        [
            PendingUpdate(
                document_id=DocumentId(document.pk),
                update=update,
                author_id=UserId(document.owner_id),
                client_ids=(ClientId(5),),
                is_relayed=False,
                binds=(ClientId(5),),
                created_at=timezone.now(),
                kind="api",
            )
            for update in updates
        ]
    )


@pytest.fixture(params=range(len(BAD)))
def broken(request: pytest.FixtureRequest, api: APIClient) -> Document:
    """A document of two words, with the record between them."""
    body = {"title": "Plan", "content": "first", "content_format": "markdown"}
    api.post("/api/v1/documents", body, format="json")
    document = Document.objects.get()
    log_of(document, BAD[request.param])
    return document


def paths(document: Document) -> list[str]:
    one = f"/api/v1/documents/{document.pk}"
    formats = ("markdown", "html", "text", "json", "yjs")
    return [
        *(f"{one}/content?format={each}" for each in formats),
        *(f"{one}/export?format={each}" for each in formats),
        *(f"{one}/at?seq={seq}&format={each}" for seq in range(4) for each in formats),
        *(f"{one}/diff?from=0&to=3&format={each}" for each in ("json", "html", "text")),
        f"{one}/attribution?deleted=1",
        f"{one}/updates",
        f"{one}/revisions",
        f"{one}/revisions/1/content?format=json",
        *(f"{one}/history/export?format={each}" for each in ("json", "ndjson", "csv", "zip")),
    ]


def test_everything_can_be_read_and_written(api: APIClient, broken: Document) -> None:
    """The words before the record and after it: content, past, differences, history."""
    url = f"/api/v1/documents/{broken.pk}"
    added = api.post(f"{url}/content/append", "second", content_type="text/markdown")
    assert (added.status_code, added.json()["seq"]) == (200, 3)
    for path in paths(broken):
        answer: Any = api.get(path)
        assert answer.status_code == 200, (path, answer.content[:300])
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if "format=json" in path:
            json.loads(body, parse_constant=pytest.fail)
        if "format=zip" in path:
            assert len(zipfile.ZipFile(io.BytesIO(body)).namelist()) > 3
    text = api.get(f"{url}/content?format=text").content.decode()
    row = UpdateRecord.objects.get(document=broken, seq=2)
    # What can be read in the record, in a root of its own, is shown, too.
    beside = ["t", "xy"] if bytes(row.update) == BAD[0] else []
    assert text.split() == ["first", "second", *beside]
    program: Doc[Any] = Doc(client_id=77)
    program.apply_update(api.get(f"{url}/content?format=yjs").content)
    seen = program.get_state()
    block = XmlElement("paragraph", {}, [XmlText("third")])
    program.get("default", type=XmlFragment).children.append(block)
    sent = api.post(
        f"{url}/updates", program.get_update(seen), content_type="application/octet-stream"
    )
    assert sent.status_code == 200, sent.content
    back = api.post(f"{url}/revisions/1/restore", {}, format="json")
    assert back.status_code == 200, back.content
    search_upkeep()
    assert len(api.get("/api/v1/search?q=first").json()["results"]) == 1


def test_erasing_works(api: APIClient, broken: Document) -> None:
    """Of what stood in the document, over the record."""
    url = f"/api/v1/documents/{broken.pk}"
    shown = api.get(f"{url}/content?format=markdown")
    done = api.patch(
        f"{url}/content", "other", content_type="text/markdown", headers={"If-Match": shown["ETag"]}
    )
    assert done.status_code == 200, done.content
    erased = api.post(
        f"{url}/history/erasures", {"first": 1, "last": 3, "reason": "secret"}, format="json"
    )
    assert erased.status_code in (200, 201, 202), erased.content
    assert b"first" not in api.get(f"{url}/at?seq=1&format=text").content


def test_a_checkpoint_is_made_once_the_record_is_noted(api: APIClient, broken: Document) -> None:
    """With nobody to tell, the log stays as it is."""
    key = DocumentId(broken.pk)
    log_of(broken, *[Update(b"\x00\x00")] * 2)
    DatabaseUpdateLog(records_quarantine).checkpoint(key)
    assert records_left_out(key) == [2]
    records_quarantine(DatabaseUpdateLog().read_after(key, 1, 1))  # type: ignore[arg-type]
    row = QuarantinedUpdate.objects.get()
    assert (row.record_seq, row.after_seq, row.author_id) == (2, 1, broken.owner_id)
    compact_what_is_due(records_quarantine)
    found = log_verify(key)
    assert found.problem is not None
    assert "record 2" in found.problem


@pytest.mark.django_db(transaction=True)
def test_a_room_opens_without_the_record(api: APIClient, broken: Document) -> None:
    """It is noted for administrators, once however often it opens."""
    key = DocumentId(broken.pk)

    async def opened() -> str:
        registry = Registry(
            DatabaseUpdateLog(records_quarantine),
            InMemoryChannelLayer(),
            RealtimeConfig(room_sweep_s=3600, watchdog_s=0),
        )
        runner = await registry.open(key)
        assert runner is not None
        await registry.compare_rooms()
        assert registry.rooms == (runner,)
        text = read_document(runner.room.diff()).plain
        await registry.stop()
        return text

    for _ in range(2):
        assert async_to_sync(opened)() == "first"
    assert records_left_out(key) == [2]
    assert QuarantinedUpdate.objects.count() == 1


def test_what_breaks_a_replica_is_in_quarantine_not_in_the_log(
    api: APIClient, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REST tries an update out before it is appended, as the room does."""
    body = {"title": "Plan", "content": "first", "content_format": "markdown"}
    api.post("/api/v1/documents", body, format="json")
    document = Document.objects.get()
    monkeypatch.setattr("collab.crdt.update._integer", float)  # the gate as it was
    url = f"/api/v1/documents/{document.pk}"
    answer = api.post(f"{url}/updates", BAD[0], content_type="application/octet-stream")
    assert answer.status_code == 422, answer.content
    assert api.get(f"{url}/content?format=text").status_code == 200
    row = QuarantinedUpdate.objects.get()
    assert (bytes(row.update), row.author, row.record_seq) == (BAD[0], ann, None)
    monkeypatch.undo()
    again = api.post(f"{url}/updates", BAD[0], content_type="application/octet-stream")
    assert again.status_code == 422
    assert "no JSON" in again.json()["detail"]
