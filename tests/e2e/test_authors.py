"""Two people write for a while in browsers; attribution and diff name the right one for every run.

Each writes with letters of their own, so that every letter tells whose it is.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Person, Stage
from tests.system.conftest import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

#: What each puts in, on whatever way. Bob's digits come by REST; the greek words are Ann's that Bob
#: pastes, which makes them his; Ann brings Bob's MNO back by undo, which makes it hers.
SIGNS = {"ann": set("abcdefghxyzMNO"), "bob": set("ABCDEFGH0123456789λόγοςJKL")}


def at_end(*people: Person) -> None:
    for person in people:
        person.text.focus()
        person.press("Control+End")


def head(stage: Stage) -> int:
    return int(json.loads(stage.rest(f"/documents/{stage.document}/attribution"))["seq"])


def write_for_a_while(stage: Stage, ann: Person, bob: Person) -> int:
    """Write at one place at once, take back, paste, format, go offline, edit by REST.

    Return the last record before Bob's formatting.
    """
    at_end(ann, bob)
    for mine, its in zip("abcdefgh", "ABCDEFGH", strict=True):
        ann.page.keyboard.insert_text(mine)
        bob.page.keyboard.insert_text(its)
    stage.all_equal()
    bob.press("Control+Home")
    bob.type("MNO")
    bob.press("Enter")
    expect(ann.text.locator("> p")).to_have_count(2)
    stage.all_equal()
    # Ann deletes Bob's line and undoes it.
    ann.text.focus()
    ann.press("Control+Home", "Shift+End", "Delete")
    eventually(lambda: "MNO" not in bob.plain)
    ann.press("Control+z")
    bob.shows("MNO")
    at_end(bob)
    bob.press("Enter")
    bob.paste(text_plain="λόγος")
    ann.shows("λόγος")
    # Both in one paragraph while Ann is away, and a REST edit meanwhile.
    for person in (ann, bob):
        person.is_saved()
    ann.context.set_offline(True)
    at_end(ann, bob)
    ann.type("xyz")
    bob.type("JKL")
    bob.is_saved()
    digits = {"type": "paragraph", "content": [{"type": "text", "text": "0123456789"}]}
    url = f"/documents/{stage.document}/content/append"
    stage.rest(url, method="POST", body={"type": "doc", "content": [digits]}, name="bob")
    bob.shows("0123456789")
    ann.context.set_offline(False)
    ann.is_saved()
    stage.all_equal()
    before = head(stage)
    bob.press("Control+a", "Control+b")
    expect(ann.text.locator("strong").first).to_be_visible()
    bob.is_saved()
    stage.all_equal()
    return before


def block_at(root: dict[str, Any], path: list[int]) -> str:
    for place in path:
        root = root["content"][place]
    return "".join(part["text"] for part in root.get("content", []))


def test_every_run_names_who_wrote_it(stage: Stage) -> None:
    """In the attribution, in the diff, in the colours of the editor, and on the history page."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    before = write_for_a_while(stage, ann, bob)
    url = f"/documents/{stage.document}"
    found = json.loads(stage.rest(f"{url}/attribution"))
    names = {int(key): each["name"] for key, each in found["authors"].items()}
    root = stage.json()
    told = ""
    for run in found["runs"]:
        text = block_at(root, run["path"])[run["from"] : run["to"]]
        assert set(text) <= SIGNS[names[run["author"]]], (names[run["author"]], text)
        assert not run["relayed"]
        told += text
    assert told == ann.plain.replace("\n", "")
    assert set(told) == SIGNS["ann"] | SIGNS["bob"]

    # What came since the beginning, and whose formatting the last record is.
    for change in json.loads(stage.rest(f"{url}/diff?from=0"))["blocks"]:
        for run in change.get("runs", []):
            assert run["op"] == "insert"
            assert set(run["text"]) <= SIGNS[run["author"]["name"]]
    formatted = [
        run
        for change in json.loads(stage.rest(f"{url}/diff?from={before}"))["blocks"]
        for run in change.get("runs", [])
    ]
    assert {(run["op"], run["author"]["name"]) for run in formatted} == {("format", "bob")}

    # The colours of the editor say the same.
    ann.page.get_by_role("button", name="More for this document").click()
    ann.page.get_by_role("menuitemcheckbox", name="Colours of the authors").click()
    runs = ann.page.locator(".ProseMirror .authored")
    expect(runs.first).to_be_visible()
    for run in runs.all():
        title = run.get_attribute("title") or ""
        assert set(run.inner_text()) <= SIGNS[title.split(",")[0]]

    # And so do the changes on the history page.
    ann.page.goto(f"{ann.url}/d/{stage.document}/history/")
    # Compared with the empty document that was there first.
    expect(ann.page.locator(".revision").first).to_be_visible()
    ann.page.locator(".revision > .icon-button").last.click()
    inserted = ann.page.locator(".changes ins")
    expect(inserted.first).to_be_visible()
    for insertion in inserted.all():
        name = (insertion.get_attribute("title") or "").removeprefix("Inserted by ")
        assert set(insertion.inner_text()) <= SIGNS[name]
