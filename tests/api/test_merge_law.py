"""The law of merging through REST: words that others wrote meanwhile outlive whatever is sent."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pycrdt import Doc, XmlElement, XmlFragment, XmlText
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.crdt.patch import patch_document
from collab.documents.models import Document, Role
from collab.documents.services import member_set
from collab.history import restore as restoring
from collab.history.merge_models import MergeWatch
from collab.history.rescuing import MAX_TRIES
from collab.history.services import update_check
from collab.library import drafts as drafting
from tests.api.conftest import client_of

# With real commits: what is rescued, is rescued behind one, and before the answer.
pytestmark = pytest.mark.django_db(transaction=True)
TABLE = "| a | b |\n| --- | --- |\n| one | two |\n| three | four |\n"
# Words of a row or a column that is gone stand in the cell beside which they were.
ROW_GONE = (
    "<table><tbody><tr><th><p>a</p></th><th><p>b</p></th></tr>"
    "<tr><td><p>one</p><p> DEAR</p></td><td><p>two</p></td></tr></tbody></table>\n"
)
COLUMN_GONE = (
    "<table><tbody><tr><th><p>a</p></th></tr><tr><td><p>one</p><p> DEAR</p></td></tr>"
    "<tr><td><p>three</p></td></tr></tbody></table>\n"
)
#: What is read, what is sent, the word beside which another writes, what the document says then.
ACTS: dict[str, tuple[str, str, str, str]] = {
    "restyle": ("hello world\n", "# hello world\n", "hello", "# hello DEAR world\n"),
    "to code": ("hello you\n", "```\nhello you\n```\n", "hello", "```\nhello DEAR you\n```\n"),
    "wrap": ("hello world\n", "> hello world\n", "hello", "> hello DEAR world\n"),
    "to a list": ("hello world\n", "- hello world\n", "hello", "- hello DEAR world\n"),
    "lift": ("> hello world\n", "hello world\n", "hello", "hello DEAR world\n"),
    "join": ("one two\n\nthree\n", "one two three\n", "three", "one two three DEAR\n"),
    "split": ("one two three\n", "one\n\ntwo three\n", "two", "one\n\ntwo DEAR three\n"),
    "move": ("hello world\n\n- x\n", "- x\n\nhello world\n", "hello", "- x\n\nhello DEAR world\n"),
    "removal": ("first\n\nhello world\n", "first\n", "hello", "first\n\n&#32;DEAR\n"),
    "removal of all": ("hello world\n", "\n", "hello", "&#32;DEAR\n"),
    "item": ("- a\n- hello world\n", "- a\n", "hello", "- a\n- &#32;DEAR\n"),
    "row": (TABLE, TABLE.replace("| three | four |\n", ""), "three", ROW_GONE),
    "column": (TABLE, re.sub(r"[^|\n]*\|$", "", TABLE, flags=re.M), "two", COLUMN_GONE),
    "table": (f"x\n\n{TABLE}", "x\n", "three", "x\n\n&#32;DEAR\n"),
}


class Stage:
    """A document of ann's, with bob writing in it by another Yjs program."""

    def __init__(self, api: APIClient, bob: User, source: str) -> None:
        self.api = api
        body = {"title": "Plan", "content": source, "content_format": "markdown"}
        self.url = str(api.post("/api/v1/documents", body, format="json")["Location"])
        self.document = Document.objects.get(pk=self.url.split("/")[-1])
        member_set(document=self.document, user=bob, role=Role.EDITOR)
        self.bob = client_of(bob)
        self.doc: Doc[Any] = Doc()
        self.doc.apply_update(api.get(f"{self.url}/content?format=yjs").content)

    def read(self) -> tuple[str, str]:
        answer = self.api.get(f"{self.url}/content?format=markdown")
        return answer.content.decode(), answer["ETag"]

    def texts(self, within: Any = None) -> list[XmlText]:
        body = self.doc.get("default", type=XmlFragment) if within is None else within
        found: list[XmlText] = []
        for child in body.children:
            found += [child] if isinstance(child, XmlText) else self.texts(child)
        return found

    def write(self, beside: str, said: str = " DEAR") -> None:
        """Bob writes behind a word; nobody hears him before it is sent."""
        before = self.doc.get_state()
        text = next(each for each in self.texts() if beside in str(each))
        text.insert(str(text).index(beside) + len(beside), said)
        self.send(before)

    def send(self, before: bytes) -> None:
        sent = self.bob.post(
            f"{self.url}/updates",
            self.doc.get_update(before),
            content_type="application/octet-stream",
        )
        assert sent.status_code == 200, sent.content

    def edit(self, body: str, base: str, method: str = "patch") -> Any:
        return self.api.generic(
            method.upper(),
            f"{self.url}/content",
            body,
            content_type="text/markdown",
            headers={"If-Match": base},
        )


@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after"])
def test_words_written_meanwhile_outlive_every_act(
    api: APIClient, bob: User, is_late: bool
) -> None:
    """Written before the edit arrives, on its base, or by somebody who has not heard of it yet."""
    found = {}
    for act, (source, wanted, beside, _result) in ACTS.items():
        stage = Stage(api, bob, source)
        _, etag = stage.read()
        if not is_late:
            stage.write(beside)
        done = stage.edit(wanted, etag, "put" if is_late else "patch")
        assert done.status_code == 200, done.content
        assert done.json()["conflicts"] == []
        assert done.json()["is_as_sent"] is is_late
        if is_late:
            stage.write(beside)
        found[act] = stage.read()[0]
    assert found == {act: result for act, (*_, result) in ACTS.items()}


def test_new_blocks_outlive_what_they_were_written_into(api: APIClient, bob: User) -> None:
    """An item and a row, put into a list and a table that are taken away meanwhile."""
    stage = Stage(api, bob, f"x\n\n- milk\n\n{TABLE}")
    _, etag = stage.read()
    before = stage.doc.get_state()
    _x, items, table = stage.doc.get("default", type=XmlFragment).children

    def element(name: str, *children: Any) -> XmlElement:
        return XmlElement(name, {}, children)

    items.children.append(element("listItem", element("paragraph", XmlText("BREAD"))))
    cells = (element("tableCell", element("paragraph", XmlText(said))) for said in ("FIVE", "SIX"))
    table.children.append(element("tableRow", *cells))
    stage.send(before)
    done = stage.edit("x\n", etag)
    said = stage.read()[0]
    assert [said.count(word) for word in ("BREAD", "FIVE", "SIX")] == [1, 1, 1], said
    assert done.json()["conflicts"] == []


def test_what_no_rescue_carries_is_named(api: APIClient, bob: User) -> None:
    """A tick and a mark that another set on what is written anew; not those of saved letters."""
    stage = Stage(api, bob, "- [ ] task\n\nplain words\n")
    _, etag = stage.read()
    before = stage.doc.get_state()
    tasks, line = stage.doc.get("default", type=XmlFragment).children
    tasks.children[0].attributes["checked"] = True
    line.children[0].format(0, 5, {"bold": {}})
    line.children[0].insert(6, "NEW ", {"italic": {}})
    stage.send(before)
    done = stage.edit("- task\n\n# plain words\n", etag).json()
    assert {(each["what"], each["text"]) for each in done["conflicts"]} == {
        ("attribute", "checked"),
        ("format", "bold"),
    }
    assert {each["author"]["name"] for each in done["conflicts"]} == {bob.shown_name}
    assert "<em>NEW </em>words" in stage.read()[0]


def test_words_that_the_law_could_not_look_into_are_named(api: APIClient, bob: User) -> None:
    """After failures it rests; what is lost until then is said, and that it may come back."""
    stage = Stage(api, bob, "hello world\n")
    _, etag = stage.read()
    stage.write("hello")
    MergeWatch.objects.create(
        document=stage.document, tries=MAX_TRIES, touched_at=timezone.now() + timedelta(hours=1)
    )
    done = stage.edit("# hello world\n", etag).json()
    (conflict,) = done["conflicts"]
    author = conflict.pop("author")
    assert conflict == {"what": "words", "text": " DEAR", "is_pending": True}
    assert author["id"] == bob.pk
    assert stage.read()[0] == "# hello world\n"


def test_the_answer_is_no_base_where_others_wrote(api: APIClient, bob: User) -> None:
    """Who goes on from what they sent would take away what they never saw."""
    stage = Stage(api, bob, "hello world\n")
    text, etag = stage.read()
    stage.write("hello")
    done = stage.edit(text.replace("world", "moon"), etag)
    assert done.json() == {"seq": 3, "changed": True, "is_as_sent": False, "conflicts": []}
    assert not done.has_header("ETag")
    unchanged = stage.edit(text, etag)
    assert (unchanged.json()["changed"], unchanged.json()["is_as_sent"]) == (False, False)
    text, etag = stage.read()
    assert text == "hello DEAR moon\n"
    alone = stage.edit("all new\n", etag)
    assert (alone.json()["is_as_sent"], alone["ETag"]) == (True, '"4"')
    same = stage.edit("all new\n", alone["ETag"])
    assert (same.json()["changed"], same["ETag"]) == (False, '"4"')


def test_a_state_with_all_deletes_deletes_nothing(api: APIClient, bob: User) -> None:
    """What Yjs encodes since a state vector lists every death that it heard of: no deed of its own.

    Taken as deeds, they would take away what another had carried elsewhere.
    """
    stage = Stage(api, bob, "hello world\n")
    stage.edit("# hello world\n", '"1"')
    stage.doc.apply_update(api.get(f"{stage.url}/content?format=yjs").content)
    stage.write("hello")
    assert stage.read()[0] == "# hello DEAR world\n"


def test_words_written_during_a_restore_stay(
    api: APIClient, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a heading that the restore makes a paragraph again."""
    stage = Stage(api, bob, "hello world\n")
    named = api.post(f"{stage.url}/revisions", {"name": "first"}, format="json").json()
    stage.edit("# hello world\n", '"1"')
    stage.doc.apply_update(api.get(f"{stage.url}/content?format=yjs").content)
    real = patch_document

    def slow(*args: Any, **kwargs: Any) -> Any:
        made = real(*args, **kwargs)
        stage.write("hello")
        return made

    monkeypatch.setattr(restoring, "patch_document", slow)
    done = api.post(f"{stage.url}/revisions/{named['number']}/restore")
    assert (done.status_code, done.json()["conflicts"]) == (200, [])
    assert stage.read()[0] == "hello DEAR world\n"


def test_words_written_during_the_merge_of_a_draft_stay(
    api: APIClient, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The draft makes a heading of the line in which another writes in the original."""
    stage = Stage(api, bob, "hello world\n\nlast\n")
    made = api.post(f"{stage.url}/drafts", {}, format="json").json()["id"]
    api.generic(
        "PATCH",
        f"/api/v1/documents/{made}/content",
        "# hello world\n\nlast\n",
        content_type="text/markdown",
        headers={"If-Match": "*"},
    )
    real = update_check
    writes = iter([True])

    def slow(**kwargs: Any) -> Any:
        checked = real(**kwargs)
        if next(writes, False):
            stage.write("hello")
        return checked

    monkeypatch.setattr(drafting, "update_check", slow)
    done = api.post(f"/api/v1/documents/{made}/draft/merge", {}, format="json")
    assert done.status_code == 200, done.content
    assert stage.read()[0].count("DEAR") == 1, stage.read()[0]
