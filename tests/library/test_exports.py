"""A zip holds what may be read, under names that every system takes, and says what it is."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.core.files.base import ContentFile

from collab.accounts.models import User
from collab.attachments.selectors import attachment_url
from collab.attachments.services import attachment_add
from collab.documents.folders import document_move, folder_create, folder_member_set
from collab.documents.models import Document, Role
from collab.formats.errors import TooLarge
from collab.formats.services import export_document
from collab.history.services import document_seed
from collab.library import exports
from collab.library.exports import documents_to_export, zip_of
from collab.richtext.formats import parse
from tests.attachments.test_sniff import PNG
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


def write(owner: User, title: str, markdown: str = "words") -> Document:
    document = make_document(owner, title)
    document_seed(document=document, author=owner, content=parse(markdown, "markdown"))
    return document


def exported(user: User, wanted: str = "markdown", **what: Any) -> tuple[zipfile.ZipFile, Any]:
    documents = documents_to_export(user, **{"folder": None, "document_ids": (), **what})
    pieces = list(zip_of(documents, user=user, wanted=wanted, language="en"))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    return archive, json.loads(archive.read("manifest.json"))


def shown(archive: zipfile.ZipFile) -> set[str]:
    """Return what people see in the zip; states are for the way back."""
    return {name for name in archive.namelist() if not name.startswith(".scriptorium/")}


def test_all_that_is_mine_with_folders_and_files() -> None:
    ann = make_user()
    top = folder_create(owner=ann, name="Work: 2027")
    low = folder_create(owner=ann, name="计划", parent=top)
    plan = make_document(ann, "A/B?")
    file = attachment_add(document=plan, uploader=ann, name="photo.png", source=ContentFile(PNG))
    content = parse(f"# Goals\n\n![x]({attachment_url(file)})", "markdown")
    document_seed(document=plan, author=ann, content=content)
    document_move(document=plan, folder=low)
    write(ann, "Same")
    write(ann, "same")
    write(make_user(), "Foreign")
    archive, manifest = exported(ann)
    names = shown(archive)
    place = f"files/{file.pk}/photo.png"
    assert names == {"Work 2027/计划/A B.md", "Same.md", "same (2).md", place, "manifest.json"}
    assert f"](../../{place})" in archive.read("Work 2027/计划/A B.md").decode()
    assert archive.read(place) == PNG
    (about,) = [row for row in manifest["documents"] if row["title"] == "A/B?"]
    assert (about["path"], about["files"], about["seq"]) == ("Work 2027/计划/A B.md", [place], 1)


def test_a_folder_with_all_below_it_and_nothing_else() -> None:
    ann, bob = make_user(), make_user()
    top = folder_create(owner=bob, name="Team")
    low = folder_create(owner=bob, name="Low", parent=top)
    folder_member_set(folder=top, user=ann, role=Role.VIEWER)
    for title, folder in (("in top", top), ("in low", low), ("elsewhere", None)):
        document_move(document=write(bob, title), folder=folder)
    archive, _manifest = exported(ann, wanted="text", folder=top)
    assert shown(archive) == {"Team/in top.txt", "Team/Low/in low.txt", "manifest.json"}


def test_chosen_documents_only_where_they_may_be_read() -> None:
    ann = make_user()
    mine, foreign = write(ann, "mine"), write(make_user(), "foreign")
    archive, _manifest = exported(ann, document_ids=[mine.pk, foreign.pk])
    assert shown(archive) == {"mine.md", "manifest.json"}


def test_one_that_fails_is_named_and_the_others_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = make_user()
    write(ann, "good")
    write(ann, "bad")
    real = export_document

    def convert(*args: Any, **more: Any) -> Any:
        if more["title"] == "bad":
            raise TooLarge("It is too large.")
        return real(*args, **more)

    monkeypatch.setattr(exports, "export_document", convert)
    archive, manifest = exported(ann)
    assert shown(archive) == {"good.md", "manifest.json"}
    assert {row["title"]: row["error"] for row in manifest["documents"]} == {
        "good": None,
        "bad": "It is too large.",
    }
