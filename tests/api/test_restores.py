from __future__ import annotations

from functools import partial

import pytest
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.crdt.patch import patch_document
from collab.crdt.reader import read_updates
from collab.documents.models import Document, Role
from collab.history.models import UpdateRecord
from collab.history.past import content_at, moment_by_seq
from collab.history.selectors import head_seq
from collab.history.services import document_edit, document_seed
from collab.richtext.markdown_in import from_markdown
from collab.richtext.tree import Node
from collab.types import ClientId, DocumentId, Update
from tests.api.conftest import client_of
from tests.crdt.sessions import session
from tests.factories import make_document
from tests.history.logs import append

pytestmark = pytest.mark.django_db
TEXTS = [
    "# One\n\nfirst *line*",
    "# Two\n\n- [x] done\n- [ ] open",
    "| a | b |\n|---|---|\n| c | d |",
]


@pytest.fixture
def document(ann: User, bob: User) -> Document:
    """Said three things, one after the other; Bob may look."""
    made = make_document(ann, "Plan", members={bob: Role.VIEWER})
    document_seed(document=made, author=ann, content=from_markdown(TEXTS[0]))
    return made


@pytest.fixture
def url(api: APIClient, ann: User, document: Document) -> str:
    base = f"/api/v1/documents/{document.pk}"
    for text in TEXTS[1:]:
        document_edit(
            document=document,
            actor=ann,
            kind=UpdateRecord.Kind.API,
            make=partial(_patched, from_markdown(text)),
        )
        assert api.post(f"{base}/revisions", {"name": text[:5]}, format="json").status_code == 201
    return f"{base}/revisions"


def _patched(wanted: Node, state: Update, client_id: ClientId) -> Update | None:
    return patch_document(state, wanted, client_id)


def test_restore_gives_what_the_revision_says(api: APIClient, url: str, bob: User) -> None:
    """A forward edit of its own kind; once it is so, nothing is written again."""
    assert client_of(bob).post(f"{url}/1/restore").status_code == 403
    now = url.removesuffix("/revisions") + "/content?format=json"
    for number in (1, 2, 1):
        made = api.post(f"{url}/{number}/restore")
        assert made.status_code == 200
        assert made.json()["kind"] == "restore"
        assert api.get(now).json() == api.get(f"{url}/{number}/content").json()
    again = api.post(f"{url}/1/restore").json()
    assert again["number"] == made.json()["number"]
    assert api.post(f"{url}/99/restore").status_code == 404


@pytest.mark.parametrize("seed", range(3))
def test_restore_of_any_moment_of_a_session(api: APIClient, ann: User, seed: int) -> None:
    """restore(n) gives content(n), and the rest of the log stays as it was."""
    document = make_document(ann)
    updates = session(seed, steps=40)
    append(document, ann, updates[: len(updates) // 2])
    base = f"/api/v1/documents/{document.pk}"
    api.post(f"{base}/revisions", {"name": "half"}, format="json")
    append(document, ann, updates[len(updates) // 2 :], at_s=100)
    api.get(f"{base}/revisions")
    assert api.post(f"{base}/revisions/1/restore").status_code == 200
    key = DocumentId(document.pk)
    half = read_updates(updates[: len(updates) // 2])
    assert content_at(moment_by_seq(key, head_seq(key))) == half
    kept = UpdateRecord.objects.filter(document=document, seq__lte=len(updates)).order_by("seq")
    assert [bytes(row.update) for row in kept] == updates


def test_a_copy_is_ones_own(api: APIClient, url: str, bob: User) -> None:
    """Who may see the past may copy it; the copy has the words and none of the past."""
    made = client_of(bob).post(f"{url}/1/copy")
    assert made.status_code == 201
    assert (made.json()["title"], made.json()["owner"]["id"]) == ("Plan (1)", bob.pk)
    there = client_of(bob).get(made["Location"] + "/content?format=json").json()
    assert there == api.get(f"{url}/1/content").json()
    assert made.json()["seq"] == 1
    named = api.post(f"{url}/2/copy", {"title": "Mine"}, format="json").json()
    assert named["title"] == "Mine"
    assert api.post(f"{url}/99/copy").status_code == 404


def test_a_revision_in_every_kind_of_file(api: APIClient, url: str) -> None:
    """What a document is exported to, its revisions are."""
    text = api.get(f"{url}/1/export", {"format": "markdown"})
    assert text.content.decode().startswith("# One")
    assert "Plan%201" in text["Content-Disposition"] or "Plan 1" in text["Content-Disposition"]
    docx = api.get(f"{url}/1/export", {"format": "docx"})
    assert docx.content[:2] == b"PK"
    assert api.get(f"{url}/1/export", {"format": "exe"}).status_code == 400
