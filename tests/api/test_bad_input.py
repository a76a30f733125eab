"""Bad input of every kind, told line by line: a precise problem each, and no row is changed."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from pycrdt import Doc, Text
from rest_framework.test import APIClient

from collab.accounts.models import ApiToken, User
from collab.api.openapi import description
from collab.history.revisions import revisions_cut_all
from collab.types import DocumentId, Update
from tests.api.conftest import client_of
from tests.factories import make_document, make_user
from tests.history.logs import append

pytestmark = pytest.mark.django_db
#: BASE is the sound document that they are made for.
HOSTILE = sorted(
    path
    for path in (Path(__file__).parents[1] / "crdt" / "hostile").glob("*.hex")
    if path.stem != "BASE"
)
MARKDOWN, HTML, OCTETS = "text/markdown", "text/html", "application/octet-stream"
DEEP = "<div>" * 300 + "x"


@pytest.fixture
def url(api: APIClient, ann: User) -> str:
    """A document with words, the second of its revisions named."""
    document = make_document(ann, "Plan")
    doc: Doc[Text] = Doc(client_id=7)
    notes = doc.get("notes", type=Text)
    updates = []
    for word in ("one ", "two "):
        before = doc.get_state()
        notes += word
        updates.append(Update(doc.get_update(before)))
    append(document, ann, updates)
    revisions_cut_all(document_id=DocumentId(document.pk))
    return f"/api/v1/documents/{document.pk}"


def fingerprint() -> dict[str, str]:
    """What stands in each table; of tokens only how many, since they note when they were used."""
    found = {}
    for model in apps.get_models():
        rows = model._default_manager.all()
        said = repr(rows.count() if model is ApiToken else sorted(map(repr, rows.values_list())))
        found[model._meta.label] = hashlib.sha256(said.encode()).hexdigest()
    return found


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = fingerprint()
    yield
    assert fingerprint() == before


@dataclass(frozen=True)
class Ask:
    """One wrong request and what is said to it."""

    method: str
    path: str
    status: int
    #: Words of the sentence.
    says: str
    body: Any = None
    media: str = "application/json"
    base: str | None = None


ASKS = {
    # Unknown formats.
    "read in no format": Ask("get", "/content?format=docm", 400, "not a valid choice"),
    "past in no format": Ask("get", "/at?seq=1&format=docm", 400, "not a valid choice"),
    "export in no format": Ask("get", "/export?format=rtf", 400, "not a valid choice"),
    "history in no format": Ask("get", "/history/export?format=xml", 400, "not a valid choice"),
    "difference in no format": Ask("get", "/diff?from=1&format=pdf", 400, "not a valid choice"),
    "write in no format": Ask("patch", "/content", 415, "media type", "x", "text/rtf", '"1"'),
    # Unknown revisions, records and times.
    "no such revision": Ask("get", "/revisions/99", 404, "99"),
    "its content": Ask("get", "/revisions/99/content", 404, "99"),
    "its export": Ask("get", "/revisions/99/export?format=html", 404, "99"),
    "restore it": Ask("post", "/revisions/99/restore", 404, "99"),
    "copy it": Ask("post", "/revisions/99/copy", 404, "99"),
    "rename it": Ask("patch", "/revisions/99", 404, "99", {"name": "x"}),
    "no such record": Ask("get", "/at?seq=99", 404, "no record 99"),
    "no whole record": Ask("get", "/at?seq=1.5", 400, "integer"),
    "difference from no record": Ask("get", "/diff?from=99", 404, "no record 99"),
    "difference to no record": Ask("get", "/diff?from=1&to=99", 404, "no record 99"),
    "authors at no record": Ask("get", "/attribution?seq=99", 404, "no record 99"),
    "erase no record": Ask(
        "post", "/history/erasures", 404, "99", {"first": 1, "last": 99, "reason": ""}
    ),
    "before the document": Ask("get", "/at?time=1999-01-01T00:00:00Z", 404, "begins at"),
    "difference from before": Ask("get", "/diff?from=1999-01-01T00:00:00Z", 404, "begins at"),
    "no time": Ask("get", "/at?time=yesterday", 400, "wrong format"),
    # Bases that never existed.
    "base that never was": Ask("patch", "/content", 412, "99", "x", MARKDOWN, '"99"'),
    "base of something else": Ask("patch", "/content", 412, "no ETag", "x", MARKDOWN, '"abc"'),
    "no base": Ask("patch", "/content", 428, "If-Match", "x", MARKDOWN),
    # HTML that runs.
    "script": Ask("patch", "/content", 422, "script", "<p>x</p><script>x()</script>", HTML, '"2"'),
    "handler": Ask("patch", "/content", 422, "onerror", "<img src=x onerror=x()>", HTML, '"2"'),
    "address that runs": Ask(
        "post", "/content/append", 422, "javascript", "<a href='jAvascript:x()'>x</a>", HTML
    ),
    "deeper than any page": Ask("patch", "/content", 400, "nested deeper", DEEP, HTML, '"2"'),
    # Yjs updates.
    "no update": Ask("post", "/updates", 422, "update", b"\xff" * 40, OCTETS),
    "half an update": Ask("post", "/updates", 422, "update", b"\x01\x01\x07\x00", OCTETS),
}


def said(answer: Any, status: int) -> str:
    """Return the sentence of a problem; fail where the answer is none."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], bool(problem["title"])) == (status, True)
    more = [each["detail"] for each in problem.get("errors", ())]
    return " ".join([problem["detail"], *more])


@pytest.mark.parametrize("name", ASKS)
def test_what_cannot_be_asked(api: APIClient, url: str, name: str) -> None:
    ask = ASKS[name]
    # Whatever a first request makes (the cut of the log, say) is made.
    api.get(f"{url}/revisions")
    headers = {} if ask.base is None else {"if-match": ask.base}
    more = {"format": "json"} if isinstance(ask.body, dict) else {"content_type": ask.media}
    arguments = {} if ask.body is None else {"data": ask.body, **more}
    with nothing_changes():
        answer = getattr(api, ask.method)(url + ask.path, headers=headers, **arguments)
        assert ask.says in said(answer, ask.status)


@pytest.mark.parametrize("sample", HOSTILE, ids=lambda path: path.stem)
def test_a_crafted_update_that_is_refused_changes_nothing(
    api: APIClient, url: str, sample: Path
) -> None:
    """The same gate as the socket's; an update with nothing in it is no fault."""
    update = bytes.fromhex(sample.read_text().partition("#")[0])
    with nothing_changes():
        answer = api.post(f"{url}/updates", update, content_type=OCTETS)
        if answer.status_code == 200:
            assert answer.json() == {"seq": 2, "changed": False, "conflicts": []}
        else:
            assert said(answer, answer.status_code)
            assert answer.status_code in (400, 422)


def test_a_body_that_is_too_long(api: APIClient, url: str, settings: LazySettings) -> None:
    """On every way in that takes a whole text."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    settings.ENV = replace(settings.ENV, max_update_bytes=1000)
    long = "word " * 1000
    document = {"title": "x", "content": long, "content_format": "markdown"}
    with nothing_changes():
        for path in ("/content/append", "/content/prepend"):
            said(api.post(url + path, long, content_type=MARKDOWN), 413)
        headers = {"if-match": '"2"'}
        said(api.patch(f"{url}/content", long, content_type=MARKDOWN, headers=headers), 413)
        said(api.post("/api/v1/documents", document, format="json"), 413)
        said(api.post(f"{url}/updates", long.encode(), content_type=OCTETS), 413)


def test_a_bomb_in_a_docx(api: APIClient) -> None:
    """A file among others is told of in its place; nothing is made of it."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * 40_000_000)
    with nothing_changes():
        file = SimpleUploadedFile("bomb.docx", bomb.getvalue())
        answer = api.post("/api/v1/documents/import", {"file": file}, format="multipart")
        (result,) = answer.json()["results"]
        assert (answer.status_code, result["document"]) == (200, None)
        assert "far more" in result["error"]


def test_a_stranger_is_told_nothing_of_the_input(url: str) -> None:
    """Whatever is wrong with it: whether there is such a revision is not theirs to know."""
    eve = client_of(make_user("eve"))
    with nothing_changes():
        for ask in (ASKS["no such revision"], ASKS["no such record"]):
            assert ask.says not in said(eve.get(url + ask.path), 404)


def test_an_empty_file_is_refused_as_the_description_says(api: APIClient) -> None:
    """A problem that names the field; both are in the description."""
    file = SimpleUploadedFile("a.md", b"")
    answer = api.post("/api/v1/documents/import", {"file": file}, format="multipart")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == "#/file"
    known = description()
    operation = known["paths"]["/api/v1/documents/import"]["post"]
    assert operation["responses"]["400"] == {"$ref": "#/components/responses/Problem400"}
    body = known["components"]["schemas"]["ImportBodyRequest"]["properties"]["file"]
    assert "no bytes" in body["description"]
