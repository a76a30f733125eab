"""Content is made before a transaction begins: what is done in one does not grow with a body.

``test_description_holds.py`` looks in the same way at every operation of the description.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pycrdt import Doc, Text
from rest_framework.test import APIClient

from collab.richtext.formats import render
from collab.richtext.text import from_text
from tests.formats.samples import PNG
from tests.transactions import looking_inside

pytestmark = pytest.mark.django_db
BASE = "/api/v1/documents"
SIZES = (20, 40, 80)
Send = Callable[[APIClient, str, int], object]


def text_of(size: int, wanted: str = "markdown") -> str:
    return render(from_text("\n".join(f"line {n}" for n in range(size))), wanted)


def create(wanted: str) -> Send:
    def send(api: APIClient, _path: str, size: int) -> object:
        body = {"title": "t", "content": text_of(size, wanted), "content_format": wanted}
        return api.post(BASE, body, format="json")

    return send


def write(method: str, where: str, media: str) -> Send:
    def send(api: APIClient, path: str, size: int) -> object:
        wanted = {"text/markdown": "markdown", "text/html": "html", "text/plain": "text"}[media]
        asked = getattr(api, method)
        return asked(
            f"{path}/content{where}", text_of(size, wanted), content_type=media, HTTP_IF_MATCH="*"
        )

    return send


def upload(name: str, make: Callable[[int], bytes]) -> Send:
    def send(api: APIClient, _path: str, size: int) -> object:
        file = SimpleUploadedFile(name, make(size))
        return api.post(f"{BASE}/import", {"file": file}, format="multipart")

    return send


def zipped(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.md", text_of(size))
    return out.getvalue()


def with_image(size: int) -> bytes:
    image = f'<img src="data:image/png;base64,{base64.b64encode(PNG).decode()}">'
    return f"<!doctype html>{image}{text_of(size, 'html')}".encode()


def update(api: APIClient, path: str, size: int) -> object:
    doc: Doc[Text] = Doc()
    text = doc.get("notes", type=Text)
    for place in range(size):
        text.insert(0, f"{place} ", {"bold": str(place)})
    return api.post(f"{path}/updates", doc.get_update(), content_type="application/octet-stream")


def after_writing(method: str, where: str) -> Send:
    """An order on a document of this size."""

    def send(api: APIClient, path: str, size: int) -> object:
        write("put", "", "text/markdown")(api, path, size)
        return getattr(api, method)(f"{path}{where}", {"title": "copy"}, format="json")

    return send


def merge_draft(where: str) -> Send:
    """A draft of a document, both of this size, merged."""

    def send(api: APIClient, path: str, size: int) -> object:
        write("put", "", "text/markdown")(api, path, size)
        draft = api.post(f"{path}/drafts", {}, format="json").json()["id"]
        write("post", "/append", "text/markdown")(api, f"{BASE}/{draft}", size)
        write("post", "/append", "text/markdown")(api, path, size)
        return api.post(f"{BASE}/{draft}/draft/{where}", {}, format="json")

    return send


#: Of what stands in CONTENT, what transactions do, each with its reason.
SMALL = frozenset[str]()
CALLS: dict[str, Send] = {
    **{f"create {name}": create(name) for name in ("markdown", "html", "text", "json")},
    "patch": write("patch", "", "text/markdown"),
    "put html": write("put", "", "text/html"),
    "put text": write("put", "", "text/plain"),
    "append": write("post", "/append", "text/markdown"),
    "prepend": write("post", "/prepend", "text/html"),
    "import md": upload("a.md", lambda size: text_of(size).encode()),
    "import html with an image": upload("a.html", with_image),
    "import txt": upload("a.txt", lambda size: text_of(size, "text").encode()),
    "import json": upload("a.json", lambda size: text_of(size, "json").encode()),
    "import zip": upload("a.zip", zipped),
    "update": update,
    "duplicate": after_writing("post", "/duplicate"),
    "fork": after_writing("post", "/drafts"),
    "merge a draft": merge_draft("merge"),
    "update a draft": merge_draft("update"),
}


@pytest.mark.parametrize("name", CALLS)
def test_transactions_do_not_grow_with_what_is_sent(api: APIClient, name: str) -> None:
    """Calls within transactions are counted; a text four times as long makes no more of them."""

    def inside(size: int) -> int:
        path = f"{BASE}/{api.post(BASE, {'title': 't'}, format='json').json()['id']}"
        with looking_inside() as found:
            answer = CALLS[name](api, path, size)
        assert getattr(answer, "status_code", 0) in (200, 201), answer
        assert found.count
        assert found.made <= SMALL, sorted(found.made - SMALL)
        return found.calls

    inside(SIZES[0])
    few, _more, many = (inside(size) for size in SIZES)
    assert many <= few * 1.1 + 100
