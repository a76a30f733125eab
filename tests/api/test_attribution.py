from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.documents.models import Document
from tests.api.conftest import client_of
from tests.factories import make_document, make_user
from tests.history.scenes import Scene, line, paragraph

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(ann: User) -> Scene:
    """Ann writes "hello", Bob puts "big " before it and takes the "o" away."""
    scene = Scene(2)
    scene.people[0] = ann
    Document.objects.update(owner=ann)
    scene.writers[0].body.children.append(paragraph("hello"))
    scene.send(0)
    line(scene.writers[1]).insert(0, "😀 ")
    del line(scene.writers[1])[9:10]
    scene.send(1)
    return scene


def test_the_text_run_by_run(api: APIClient, scene: Scene, ann: User) -> None:
    """Offsets are UTF-16 units, people are told once."""
    url = f"/api/v1/documents/{scene.document.pk}/attribution"
    bob = scene.people[1]
    body = api.get(url).json()
    assert body["seq"] == 3
    assert body["authors"] == {
        str(person.pk): {"name": person.shown_name, "color": person.shown_color}
        for person in (ann, bob)
    }
    assert body["runs"] == [
        {
            "path": [0],
            "from": 0,
            "to": 3,
            "author": bob.pk,
            "at": "2026-01-02T03:00:00Z",
            "seq": 2,
            "relayed": False,
        },
        {
            "path": [0],
            "from": 3,
            "to": 7,
            "author": ann.pk,
            "at": "2026-01-02T03:00:00Z",
            "seq": 1,
            "relayed": False,
        },
    ]
    (gone,) = api.get(url, {"deleted": True}).json()["deletions"]
    assert (gone["path"], gone["from"], gone["text"]) == ([0], 7, "o")
    assert (gone["author"], gone["deleted_by"], gone["deleted_seq"]) == (ann.pk, bob.pk, 3)
    past = api.get(url, {"seq": 1, "deleted": True}).json()
    assert [(run["from"], run["to"]) for run in past["runs"]] == [(0, 5)]
    assert past["deletions"] == []


def test_a_moment_that_cannot_be(api: APIClient, scene: Scene) -> None:
    """404 for an unknown record, 400 for what is no number."""
    url = f"/api/v1/documents/{scene.document.pk}/attribution"
    assert api.get(url, {"seq": 4}).status_code == 404
    assert api.get(url, {"seq": "x"}).status_code == 400


def test_nothing_written_nothing_said(api: APIClient, ann: User) -> None:
    """An empty document has no runs; a stranger learns nothing."""
    url = f"/api/v1/documents/{make_document(ann).pk}/attribution"
    assert api.get(url).json() == {"seq": 0, "authors": {}, "runs": [], "roots": []}
    assert client_of(make_user()).get(url).status_code in (403, 404)
