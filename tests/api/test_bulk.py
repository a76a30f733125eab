"""/documents/import and /export: many at once."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.documents.folders import folder_create
from collab.documents.models import Document, Role
from collab.history.services import document_seed
from collab.richtext.formats import parse
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


def send(api: APIClient, name: str, data: bytes, **more: Any) -> Any:
    body = {"file": SimpleUploadedFile(name, data), **more}
    return api.post("/api/v1/documents/import", body, format="multipart")


def test_in_and_out_again(api: APIClient, ann: User) -> None:
    folder = folder_create(owner=ann, name="Team")
    made = send(api, "Plan.md", "# 目标".encode(), folder=str(folder.pk))
    (result,) = made.json()["results"]
    assert (result["name"], result["error"], result["warnings"]) == ("Plan.md", None, [])
    assert (made.status_code, made.json()["made"], made.json()["failed"]) == (201, 1, 0)
    assert api.get(made["Location"]).json()["id"] == result["document"]
    assert Document.objects.get(pk=result["document"]).folder == folder
    answer = api.get(f"/api/v1/export?folder={folder.pk}&format=markdown")
    assert (answer["Content-Type"], answer.status_code) == ("application/zip", 200)
    assert 'filename="Team.zip"' in answer["Content-Disposition"]
    archive = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert archive.read("Team/Plan.md").decode() == "# 目标\n"


def test_a_file_that_cannot_be_read_is_an_answer_not_an_error(api: APIClient) -> None:
    answer = send(api, "a.exe", b"MZ")
    assert answer.status_code == 200
    (result,) = answer.json()["results"]
    assert result["document"] is None
    assert "not read" in result["error"]


def test_what_is_refused(api: APIClient) -> None:
    foreign = folder_create(owner=make_user(), name="x")
    assert send(api, "a.md", b"a", folder=str(foreign.pk)).status_code == 404
    assert api.post("/api/v1/documents/import", {}, format="multipart").status_code == 400
    for query, status in (
        (f"folder={foreign.pk}", 404),
        ("folder=x", 400),
        ("document=x", 400),
        (f"document={foreign.pk}&document=x", 400),
        ("format=yjs", 400),
    ):
        assert api.get(f"/api/v1/export?{query}").status_code == status


def test_chosen_documents(api: APIClient, ann: User) -> None:
    one, two = make_document(ann, "one"), make_document(ann, "two")
    make_document(ann, "three")
    answer = api.get(f"/api/v1/export?document={one.pk}&document={two.pk}&format=text")
    names = zipfile.ZipFile(io.BytesIO(answer.getvalue())).namelist()
    assert names == ["one.txt", "two.txt", "manifest.json"]


def test_history_and_members_go_along_and_come_in_by_choice(api: APIClient, ann: User) -> None:
    bob = make_user("bob")
    one = make_document(ann, "one", members={bob: Role.VIEWER})
    document_seed(document=one, author=ann, content=parse("words", "markdown"))
    data = api.get("/api/v1/export?include=history&include=members").getvalue()
    made = send(api, "all.zip", data, include=["history", "members"]).json()
    copy = Document.objects.get(pk=made["results"][0]["document"])
    assert [(m.user, m.role) for m in copy.memberships.all()] == [(bob, Role.VIEWER)]
    assert made["results"][0]["warnings"] == []
    bare = send(api, "all.zip", data).json()["results"][0]["document"]
    assert not Document.objects.get(pk=bare).memberships.exists()
    assert send(api, "all.zip", data, include=["x"]).status_code == 400
