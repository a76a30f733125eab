"""PATCH and PUT …/content, append and prepend: merged, precise where they cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.documents.models import Document, Role
from collab.documents.services import member_set
from collab.history.models import UpdateRecord
from tests.api.conftest import client_of

pytestmark = pytest.mark.django_db
EDITED = {"seq": 2, "changed": True, "conflicts": []}
MERGED = {**EDITED, "is_as_sent": True}
SOURCE = "# Plan\n\nThe quick brown fox\n\n- milk\n"


@pytest.fixture
def url(api: APIClient) -> str:
    body = {"title": "Plan", "content": SOURCE, "content_format": "markdown"}
    return str(api.post("/api/v1/documents", body, format="json")["Location"]) + "/content"


def read(api: APIClient, url: str, wanted: str = "markdown") -> tuple[str, str]:
    answer = api.get(url, {"format": wanted})
    return answer.content.decode(), answer["ETag"]


def send(
    api: APIClient,
    url: str,
    body: str | bytes,
    *,
    media: str = "text/markdown",
    base: str | None = None,
    method: str = "patch",
) -> Any:
    headers = {} if base is None else {"If-Match": base}
    whole: Any = body.encode() if isinstance(body, str) else body
    return api.generic(method.upper(), url, whole, content_type=media, headers=headers)


@pytest.mark.parametrize("method", ["patch", "put"])
@pytest.mark.parametrize(
    ("wanted", "media"),
    [("markdown", "text/markdown"), ("html", "text/html"), ("json", "application/json")],
)
def test_what_was_read_is_changed_and_sent_back(
    api: APIClient, ann: User, url: str, method: str, wanted: str, media: str
) -> None:
    """In each format; the answer has the new ETag, the log the author and the kind."""
    body, etag = read(api, url, wanted)
    done = send(api, url, body.replace("brown", "red"), media=media, base=etag, method=method)
    assert (done.status_code, done.json()) == (200, MERGED), done.content
    assert done["ETag"] == '"2"'
    assert read(api, url) == (SOURCE.replace("brown", "red"), '"2"')
    record = UpdateRecord.objects.get(document_id=url.split("/")[-2], seq=2)
    assert (record.author, record.kind) == (ann, "api")
    again = send(api, url, body.replace("brown", "red"), media=media, base='"2"', method=method)
    assert (again.status_code, again.json()) == (200, {**MERGED, "changed": False})
    assert again["ETag"] == '"2"'


def test_two_who_read_the_same_both_have_their_way(api: APIClient, bob: User, url: str) -> None:
    """Nobody is told to start again, nobody's words are lost."""
    member_set(document=Document.objects.get(), user=bob, role=Role.EDITOR)
    body, etag = read(api, url)
    send(api, url, body.replace("quick", "very quick") + "- bread\n", base=etag)
    other = client_of(bob)
    send(other, url, body.replace("fox", "fox jumps").replace("Plan", "The plan"), base=etag)
    assert read(api, url)[0] == (
        "# The plan\n\nThe very quick brown fox jumps\n\n- milk\n- bread\n"
    )


def test_without_a_base_one_is_wanted(api: APIClient, url: str) -> None:
    """428; a star takes what is there."""
    refused = send(api, url, "other")
    assert refused.status_code == 428
    assert "If-Match" in refused.json()["detail"]
    assert refused["Content-Type"] == "application/problem+json"
    assert send(api, url, "other", base="*").status_code == 200
    assert read(api, url)[0] == "other\n"


@pytest.mark.parametrize("base", ['"2"', '"999999999999999999"', '"x"', "1", '"1", "2"', '"-1"'])
def test_a_base_that_never_was(api: APIClient, url: str, base: str) -> None:
    """412, and nothing is changed."""
    refused = send(api, url, "other", base=base)
    assert (refused.status_code, refused["Content-Type"]) == (412, "application/problem+json")
    assert read(api, url) == (SOURCE, '"1"')


def test_a_weakened_etag_is_the_same_etag(api: APIClient, url: str) -> None:
    """Proxies that compress weaken it."""
    assert send(api, url, SOURCE + "\nmore", base='W/"1"').json() == MERGED


@pytest.mark.parametrize(
    ("body", "media", "query", "status", "says"),
    [
        ("", "text/markdown", "", 400, "empty"),
        ("x", "application/msword", "", 415, "media type"),
        ("x", "text/markdown", "?format=docx", 400, "docx"),
        ("{", "application/json", "", 400, "No JSON from line 1"),
        (b"\xff\xfe", "text/plain", "", 400, "UTF-8"),
        ("a\x00b", "text/plain", "", 400, "NUL"),
        ("<p>x</p><script>alert(1)</script>", "text/html", "", 422, "script"),
        ("<p onclick='x()'>x</p>", "text/html", "", 422, "onclick"),
        ("<a href=' javascript:x()'>x</a>", "text/html", "", 422, "javascript"),
        ("> " * 200 + "deep", "text/markdown", "", 400, "nested deeper"),
    ],
)
def test_a_body_that_cannot_be_taken(
    api: APIClient, url: str, body: str | bytes, media: str, query: str, status: int, says: str
) -> None:
    """Each with a sentence that says what is wrong; nothing is changed."""
    for path, base in ((url, '"1"'), (url + "/append", None)):
        method = "patch" if base else "post"
        refused = send(api, path + query, body, media=media, base=base, method=method)
        assert refused.status_code == status, refused.content
        assert refused["Content-Type"] == "application/problem+json"
        assert says in refused.content.decode()
    assert read(api, url) == (SOURCE, '"1"')


def test_an_over_long_body(api: APIClient, url: str, settings: LazySettings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert send(api, url, "word " * 1000, base='"1"').status_code == 413
    assert read(api, url) == (SOURCE, '"1"')


def test_plain_text_is_refused_where_it_would_flatten(api: APIClient, url: str) -> None:
    body, etag = read(api, url, "text")
    refused = send(api, url, body.replace("fox", "dog"), media="text/plain", base=etag)
    assert refused.status_code == 422
    assert "Plain text cannot hold" in refused.json()["detail"]
    assert read(api, url) == (SOURCE, '"1"')
    send(api, url, "**one** two\n\nthree", base=etag)
    body, etag = read(api, url, "text")
    done = send(api, url, body.replace("two", "too"), media="text/plain", base=etag)
    assert done.json() == {**MERGED, "seq": 3}
    assert read(api, url)[0] == "**one** too\n\nthree\n"


@pytest.mark.parametrize(
    ("where", "result"),
    [("append", SOURCE + "\nlast **word**\n"), ("prepend", "last **word**\n\n" + SOURCE)],
)
def test_blocks_at_either_end(api: APIClient, url: str, where: str, result: str) -> None:
    """No base is needed; a blank document begins with them; nothing is no change."""
    done = send(api, f"{url}/{where}", "last **word**", method="post")
    assert (done.status_code, done.json()) == (200, EDITED)
    assert not done.has_header("ETag"), "it tells nothing of what the document holds"
    assert read(api, url)[0] == result
    assert send(api, f"{url}/{where}", " \n", method="post").json() == {**EDITED, "changed": False}
    send(api, url, "\n", base="*")
    assert read(api, url, "text")[0].strip() == ""
    send(api, f"{url}/{where}/", "<h2>First</h2>", media="text/html", method="post")
    assert read(api, url)[0] == "## First\n"


def test_who_may_not_write_changes_nothing(api: APIClient, bob: User, url: str) -> None:
    """Strangers and viewers; without a token 401."""
    other = client_of(bob)
    for role in (None, Role.VIEWER, Role.COMMENTER):
        if role:
            member_set(document=Document.objects.get(), user=bob, role=role)
        for path, method in ((url, "patch"), (url, "put"), (url + "/append", "post")):
            assert send(other, path, "mine", base="*", method=method).status_code in (403, 404)
    assert send(APIClient(), url, "mine", base="*").status_code == 401
    assert read(api, url) == (SOURCE, '"1"')
