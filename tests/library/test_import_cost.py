"""What a zip of documents costs grows with its size, no faster; one document's file is
``tests/formats/test_cost.py``.
"""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Mapping

import pytest

from collab.accounts.models import User
from collab.library.imports import import_file
from tests.cost import assert_grows_no_faster
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def zipped(files: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def manifest(documents: object = (), folders: object = ()) -> str:
    about = {"exported_at": "2026-01-01T00:00:00Z", "version": 2}
    return json.dumps({**about, "documents": documents, "folders": folders})


def described(**more: object) -> dict[str, object]:
    return {"id": str(uuid.uuid4()), "title": "t", "path": "a.md", **more}


NAMED = f"{uuid.uuid4()}"
ZIPS: dict[str, Callable[[int], Mapping[str, str]]] = {
    "documents": lambda n: {f"{i}.md": "a" for i in range(n // 16)},
    "documents of one name": lambda n: {f"{i}/a.md": "a" for i in range(n // 16)},
    "files that are none": lambda n: {f"{i}.xyz": "" for i in range(n)},
    "hidden files": lambda n: {f".git/{i}": "" for i in range(n)},
    "folders": lambda n: {f"{i}/": "" for i in range(n // 16)},
    "a deep name": lambda n: {f"{'a/' * n}b.md": "a"},
    "a deep name of a file": lambda n: {f"{'a/' * n}b.png": "a"},
    "a deep folder": lambda n: {"a/" * n: ""},
    "links among files of one name": lambda n: {
        "a.md": "[[z/x.png]] " * (n // 8),
        **{f"{i}/x.png": "" for i in range(n)},
    },
    "links to files of one name": lambda n: {
        "a.md": "![](y/x.png) " * (n // 8),
        **{f"{i}/x.png": "" for i in range(n)},
    },
    "links up": lambda n: {"a.md": f"[a]({'../' * n}b.md)"},
    "links of many parts": lambda n: {"a.md": f"[a]({'b/' * n}b.md)"},
    "signs of links": lambda n: {"a.md": "[[" * n + "a|" * n},
    "described documents": lambda n: {
        "a.md": "a",
        "manifest.json": manifest([described(path=f"{i}.md") for i in range(n)]),
    },
    "one described often": lambda n: {"a.md": "a", "manifest.json": manifest([described()] * n)},
    "a described folder": lambda n: {
        "a.md": "a",
        "manifest.json": manifest([described(folder=["a"] * n)]),
    },
    "a folder in the list": lambda n: {"manifest.json": manifest(folders=[["a"] * n])},
    "tags": lambda n: {
        "a.md": "a",
        "manifest.json": manifest([described(tags=[f"t{i}" for i in range(n)])]),
    },
    "described files": lambda n: {
        "a.md": f"![](/d/{NAMED}/files/{NAMED}/)",
        "manifest.json": manifest(
            [described(attachments=[{"id": str(uuid.uuid4())} for _ in range(n)])]
        ),
    },
    "members": lambda n: {
        "a.md": "a",
        "manifest.json": manifest(
            [described(members=[{"user": f"u{i}", "role": "viewer"} for i in range(n)])]
        ),
    },
    "names of revisions": lambda n: {
        "a.md": "a",
        "manifest.json": manifest([described(revisions=[{"seq": i} for i in range(1, n)])]),
    },
}


@pytest.fixture
def owner() -> User:
    return make_user("olga")


@pytest.mark.parametrize("name", ZIPS)
def test_a_zip_is_read_in_proportion(owner: User, name: str) -> None:
    def work(data: bytes) -> None:
        made = import_file(
            owner=owner,
            name="a.zip",
            source=io.BytesIO(data),
            folder=None,
            including=("history", "members"),
        )
        assert made or name in ("folders", "a folder in the list", "hidden files")

    assert_grows_no_faster(lambda n: zipped(ZIPS[name](n)), work, sizes=(256, 512, 1024))
