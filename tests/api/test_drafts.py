from __future__ import annotations

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.documents.models import Document, LinkReach, Role
from collab.documents.services import (
    document_freeze,
    document_purge,
    document_trash,
    member_remove,
    member_set,
)
from collab.documents.sharing import guest_create, link_visit
from collab.history.services import document_seed
from collab.richtext.markdown_in import from_markdown
from tests.api.conftest import client_of
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(ann: User, bob: User) -> Document:
    made = make_document(ann, "Plan", members={bob: Role.EDITOR})
    document_seed(document=made, author=ann, content=from_markdown("one two\n\nlast"))
    return made


@pytest.fixture
def bobs(bob: User) -> APIClient:
    return client_of(bob)


@pytest.fixture
def draft(bobs: APIClient, document: Document) -> str:
    """The address of Bob's draft."""
    made = bobs.post(f"/api/v1/documents/{document.pk}/drafts")
    assert made.status_code == 201
    return f"/api/v1/documents/{made.json()['id']}"


def write(client: APIClient, url: str, text: str) -> None:
    """Make the content of a document this, in place of what it is."""
    answer = client.patch(
        f"{url}/content", text, content_type="text/markdown", headers={"if-match": "*"}
    )
    assert answer.status_code == 200, answer.content


def test_a_draft_is_forked_and_listed(
    api: APIClient, bobs: APIClient, document: Document, draft: str, bob: User
) -> None:
    """It is its maker's alone; it says how it stands."""
    url = f"/api/v1/documents/{document.pk}/drafts"
    (row,) = bobs.get(url).json()
    assert (row["title"], row["owner"]["id"], row["base_seq"]) == ("Plan (draft)", bob.pk, 1)
    assert api.get(url).json() == []
    assert api.get(draft).status_code == 404
    named = bobs.post(url, {"title": "Mine"}, format="json")
    assert named["Location"] == f"/api/v1/documents/{named.json()['id']}/draft"
    assert named.json()["title"] == "Mine"
    standing = bobs.get(f"{draft}/draft").json()
    assert standing["origin"] == {"id": str(document.pk), "title": "Plan", "seq": 1}
    assert (standing["is_ahead"], standing["is_behind"], standing["conflicts"]) == (False, False, 0)
    assert standing["may_merge"] is standing["may_update"] is standing["may_discard"] is True
    listed = {
        row["title"]: row["is_draft"] for row in bobs.get("/api/v1/documents").json()["results"]
    }
    assert listed == {"Plan": False, "Plan (draft)": True, "Mine": True}
    assert api.get(f"/api/v1/documents/{document.pk}/draft").status_code == 404


def test_review_update_and_merge(
    api: APIClient, bobs: APIClient, document: Document, draft: str, ann: User, bob: User
) -> None:
    """The whole way: both write, the review tells, the draft takes in, the original takes all."""
    url = f"/api/v1/documents/{document.pk}"
    write(api, url, "zero one two\n\nlast")
    write(bobs, draft, "one two three\n\nlast\n\nmore")
    standing = bobs.get(f"{draft}/draft").json()
    assert (standing["is_ahead"], standing["is_behind"], standing["conflicts"]) == (True, True, 1)
    review = bobs.get(f"{draft}/draft/diff").json()
    (conflict,) = review["conflicts"]
    assert conflict["kind"] == "both"
    assert conflict["merged"]["content"][0]["text"] == "zero one two three"
    assert [(r["op"], r["text"]) for r in conflict["original"][0]["runs"]] == [
        ("insert", "zero "),
        ("equal", "one two"),
    ]
    assert conflict["original"][0]["runs"][0]["author"]["id"] == ann.pk
    assert conflict["draft"][0]["runs"][1]["author"]["id"] == bob.pk
    assert [block["kind"] for block in review["blocks"]] == ["changed", "same", "added"]
    assert {person["id"] for person in review["authors"]} == {ann.pk, bob.pk}
    html = bobs.get(f"{draft}/draft/diff", {"format": "html"})
    assert html["Content-Type"].startswith("text/html")
    assert "sandbox" in html["Content-Security-Policy"]
    assert '<section data-conflict="both" data-name="' in html.content.decode()
    text = bobs.get(f"{draft}/draft/diff", {"format": "text"}).content.decode()
    assert "## Merged\nzero one two three" in text
    assert bobs.get(f"{draft}/draft/diff", {"format": "exe"}).status_code == 400

    for changed in (True, False):
        done = bobs.post(f"{draft}/draft/update").json()
        assert done == {"seq": 3, "changed": changed, "conflicts": []}
    assert bobs.get(f"{draft}/content").content.decode() == "zero one two three\n\nlast\n\nmore\n"
    merged = bobs.post(f"{draft}/draft/merge", {"close": False}, format="json").json()
    assert (merged["seq"], merged["changed"], merged["closed"]) == (3, True, False)
    assert merged["revision"]["kind"] == "merge"
    assert [author["id"] for author in merged["revision"]["authors"]] == [bob.pk]
    said = api.get(f"{url}/content").content.decode()
    assert said == "zero one two three\n\nlast\n\nmore\n"
    again = bobs.post(f"{draft}/draft/merge").json()
    assert again == {"seq": 3, "changed": False, "closed": True, "revision": None}
    assert bobs.get(f"{draft}/draft").status_code == 404
    assert bobs.post(f"{draft}/restore").status_code == 200
    assert bobs.get(f"{draft}/draft").json()["merged_seq"] == 3


def test_a_block_that_one_side_removed_is_left_out_by_name(
    api: APIClient, bobs: APIClient, document: Document, draft: str
) -> None:
    """Else it is put back with what the other side wrote in it."""
    url = f"/api/v1/documents/{document.pk}"
    write(api, url, "one two three\n\nlast")
    write(bobs, draft, "last")
    (conflict,) = bobs.get(f"{draft}/draft/diff").json()["conflicts"]
    assert conflict["kind"] == "removed-in-draft"
    assert conflict["merged"]["content"][0]["text"] == "one two three"
    html = bobs.get(f"{draft}/draft/diff", {"format": "html"}).content.decode()
    assert f'data-conflict="removed-in-draft" data-name="{conflict["name"]}"' in html
    for wrong in (["x"], "x", [["1-2"]], ["1" * 30 + "-2"]):
        refused = bobs.post(f"{draft}/draft/merge", {"leave_out": wrong}, format="json")
        assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")
    body = {"close": False, "leave_out": ["0-0", conflict["name"]]}
    assert bobs.post(f"{draft}/draft/merge", body, format="json").json()["changed"] is True
    assert api.get(f"{url}/content").content.decode() == "last\n"


def test_a_merge_with_a_key_is_done_once(bobs: APIClient, document: Document, draft: str) -> None:
    """Also where the draft is closed by then."""
    write(bobs, draft, "one two three\n\nlast")
    key = {"idempotency-key": "merge-1"}
    first = bobs.post(f"{draft}/draft/merge", headers=key)
    again = bobs.post(f"{draft}/draft/merge", headers=key)
    assert first.json() == again.json()
    assert (first.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert bobs.get(f"/api/v1/documents/{document.pk}/updates").json()["records"][-1]["seq"] == 2


def test_only_who_may_merges(
    api: APIClient, bobs: APIClient, document: Document, draft: str, ann: User, bob: User
) -> None:
    """Who writes in both. A reader of the original writes in a draft of it, and can bring it up to
    date; who is no longer let in can do neither, and is told nothing of the original."""
    key = draft.rpartition("/")[2]
    mine = Document.objects.get(pk=key)
    write(bobs, draft, "one two three\n\nlast")
    assert api.post(f"{draft}/draft/merge").status_code == 404
    member_set(document=mine, user=ann, role=Role.VIEWER)
    assert api.get(f"{draft}/draft/diff").status_code == 200
    for act in ("merge", "update", "discard"):
        assert api.post(f"{draft}/draft/{act}").status_code == 403
    member_set(document=mine, user=ann, role=Role.EDITOR)
    assert api.post(f"{draft}/draft/discard").status_code == 403
    assert api.post(f"{draft}/draft/merge", {"close": True}, format="json").status_code == 403

    member_set(document=document, user=bob, role=Role.VIEWER)
    assert bobs.post(f"{draft}/draft/merge").status_code == 403
    assert bobs.post(f"{draft}/draft/update").status_code == 200
    assert bobs.get(f"{draft}/draft").json()["may_merge"] is False
    merged = api.post(f"{draft}/draft/merge").json()
    assert (merged["changed"], merged["closed"]) == (True, False)

    member_remove(document=document, user_id=bob.pk)
    assert bobs.post(f"{draft}/draft/update").status_code == 403
    assert bobs.get(f"{draft}/draft/diff").status_code == 403
    standing = bobs.get(f"{draft}/draft").json()
    assert (standing["origin"], standing["conflicts"]) == (None, None)
    assert "Plan" not in str({**standing, "title": ""})
    assert bobs.post(f"/api/v1/documents/{document.pk}/drafts").status_code == 404
    assert bobs.post(f"{draft}/draft/discard").status_code == 204
    assert bobs.get(draft).json()["trashed_at"] is not None


def test_a_frozen_original_takes_no_merge(
    bobs: APIClient, document: Document, draft: str, ann: User
) -> None:
    write(bobs, draft, "one two three\n\nlast")
    document_freeze(document=document, actor=ann)
    assert bobs.post(f"{draft}/draft/merge").status_code == 403
    assert bobs.post(f"{draft}/draft/update").status_code == 200


def test_an_original_that_is_gone(
    bobs: APIClient, document: Document, draft: str, ann: User
) -> None:
    """A problem says why; nothing happens to the draft."""
    document_trash(document=document)
    for act in ("merge", "update"):
        answer = bobs.post(f"{draft}/draft/{act}")
        assert answer.status_code == 409
        assert answer["Content-Type"] == "application/problem+json"
        assert "trash" in answer.json()["detail"]
    assert bobs.get(f"{draft}/draft/diff").status_code == 409
    document_purge(document=document, actor=ann)
    assert "erased" in bobs.post(f"{draft}/draft/merge").json()["detail"]
    assert bobs.get(f"{draft}/draft").json()["origin"] is None
    assert bobs.get(draft).status_code == 200


def test_readers_fork_and_guests_do_not(document: Document) -> None:
    reader = make_user("reader")
    url = f"/api/v1/documents/{document.pk}/drafts"
    assert client_of(reader).post(url).status_code == 404
    member_set(document=document, user=reader, role=Role.VIEWER)
    assert client_of(reader).post(url).status_code == 201
    document.link_reach, document.link_role = LinkReach.ANYONE, Role.EDITOR
    document.save()
    guest = guest_create(name="Gus", language="en")
    link_visit(document=document, user=guest)
    assert client_of(guest).post(url).status_code == 403
    visitor = make_user("visitor")
    assert client_of(visitor).get(url).status_code == 403
    assert client_of(visitor).post(url).status_code == 403
    assert APIClient().post(url).status_code == 401


def test_the_addresses_are_named() -> None:
    assert reverse("api-draft-merge", args=["x"]) == "/api/v1/documents/x/draft/merge"
