"""What other Yjs programs keep beside the rich text: shown, counted, compared, copied, erased."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.crdt.roots import read_roots
from collab.documents.models import Document, LinkReach, Role
from collab.documents.services import member_set
from collab.documents.sharing import link_set, link_visit
from collab.search.upkeep import search_upkeep
from collab.types import Update
from tests.api.conftest import client_of

pytestmark = pytest.mark.django_db


class Program:
    """A Yjs program that speaks REST."""

    def __init__(self, api: APIClient) -> None:
        self.api = api
        self.url = str(api.post("/api/v1/documents", {"title": "Plan"}, format="json")["Location"])
        self.doc: Doc[Any] = Doc(client_id=77)
        self.doc.apply_update(self.read("content", "yjs"))

    def read(self, path: str, wanted: str, url: str = "") -> bytes:
        answer = self.api.get(f"{url or self.url}/{path}", {"format": wanted})
        assert answer.status_code == 200, answer.content
        return bytes(answer.content)

    def send(self, seen: bytes) -> None:
        update = self.doc.get_update(seen)
        url = f"{self.url}/updates"
        sent = self.api.post(url, update, content_type="application/octet-stream")
        assert sent.status_code == 200, sent.content

    def roots(self, url: str = "") -> dict[str, Any]:
        return read_roots(Update(self.read("content", "yjs", url)))


@pytest.fixture
def program(api: APIClient) -> Program:
    """Record 2 has them; record 3 has them otherwise."""
    made = Program(api)
    seen = made.doc.get_state()
    notes = made.doc.get("notes", type=Text)
    notes += "findable words"
    made.doc.get("tasks", type=Array).extend([{"title": "one"}, 2.5])
    made.doc.get("meta", type=Map)["colour"] = "red"
    made.send(seen)
    seen = made.doc.get_state()
    notes += " more"
    made.doc.get("meta", type=Map)["colour"] = "blue"
    del made.doc.get("tasks", type=Array)[0]
    made.send(seen)
    return made


BEFORE = {"notes": "findable words", "tasks": [{"title": "one"}, 2.5], "meta": {"colour": "red"}}
AFTER = {"notes": "findable words more", "tasks": [2.5], "meta": {"colour": "blue"}}


def test_every_format_shows_them(program: Program, api: APIClient) -> None:
    """Text as it is, all else as JSON; now and then; in exports and the search."""
    assert program.roots() == AFTER
    for wanted in ("markdown", "html", "text", "json"):
        for path in ("content", "export"):
            shown = program.read(path, wanted).decode()
            assert "findable words more" in shown, (path, wanted)
            assert "colour" in shown
            assert "blue" in shown
            assert "tasks" in shown
        past = api.get(f"{program.url}/at?seq=2&format={wanted}").content.decode()
        assert "red" in past
        assert "blue" not in past
    assert json.loads(program.read("content", "json"))["content"][-1]["type"] == "codeBlock"
    assert read_roots(Update(program.read("export", "yjs"))) == AFTER
    search_upkeep()
    assert len(api.get("/api/v1/search?q=findable").json()["results"]) == 1


@pytest.mark.parametrize("media", ["text/markdown", "text/html", "application/json"])
def test_what_comes_back_with_them_changes_nothing(program: Program, media: str) -> None:
    """They are shown and never written; a change in the rich text is."""
    wanted = {"text/markdown": "markdown", "text/html": "html", "application/json": "json"}[media]
    url = f"{program.url}/content"
    shown = program.api.get(url, {"format": wanted})
    sent = program.api.patch(
        url, shown.content.decode(), content_type=media, headers={"If-Match": shown["ETag"]}
    )
    assert (sent.status_code, sent.json()["changed"]) == (200, False), sent.content
    assert program.roots() == AFTER


def test_the_difference_has_them(program: Program) -> None:
    """Block by block, as what is shown."""
    url = f"{program.url}/diff?from=2&to=3"
    text = program.api.get(f"{url}&format=text").content.decode()
    assert "more" in text
    assert "blue" in text
    found = json.dumps(program.api.get(f"{url}&format=json").json())
    assert "red" in found
    assert "blue" in found
    same = program.api.get(f"{program.url}/diff?from=3&to=3&format=json").json()
    assert "changed" not in json.dumps(same)


def test_they_are_listed_with_kind_size_and_authors(
    program: Program, api: APIClient, ann: User, bob: User
) -> None:
    """In short, for a page that shows the rich text alone."""
    document = Document.objects.get()
    member_set(document=document, user=bob, role=Role.EDITOR)
    other: Doc[Any] = Doc(client_id=78)
    other.apply_update(program.doc.get_update())
    seen = other.get_state()
    other.get("notes", type=Text).insert(0, "Bob: a far longer text. ")
    other.get("tree", type=XmlFragment).children.append(XmlElement("p", {}, [XmlText("x")]))
    # What the page notes for itself is none of people's content.
    other.get("schema", type=Map)["version"] = 2
    url = f"{program.url}/updates"
    media = "application/octet-stream"
    assert client_of(bob).post(url, other.get_update(seen), content_type=media).status_code == 200
    answer = api.get(f"{program.url}/roots")
    assert (answer.status_code, answer["ETag"], answer.json()["seq"]) == (200, '"4"', 4)
    found = {
        each["name"]: (each["type"], each["size"], [a["name"] for a in each["authors"]])
        for each in answer.json()["roots"]
    }
    assert found == {
        "meta": ("map", 1, [ann.shown_name]),
        "notes": ("text", 43, [bob.shown_name, ann.shown_name]),
        "tasks": ("list", 1, [ann.shown_name]),
        "tree": ("xml", 1, [bob.shown_name]),
    }
    excerpts = {each["name"]: each["excerpt"] for each in answer.json()["roots"]}
    assert excerpts["notes"] == "Bob: a far longer text. findable words more"
    assert excerpts["meta"] == '{"colour": "blue"}'
    again = api.get(f"{program.url}/roots", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert "schema" not in program.read("content", "markdown").decode()
    # All the same, copies have it.
    made = api.post(f"{program.url}/duplicate", {}, format="json").json()["id"]
    assert program.roots(f"/api/v1/documents/{made}")["schema"] == {"version": 2}


def test_who_has_only_a_link_is_not_told_who_wrote_them(program: Program, bob: User) -> None:
    document = Document.objects.get()
    link_set(
        document=document,
        reach=LinkReach.ANYONE,
        role=Role.VIEWER,
        expires_at=None,
        password=None,
        actor=document.owner,
    )
    link_visit(document=document, user=bob)
    found = client_of(bob).get(f"{program.url}/roots")
    assert found.status_code == 200
    assert [each["authors"] for each in found.json()["roots"]] == [None, None, None]


def test_a_document_of_rich_text_alone_lists_none(api: APIClient) -> None:
    body = {"title": "x", "content": "words", "content_format": "markdown"}
    url = str(api.post("/api/v1/documents", body, format="json")["Location"])
    assert api.get(f"{url}/roots").json() == {"seq": 1, "roots": []}


def test_attribution_says_who_wrote_in_them(program: Program, api: APIClient, ann: User) -> None:
    found = api.get(f"{program.url}/attribution").json()
    by_name = {each["name"]: each for each in found["roots"]}
    assert [(r["from"], r["to"], r["author"]) for r in by_name["notes"]["runs"]] == [
        (0, 19, ann.pk)
    ]
    assert str(ann.pk) in found["authors"]
    past = api.get(f"{program.url}/attribution?seq=2").json()["roots"]
    assert {each["name"]: each["runs"][-1]["to"] for each in past} == {
        "meta": 1,
        "notes": 14,
        "tasks": 2,
    }


def test_the_review_of_a_draft_has_them(program: Program, api: APIClient) -> None:
    made = api.post(f"{program.url}/drafts", {}, format="json").json()["id"]
    url = f"/api/v1/documents/{made}"
    draft: Doc[Any] = Doc(client_id=79)
    draft.apply_update(program.read("content", "yjs", url))
    seen = draft.get_state()
    draft.get("notes", type=Text).insert(0, "drafted ")
    update = draft.get_update(seen)
    media = "application/octet-stream"
    assert api.post(f"{url}/updates", update, content_type=media).status_code == 200
    said = api.get(f"{url}/draft/diff?format=text").content.decode()
    assert "drafted" in said
    assert "drafted" in json.dumps(api.get(f"{url}/draft/diff?format=json").json()["blocks"])
    assert api.post(f"{url}/draft/merge", {}, format="json").json()["changed"] is True
    assert program.roots()["notes"] == "drafted findable words more"


def test_copies_have_them(program: Program, api: APIClient) -> None:
    """A duplicate, a copy of a revision, a draft."""
    named = api.get(f"{program.url}/revisions").json()["results"]
    number = named[0]["number"]
    for path in ("duplicate", f"revisions/{number}/copy", "drafts"):
        made = api.post(f"{program.url}/{path}", {}, format="json")
        assert made.status_code == 201, (path, made.content)
        assert program.roots(f"/api/v1/documents/{made.json()['id']}") == AFTER, path


def test_restore_brings_them_back(program: Program, api: APIClient) -> None:
    """Beside the rich text, in one record; what others have seen of it stays deletable."""
    seen = program.doc.get_state()
    block = XmlElement("paragraph", {}, [XmlText("body")])
    program.doc.get("default", type=XmlFragment).children.append(block)
    program.send(seen)
    api.post(f"{program.url}/revisions", {"name": "now"}, format="json")
    numbers = [row["number"] for row in api.get(f"{program.url}/revisions").json()["results"]]
    seen = program.doc.get_state()
    program.doc.get("meta", type=Map)["colour"] = "green"
    program.doc.get("notes", type=Text).clear()
    program.doc.get("late", type=Text).insert(0, "late")
    program.send(seen)
    assert program.roots() == {"tasks": [2.5], "meta": {"colour": "green"}, "late": "late"}
    back = api.post(f"{program.url}/revisions/{numbers[0]}/restore", {}, format="json")
    assert back.status_code == 200, back.content
    assert program.roots() == AFTER
    assert "body" in program.read("content", "text").decode()


def test_they_are_erased(program: Program, api: APIClient) -> None:
    """What stood there once is in no record any more."""
    erased = api.post(
        f"{program.url}/history/erasures",
        {"first": 1, "last": 3, "reason": "secret"},
        format="json",
    )
    assert erased.status_code in (200, 201, 202), erased.content
    records = json.dumps(api.get(f"{program.url}/updates").json())
    history = api.get(f"{program.url}/at?seq=2&format=text").content.decode()
    assert "red" not in history
    assert "title" not in history
    assert program.roots() == AFTER
    assert records
