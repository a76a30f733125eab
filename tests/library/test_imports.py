"""Files become documents; what cannot be read is named, and the rest is taken."""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import replace

import pytest
from django.conf import settings
from django.utils import translation

from collab.accounts.models import User
from collab.attachments.selectors import attachment_url
from collab.crdt.reader import read_document
from collab.documents.folders import folder_create
from collab.documents.models import Document, Folder
from collab.history.selectors import current_state
from collab.library.imports import import_file
from collab.richtext.formats import render
from collab.types import DocumentId
from tests.attachments.test_sniff import PNG
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def text(document: Document | None) -> str:
    assert document is not None
    return read_document(current_state(DocumentId(document.pk))[0]).plain


def take(owner: User, name: str, data: bytes, folder: Folder | None = None) -> dict[str, str]:
    """Return the text of each document made, or why there is none, by the file's name."""
    outcomes = import_file(owner=owner, name=name, source=io.BytesIO(data), folder=folder)
    return {o.name: o.error if o.error is not None else text(o.document) for o in outcomes}


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("Plan.md", b"# Goals", "Goals"),
        ("页面.HTML", "<p>你好</p>".encode(), "你好"),
        ("note.txt", b"\xef\xbb\xbfplain", "plain"),
        ("wide.txt", "宽".encode("utf-16"), "宽"),
        ("empty.md", b"", ""),
    ],
)
def test_one_file(name: str, data: bytes, expected: str) -> None:
    ann = make_user()
    folder = folder_create(owner=ann, name="x")
    assert take(ann, name, data, folder) == {name: expected}
    document = Document.objects.get()
    assert document.title == name.rpartition(".")[0]
    assert (document.owner, document.folder) == (ann, folder)


def test_a_picture_that_markdown_carries_is_kept() -> None:
    ann = make_user()
    carried = base64.b64encode(PNG).decode()
    data = f"before ![words](data:image/png;base64,{carried}) after".encode()
    (outcome,) = import_file(owner=ann, name="a.md", source=io.BytesIO(data), folder=None)
    assert outcome.document is not None
    content = read_document(current_state(DocumentId(outcome.document.pk))[0])
    file = outcome.document.attachments.get()
    assert render(content, "markdown") == (f"before\n\n![words]({attachment_url(file)})\n\nafter\n")
    with file.open() as kept:
        assert kept.read() == PNG


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.exe", b"MZ", "not read"),
        ("noending", b"x", "not read"),
        ("a.txt", b"\xff\x00\xfe", "not text"),
        ("a.md", b"a\x00b", "not text"),
        ("a.json", b"{", "No JSON from line 1"),
        ("a.zip", b"PK no", "not a zip"),
    ],
)
def test_what_cannot_be_read_is_said(name: str, data: bytes, why: str) -> None:
    ((named, sentence),) = take(make_user(), name, data).items()
    assert named == name
    assert why in sentence
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("source", "english", "chinese"),
    [
        ("{", "No JSON from line 1, column 2 on.", "从第 1 行第 2 列起不是 JSON。"),
        ("[1]", "a node in it has no type", "其中有节点没有 type"),
        ('{"type": "doc", "attrs": 1}', "the attrs of a node", "节点的 attrs 必须是对象"),
        ('{"type": "doc", "content": 1}', "must be lists", "必须是列表"),
        ('{"type": "text"}', "a text node in it has no text", "文本节点没有文本"),
        ('{"type": "doc", "marks": [1]}', "a mark in it has no type", "其中有标记没有 type"),
        ('{"type": "doc", "marks": [{"type": "a", "attrs": 1}]}', "of a mark", "标记的 attrs"),
        ('{"type": "doc", "content": [' * 5000, "nested too deep", "嵌套过深"),
        ("9" * 5000, "no document in the format “json”", "不是“json”格式的文档"),
    ],
)
def test_json_that_is_no_document_is_refused_in_the_readers_language(
    source: str, english: str, chinese: str
) -> None:
    for language, words in (("en", english), ("zh-hans", chinese)):
        with translation.override(language):
            assert words in str(take(make_user(), "a.json", source.encode())["a.json"])


@pytest.mark.parametrize(
    ("name", "source", "chinese"),
    [
        ("a.md", "> " * 200 + "deep", "这份 Markdown 的嵌套超过 100 层。"),
        ("a.html", "<div>" * 500 + "deep", "这份 HTML 的嵌套超过 200 层。"),
    ],
)
def test_what_is_nested_too_deep_is_refused_in_chinese(
    name: str, source: str, chinese: str
) -> None:
    with translation.override("zh-hans"):
        assert take(make_user(), name, source.encode()) == {name: chinese}


def test_a_zip_keeps_its_folders_and_names_its_failures() -> None:
    ann = make_user()
    data = zipped(
        **{
            "top.md": b"top",
            "Work/Plans/a.md": b"a",
            "Work/b.txt": b"b",
            "../../evil.md": b"kept inside",
            "Work/photo.png": b"x",
            "__MACOSX/x.md": b"x",
            "files/1/x.md": b"x",
            "manifest.json": b'{"exported_at": "2027-01-01T00:00:00Z"}',
        }
    )
    made = take(ann, "all.zip", data)
    assert {name for name, said in made.items() if "not read" in said} == {"Work/photo.png"}
    assert set(made) == {"top.md", "Work/Plans/a.md", "Work/b.txt", "evil.md", "Work/photo.png"}
    placed = {d.title: d.folder and d.folder.name for d in Document.objects.all()}
    assert placed == {"top": None, "a": "Plans", "b": "Work", "evil": None}
    plans = Folder.objects.get(name="Plans")
    assert plans.parent == Folder.objects.get(name="Work")


def test_a_zip_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ENV", replace(settings.ENV, import_max_files=1))
    said = take(make_user(), "two.zip", zipped(**{"a.md": b"", "b.md": b""}))
    assert said == {"two.zip": "The zip has 2 files; 1 are taken at most."}
    limits = replace(settings.CONVERSION_LIMITS, import_bytes=1_000)
    monkeypatch.setattr(settings, "CONVERSION_LIMITS", limits)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", b"0" * 10_000_000)
    assert "more than 1000 bytes" in take(make_user(), "b.zip", bomb.getvalue())["bomb.txt"]
