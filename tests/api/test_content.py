from __future__ import annotations

import json

import pytest
from pycrdt import Doc, XmlElement, XmlFragment
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.api.content import file_name
from tests.api.conftest import client_of

pytestmark = pytest.mark.django_db

SOURCE = "# 标题 😀\n\n- [x] done\n\n**bold** & <b>html</b>\n"
MARKDOWN = "# 标题 😀\n\n- [x] done\n\n**bold** & **html**\n"


@pytest.fixture
def url(api: APIClient) -> str:
    body = {"title": "Plan: a/b", "content": SOURCE, "content_format": "markdown"}
    made = api.post("/api/v1/documents", body, format="json")
    assert made.status_code == 201, made.content
    return str(made["Location"])


@pytest.mark.parametrize(
    ("wanted", "media", "text"),
    [
        ("markdown", "text/markdown; charset=utf-8", MARKDOWN),
        ("text", "text/plain; charset=utf-8", "标题 😀\n☑ done\nbold & html\n"),
        ("html", "text/html; charset=utf-8", None),
        ("json", "application/json", None),
    ],
)
def test_content_comes_in_each_format(
    api: APIClient, url: str, wanted: str, media: str, text: str | None
) -> None:
    answer = api.get(f"{url}/content", {"format": wanted})
    assert answer["Content-Type"] == media
    assert text is None or answer.content.decode() == text
    if wanted == "html":
        assert "<h1>标题 😀</h1>" in answer.content.decode()
        assert "<html" not in answer.content.decode()
    if wanted == "json":
        assert [block["type"] for block in json.loads(answer.content)["content"]] == [
            "heading",
            "taskList",
            "paragraph",
        ]


def test_yjs_content_is_an_update_for_any_client(api: APIClient, url: str) -> None:
    doc: Doc[XmlFragment] = Doc()
    doc.apply_update(api.get(f"{url}/content", {"format": "yjs"}).content)
    blocks = list(doc.get("default", type=XmlFragment).children)
    assert [block.tag for block in blocks if isinstance(block, XmlElement)] == [
        "heading",
        "taskList",
        "paragraph",
    ]


def test_unchanged_content_is_not_sent_again(api: APIClient, url: str) -> None:
    etag = api.get(f"{url}/content", {"format": "text"})["ETag"]
    again = api.get(f"{url}/content", {"format": "text"}, HTTP_IF_NONE_MATCH=etag)
    assert (again.status_code, again.content) == (304, b"")


def test_bad_asks_are_told(api: APIClient, bob: User, url: str) -> None:
    refused = api.get(f"{url}/content", {"format": "docx"})
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")
    assert client_of(bob).get(f"{url}/content", {"format": "text"}).status_code in (403, 404)
    assert APIClient().get(f"{url}/content", {"format": "text"}).status_code == 401
    body = {"title": "x", "content": "{", "content_format": "json"}
    answer = api.post("/api/v1/documents", body, format="json")
    assert answer.status_code == 400
    assert "No JSON from line 1, column 2 on." in answer.content.decode()
    in_chinese = api.post("/api/v1/documents", body, format="json", HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert "从第 1 行第 2 列起不是 JSON。" in in_chinese.content.decode()
    assert api.get("/api/v1/documents").json()["results"].__len__() == 1


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("", "document.md"),
        ("../../etc/passwd", "etc passwd.md"),
        ("a\u202egnp", "a gnp.md"),
        ("计划 2027", "计划 2027.md"),
    ],
)
def test_file_names_are_taken_everywhere(title: str, name: str) -> None:
    assert file_name(title, "md") == name
