"""Tags, stars, copies, templates, the end of a document; and search."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.audit.models import AuditEntry
from collab.documents.models import Document, Role
from collab.search.services import document_index
from tests.api.conftest import client_of
from tests.factories import make_document

pytestmark = pytest.mark.django_db
DOCUMENTS = "/api/v1/documents"


def test_tags(api: APIClient, ann: User, bob: User) -> None:
    document = make_document(ann, members={bob: Role.VIEWER})
    path = f"{DOCUMENTS}/{document.pk}/tags"
    assert api.put(path, {"tags": ["Work", "q1"]}, format="json").json() == {"tags": ["q1", "work"]}
    viewer = client_of(bob)
    assert viewer.get(path).json() == {"tags": ["q1", "work"]}
    assert viewer.put(path, {"tags": []}, format="json").status_code == 403
    assert viewer.get("/api/v1/tags").json() == [
        {"name": "q1", "count": 1},
        {"name": "work", "count": 1},
    ]
    assert viewer.get(f"{DOCUMENTS}?tag=work").json()["count"] == 1
    assert viewer.get(f"{DOCUMENTS}?tag=play").json()["count"] == 0
    assert api.put(path, {"tags": ["x" * 51]}, format="json").status_code == 400
    assert api.put(path, {"tags": "x"}, format="json").status_code == 400


def test_stars_are_ones_own(api: APIClient, ann: User, bob: User) -> None:
    document = make_document(ann, members={bob: Role.VIEWER})
    viewer = client_of(bob)
    path = f"{DOCUMENTS}/{document.pk}/star"
    assert viewer.put(path, {"is_starred": True}, format="json").json() == {"is_starred": True}
    assert viewer.get(f"{DOCUMENTS}?starred=true").json()["count"] == 1
    assert api.get(f"{DOCUMENTS}?starred=true").json()["count"] == 0
    viewer.put(path, {"is_starred": False}, format="json")
    assert viewer.get(f"{DOCUMENTS}?starred=true").json()["count"] == 0


def test_a_copy(api: APIClient, bob: User) -> None:
    body = {"title": "Plan", "content": "# Goals"}
    made = api.post(DOCUMENTS, body, format="json").json()
    copied = api.post(f"{DOCUMENTS}/{made['id']}/duplicate", {}, format="json")
    assert (copied.status_code, copied.json()["title"]) == (201, "Copy of Plan")
    assert copied["Location"] == f"{DOCUMENTS}/{copied.json()['id']}"
    text = api.get(f"{copied['Location']}/content").content.decode()
    assert text == "# Goals\n"
    stranger = client_of(bob)
    path = f"{DOCUMENTS}/{made['id']}/duplicate"
    assert stranger.post(path, {}, format="json").status_code == 404
    nowhere = {"folder": made["id"]}
    assert api.post(path, nowhere, format="json").status_code == 404


def test_templates(api: APIClient, ann: User) -> None:
    document = make_document(ann, "Minutes")
    path = f"{DOCUMENTS}/{document.pk}/duplicate"
    template = api.post(path, {"as_template": True}, format="json").json()
    assert (template["title"], template["is_template"]) == ("Minutes", True)
    listed = api.get(f"{DOCUMENTS}?templates=true").json()["results"]
    assert [row["id"] for row in listed] == [template["id"]]
    made = api.post(f"{DOCUMENTS}/{template['id']}/duplicate", {}, format="json").json()
    assert (made["title"], made["is_template"]) == ("Minutes", False)


def test_a_purge_needs_the_trash_and_is_noted(api: APIClient, ann: User, bob: User) -> None:
    document = make_document(ann, "Old", members={bob: Role.EDITOR})
    path = f"{DOCUMENTS}/{document.pk}"
    assert api.post(f"{path}/purge").status_code == 409
    api.delete(path)
    assert client_of(bob).post(f"{path}/purge").status_code == 404
    assert api.post(f"{path}/purge").status_code == 204
    assert api.get(path).status_code == 404
    (entry,) = AuditEntry.objects.filter(action="document.purge")
    assert (entry.actor, entry.subject, entry.document_id) == (ann, "Old", document.pk)


def test_search(api: APIClient, ann: User, bob: User) -> None:
    made = api.post(DOCUMENTS, {"title": "Plan", "content": "全文检索 and *words*"}, format="json")
    document_index(Document.objects.get(pk=made.json()["id"]))
    found = api.get("/api/v1/search?q=检索").json()
    (hit,) = found["results"]
    assert hit["document"]["id"] == made.json()["id"]
    assert hit["document"]["role"] == "owner"
    assert [piece for piece in hit["excerpt"] if piece["is_match"]] == [
        {"text": "检索", "is_match": True}
    ]
    assert found["next"] is None
    assert client_of(bob).get("/api/v1/search?q=检索").json()["results"] == []
    for bad in ("", "q=", "q=a&limit=0", "q=a&edited_from=yesterday", "q=a&owner=x"):
        assert api.get(f"/api/v1/search?{bad}").status_code == 400
