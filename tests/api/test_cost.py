"""What a request costs grows with its size, no faster: bodies, files, searches, headers, names.

Steps are counted (``tests/cost.py``), so that no clock is read. Frames of the socket have theirs in
``tests/protocol`` and ``tests/crdt``, patterns in ``tests/test_patterns.py``.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pycrdt import Doc, Text
from rest_framework.test import APIClient

from collab.formats import apart
from collab.richtext.errors import FormatError
from collab.richtext.formats import parse, render
from tests.cost import assert_grows_no_faster, steps_of

BASE = "/api/v1/documents"
#: Pieces that readers of Markdown begin something with.
MARKDOWN = [
    *["[", "![", "](", "*a ", "**a", "_a ", "`a", "``", "`a``b", "> ", "- ", "1. ", "<a "],
    *["<", "$", "$$\n", "|", "|a|\n|-|\n", "[^1]", "[^1]: a\n\n", "[^a]: b [^a]\n"],
    *["<details>\n\n", "<!--", "</details>\n\n", "&am", "~~a", "[a](b", "[a]: b\n"],
    *["[a](<b", "a\n===\n", "# ", "a  \n", "<b>", "<b></i>", "<span>a"],
    *["<span data-color=red>", "- [ ] x\n", "\t", "a\n\n", "[[[](", "x<br>", "*_"],
    *["***a** ", "> > ", "- - ", "|a", "[a][b]", "- a\n\n  b\n", "```\n", "    x\n"],
    *["![a](b)", "\\"],
]


def _read(source: str) -> object:
    try:
        return parse(source, "markdown")
    except FormatError:
        return None


@pytest.mark.parametrize("piece", MARKDOWN)
def test_markdown_is_read_in_proportion(piece: str) -> None:
    """Whatever begins and does not end; HTML has ``tests/richtext/test_html_tree.py``."""
    assert_grows_no_faster(lambda n: piece * n, _read, sizes=(64, 128, 256))


def tree_of(size: int) -> str:
    """Return a document with a bit of everything, as JSON."""
    words = "".join(f"# h{n}\n\n**a** *b* `c` [d](/e)\n\n- [ ] f\n\n> g\n\n" for n in range(size))
    return render(parse(words, "markdown"), "json")


@pytest.mark.parametrize("wanted", ["markdown", "html", "text", "json"])
def test_documents_are_written_in_proportion(wanted: str) -> None:
    assert_grows_no_faster(
        lambda n: parse(tree_of(n), "json"),
        lambda document: render(document, wanted),
        sizes=(16, 32, 64),
    )


def body(api: APIClient, title: str, content: str, wanted: str) -> object:
    sent = {"title": title, "content": content, "content_format": wanted}
    return api.post(BASE, sent, format="json")


def upload(api: APIClient, name: str, content: bytes) -> object:
    file = SimpleUploadedFile(name, content)
    return api.post(f"{BASE}/import", {"file": file}, format="multipart")


def update_of(size: int) -> bytes:
    doc: Doc[Text] = Doc()
    text = doc.get("notes", type=Text)
    for place in range(size):
        text.insert(0, str(place % 10))
    return bytes(doc.get_update())


Request = Callable[[APIClient, str, int], object]
REQUESTS: dict[str, Request] = {
    "a title": lambda api, _, n: body(api, "x" * n, "", "text"),
    "text": lambda api, _, n: body(api, "t", "a\n" * n, "text"),
    "one line": lambda api, _, n: body(api, "t", "a " * n, "text"),
    "json": lambda api, _, n: body(api, "t", tree_of(n // 16), "json"),
    "json that is none": lambda api, _, n: body(api, "t", "[" * n, "json"),
    "members of an object": lambda api, _, n: api.post(
        BASE, {f"x{i}": i for i in range(n)}, format="json"
    ),
    "append": lambda api, path, n: api.post(
        f"{path}/content/append", "a\n\n" * n, content_type="text/markdown"
    ),
    "put": lambda api, path, n: api.put(
        f"{path}/content", "<p>a" * n, content_type="text/html", HTTP_IF_MATCH="*"
    ),
    "an update": lambda api, path, n: api.post(
        f"{path}/updates", update_of(n), content_type="application/octet-stream"
    ),
    "a file of Markdown": lambda api, _, n: upload(api, "a.md", b"a\n\n" * n),
    "a page": lambda api, _, n: upload(api, "a.html", b"<!doctype html>" + b"<p>x" * n),
    "a head of comments": lambda api, _, n: upload(api, "a.html", b"<!---->" * n + b"x"),
    "a file's name": lambda api, _, n: upload(api, "a. " * n + ".md", b"x"),
    "folders in a name": lambda api, _, n: upload(api, "a/" * n + ".md", b"x"),
    "an attachment": lambda api, path, n: api.post(
        f"{path}/attachments",
        {"file": SimpleUploadedFile("a/" * n + "x", b"<!---->" * n)},
        format="multipart",
    ),
    "a search": lambda api, _, n: api.get("/api/v1/search", {"q": "a b " * n}),
    "a search in quotes": lambda api, _, n: api.get("/api/v1/search", {"q": "「" * n}),
    "If-Match": lambda api, path, n: api.put(
        f"{path}/content", "x", content_type="text/plain", HTTP_IF_MATCH='W/"' * n
    ),
    "If-None-Match": lambda api, path, n: api.get(
        f"{path}/content", HTTP_IF_NONE_MATCH='"1", ' * n
    ),
    "Accept": lambda api, path, n: api.get(path, HTTP_ACCEPT="text/x;q=0.1," * n),
    "Accept-Language": lambda api, path, n: api.get(path, HTTP_ACCEPT_LANGUAGE="en-gb;q=0.1," * n),
    "Idempotency-Key": lambda api, _, n: api.post(
        BASE, {"title": "x"}, format="json", HTTP_IDEMPOTENCY_KEY="k" * n
    ),
    "Range": lambda api, path, n: api.get(f"{path}/content", HTTP_RANGE="bytes=0-1," * n),
    "Cookie": lambda api, path, n: api.get(path, HTTP_COOKIE="a=b; " * n),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", REQUESTS)
def test_requests_cost_what_they_weigh(api: APIClient, name: str) -> None:
    """Each from some hundred bytes on; what is the same for all sizes is not counted."""

    def work(size: int) -> None:
        made = api.post(BASE, {"title": "t"}, format="json").json()
        answer = REQUESTS[name](api, f"{BASE}/{made['id']}", size)
        assert getattr(answer, "status_code", 500) < 500

    assert_grows_no_faster(lambda size: size, work, sizes=(64, 256, 1024))


@pytest.mark.django_db
def test_large_content_costs_the_server_a_small_part(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PATCH of a text above the size: steps counted in this process, with it and without."""
    # With marks: reading and comparing them is what is done apart.
    lines = [f"line *{number}* of **many** with `marks`" for number in range(200)]
    costs = []
    for inline in (10**9, 1000):
        monkeypatch.setattr(apart, "INLINE_SIZE", inline)
        body = {"title": "t", "content": "\n\n".join(lines), "content_format": "markdown"}
        made = api.post("/api/v1/documents", body, format="json").json()
        changed = "\n\n".join(f"# {line}" if n % 2 else line for n, line in enumerate(lines))

        def patch(key: str = made["id"], text: str = changed) -> None:
            answer = api.patch(
                f"/api/v1/documents/{key}/content",
                text,
                content_type="text/markdown",
                HTTP_IF_MATCH="*",
            )
            assert answer.status_code == 200, answer.content

        costs.append(steps_of(patch))
    inline_steps, steps = costs
    # What is left is the gate's: it reads each update that comes, whoever made it.
    assert steps < inline_steps / 2, costs


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", ["markdown", "html", "text", "json"])
def test_what_is_large_is_written_beside_the_server(
    api: APIClient, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    """Content now, at a moment, and files: steps counted in this process, with it and without."""
    body = {"title": "t", "content": tree_of(60), "content_format": "json"}
    path = f"{BASE}/{api.post(BASE, body, format='json').json()['id']}"
    api.post(f"{path}/revisions", {"name": "one"}, format="json")
    for address in ("content", "export", "at", "revisions/1/content", "revisions/1/export"):
        answers: list[bytes] = []
        costs = []
        for inline in (10**9, 1000):
            monkeypatch.setattr(apart, "INLINE_STATE_SIZE", inline)

            def read(address: str = address, answers: list[bytes] = answers) -> None:
                answer = api.get(f"{path}/{address}", {"format": wanted})
                assert answer.status_code == 200, answer.content
                answers.append(answer.content)

            read()
            costs.append(steps_of(read))
        assert len(set(answers)) == 1, address
        inline_steps, steps = costs
        assert steps < inline_steps / 3, (address, costs)
