from __future__ import annotations

import base64
import csv
import io
import json
import zipfile

import pytest
from django.test import AsyncClient
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.accounts.tokens import token_create
from collab.crdt.reader import read_updates
from collab.documents.models import Document
from collab.history import export
from collab.richtext.formats import render
from tests.crdt.sessions import session
from tests.factories import make_document
from tests.history.logs import append

pytestmark = pytest.mark.django_db
UPDATES = session(12, steps=40)
HALF = len(UPDATES) // 2


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "CHUNK", 7)
    monkeypatch.setattr(export, "PIECE_BYTES", 100)


@pytest.fixture
def document(ann: User, bob: User) -> Document:
    bob.display_name = "=cmd()"
    bob.save()
    made = make_document(ann, "Plan")
    append(made, ann, UPDATES[:HALF])
    append(made, bob, UPDATES[HALF:], at_s=3600)
    return made


def body(api: APIClient, document: Document, wanted: str) -> bytes:
    response = api.get(f"/api/v1/documents/{document.pk}/history/export", {"format": wanted})
    assert response.status_code == 200
    assert response["Scriptorium-Records"] == str(len(UPDATES))
    assert response["Scriptorium-Revisions"] == "2"
    assert f"Plan history.{wanted}" in response["Content-Disposition"]
    pieces = list(response.streaming_content)  # type: ignore[attr-defined]  # of a stream
    assert len(pieces) > 2
    return b"".join(pieces)


def test_json_and_ndjson_hold_every_record(api: APIClient, document: Document, ann: User) -> None:
    """The document can be built again from what they say."""
    whole = json.loads(body(api, document, "json"))
    lines = [json.loads(each) for each in body(api, document, "ndjson").splitlines()]
    records = [each for each in lines if each.pop("type") == "record"]
    assert records == whole["records"]
    assert [each["seq"] for each in records] == list(range(1, len(UPDATES) + 1))
    assert [base64.b64decode(each["update"]) for each in records] == UPDATES
    assert whole["authors"][str(ann.pk)] == {"name": "Ann"}
    assert [each["seq"] for each in whole["revisions"]] == [HALF, len(UPDATES)]


def test_csv_has_a_row_per_record(api: APIClient, document: Document) -> None:
    """And no cell is a formula."""
    rows = list(csv.DictReader(io.StringIO(body(api, document, "csv").decode())))
    assert [int(row["seq"]) for row in rows] == list(range(1, len(UPDATES) + 1))
    assert {row["author"] for row in rows} == {"Ann", "'=cmd()"}


def test_a_zip_has_every_revision(api: APIClient, document: Document) -> None:
    """As its manifest says, each as the document was."""
    archive = zipfile.ZipFile(io.BytesIO(body(api, document, "zip")))
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    assert len(archive.read("records.ndjson").splitlines()) == len(UPDATES)
    for revision in manifest["revisions"]:
        as_json, as_markdown = revision["files"]
        past = read_updates(UPDATES[: revision["seq"]])
        assert archive.read(as_json).decode() == render(past, "json")
        assert archive.read(as_markdown).decode() == render(past, "markdown")


@pytest.mark.django_db(transaction=True)
async def test_it_streams_under_asgi(ann: User, document: Document) -> None:
    """Piece by piece; Django warns, and the suite fails, where all of it goes to memory first."""
    from asgiref.sync import sync_to_async

    token = await sync_to_async(token_create)(ann)
    response = await AsyncClient().get(
        f"/api/v1/documents/{document.pk}/history/export?format=ndjson",
        headers={"authorization": f"Bearer {token}"},
    )
    pieces = [piece async for piece in response.streaming_content]  # type: ignore[attr-defined]
    assert len(b"".join(pieces).splitlines()) == 1 + 2 + 2 + len(UPDATES)


def test_an_unknown_form(api: APIClient, document: Document) -> None:
    """400."""
    url = f"/api/v1/documents/{document.pk}/history/export"
    assert api.get(url, {"format": "xml"}).status_code == 400
