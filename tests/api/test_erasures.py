from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.documents.models import Document, Role
from collab.documents.services import member_set
from collab.search.models import IndexedDocument
from collab.search.services import document_index
from tests.api.conftest import client_of
from tests.history.test_erasure import SECRET, leaked

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(ann: User, bob: User) -> Document:
    """Ann's; Bob edits it. A secret came and went; the search saw it."""
    scene = leaked()
    Document.objects.update(owner=ann)
    scene.document.refresh_from_db()
    member_set(document=scene.document, user=bob, role=Role.EDITOR)
    row = document_index(scene.document)
    assert row is not None
    IndexedDocument.objects.filter(pk=row.pk).update(body=SECRET, preview=SECRET)
    return scene.document


def test_an_owner_erases_a_secret(api: APIClient, ann: User, document: Document) -> None:
    """It is in no answer any more, and the gap is shown."""
    url = f"/api/v1/documents/{document.pk}"
    assert SECRET in api.get(f"{url}/at", {"seq": 2}).content.decode()
    made = api.post(f"{url}/history/erasures", {"first": 2, "last": 2}, format="json")
    assert made.status_code == 201
    (gap,) = api.get(f"{url}/history/erasures").json()
    assert (gap["first"], gap["last"], gap["by"]["id"]) == (2, 2, ann.pk)
    for path in ("at?seq=2", "diff?from=0&to=2", "attribution?deleted=1", "at?seq=3&format=yjs"):
        assert SECRET.encode() not in api.get(f"{url}/{path}").content
    export = api.get(f"{url}/history/export", {"format": "zip"})
    assert SECRET.encode() not in b"".join(export.streaming_content)  # type: ignore[attr-defined]
    indexed = IndexedDocument.objects.get()
    assert SECRET not in indexed.body + indexed.preview
    again = api.post(f"{url}/history/erasures", {"first": 2, "last": 2}, format="json")
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"first": 3, "last": 2}, 400),
        ({"first": 0, "last": 2}, 400),
        ({"first": 1}, 400),
        ({"first": 1, "last": 99}, 404),
    ],
)
def test_a_stretch_that_cannot_be(
    api: APIClient, document: Document, body: dict[str, int], status: int
) -> None:
    """Nothing is erased."""
    url = f"/api/v1/documents/{document.pk}"
    assert api.post(f"{url}/history/erasures", body, format="json").status_code == status
    assert SECRET in api.get(f"{url}/at", {"seq": 2}).content.decode()


def test_an_editor_may_not(bob: User, document: Document) -> None:
    """Only the owner; who may read sees the gaps."""
    url = f"/api/v1/documents/{document.pk}/history/erasures"
    editor = client_of(bob)
    assert editor.get(url).json() == []
    assert editor.post(url, {"first": 1, "last": 2}, format="json").status_code == 403
