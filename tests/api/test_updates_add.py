"""POST …/updates: one Yjs update of another program, through the gate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from pycrdt import Doc, Text, XmlElement, XmlFragment, XmlText
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.documents.models import Document, Role
from collab.documents.services import member_set
from tests.api.conftest import client_of

pytestmark = pytest.mark.django_db
HOSTILE = Path(__file__).parents[1] / "crdt" / "hostile"


@pytest.fixture
def url(api: APIClient) -> str:
    body = {"title": "Plan", "content": "words", "content_format": "markdown"}
    return str(api.post("/api/v1/documents", body, format="json")["Location"])


def send(api: APIClient, url: str, update: bytes) -> Any:
    return api.post(f"{url}/updates", update, content_type="application/octet-stream")


def program(api: APIClient, url: str, client_id: int) -> Doc[Any]:
    doc: Doc[Any] = Doc(client_id=client_id)
    doc.apply_update(api.get(f"{url}/content", {"format": "yjs"}).content)
    return doc


def test_an_update_is_taken_and_can_be_sent_again(api: APIClient, url: str) -> None:
    doc = program(api, url, 7)
    before = doc.get_state()
    block = XmlElement("paragraph", {}, [XmlText("from a program")])
    doc.get("default", type=XmlFragment).children.append(block)
    update = doc.get_update(before)
    done = send(api, url, update)
    assert (done.status_code, done.json(), done["ETag"]) == (
        200,
        {"seq": 2, "changed": True, "conflicts": []},
        '"2"',
    )
    assert send(api, url, update).json() == {
        "seq": 2,
        "changed": False,
        "conflicts": [],
    }
    content = api.get(f"{url}/content", {"format": "markdown"}).content.decode()
    assert content == "words\n\nfrom a program\n"


def test_what_it_depends_on_must_be_there(api: APIClient, bob: User, url: str) -> None:
    """422 with the reason; so is a client id of somebody else."""
    doc = program(api, url, 7)
    notes = doc.get("notes", type=Text)
    notes += "lost"
    before = doc.get_state()
    notes += "found"
    refused = send(api, url, doc.get_update(before))
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert "does not have" in refused.json()["detail"]
    assert send(api, url, doc.get_update()).status_code == 200
    member_set(document=Document.objects.get(), user=bob, role=Role.EDITOR)
    before = doc.get_state()
    notes += "forged"
    refused = send(client_of(bob), url, doc.get_update(before))
    assert refused.status_code == 422
    assert "another person" in refused.json()["detail"]


@pytest.mark.parametrize("sample", sorted(HOSTILE.glob("*.hex"))[::5], ids=lambda path: path.stem)
def test_hostile_updates_do_no_harm(api: APIClient, url: str, sample: Path) -> None:
    update = bytes.fromhex(sample.read_text().partition("#")[0])
    answer = send(api, url, update)
    assert answer.status_code in (200, 400, 422)
    assert "words" in api.get(f"{url}/content", {"format": "text"}).content.decode()


def test_other_bodies_are_refused(api: APIClient, url: str, settings: LazySettings) -> None:
    """Empty, of another type, too big."""
    assert send(api, url, b"").status_code == 400
    assert api.post(f"{url}/updates", {"update": ""}, format="json").status_code == 415
    settings.ENV = replace(settings.ENV, max_update_bytes=10)
    refused = send(api, url, b"x" * 11)
    assert (refused.status_code, "10 bytes" in refused.json()["detail"]) == (413, True)


def test_an_update_has_no_more_parts_than_a_frame(
    api: APIClient, url: str, settings: LazySettings
) -> None:
    """MAX_FRAME_PARTS bounds what is decoded, as on the socket."""
    doc = program(api, url, 7)
    before = doc.get_state()
    notes = doc.get("notes", type=Text)
    for _ in range(30):
        notes.insert(0, "x")
    update = doc.get_update(before)
    settings.ENV = replace(settings.ENV, max_frame_parts=20)
    refused = send(api, url, update)
    assert refused.status_code == 422
    assert "too many parts" in refused.json()["detail"]
    settings.ENV = replace(settings.ENV, max_frame_parts=300)
    assert send(api, url, update).status_code == 200
