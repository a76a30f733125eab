"""Drafts: one writes in a draft, another in the original; review, merge, discard."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Person, Stage
from tests.e2e.test_page import violations
from tests.system.conftest import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium", "node")]


def forked(stage: Stage, words: str) -> tuple[Person, Person]:
    """Ann writes in the original; Bob starts a draft of it by the menu."""
    ann = stage.writer("ann")
    ann.text.click()
    ann.type(words)
    ann.is_saved()
    bob = stage.writer("bob")
    bob.shows(words)
    original = bob.page.url
    bob.page.locator("summary[aria-label='Drafts']").click()
    bob.page.get_by_role("button", name="Start a draft").click()
    bob.page.wait_for_url(lambda url: url != original)
    expect(bob.text).to_be_visible()
    bob.is_saved()
    return ann, bob


def key_of(person: Person) -> str:
    return person.page.url.rstrip("/").rpartition("/")[2]


def bobs(bob: Person, path: str) -> Any:
    """Ask the interface as Bob's browser does."""
    answer = bob.context.request.get(f"{bob.url}/api/v1{path}")
    assert answer.ok, answer.text()
    return answer.json()


def test_write_apart_review_and_merge(stage: Stage) -> None:
    """What both wrote in one paragraph is told before; then both browsers have all words."""
    ann, bob = forked(stage, "one two")
    bar = bob.page.get_by_role("region", name="Draft")
    expect(bar).to_contain_text("Draft of Shared")
    draft = key_of(bob)
    assert draft != stage.document
    bob.text.click()
    bob.press("Control+End")
    bob.type(" three")
    bob.press("Enter")
    bob.type("A paragraph of the draft")
    bob.is_saved()
    ann.press("Control+Home")
    ann.type("zero ")
    ann.is_saved()
    assert "three" not in ann.plain
    assert "zero" not in bob.plain
    assert bobs(bob, f"/documents/{draft}/draft")["conflicts"] == 1

    bar.get_by_role("link", name="Review and merge").click()
    page = bob.page
    conflict = page.get_by_role("article", name="1. Both sides wrote here")
    expect(conflict.get_by_role("region", name="Original").locator("ins")).to_have_text("zero ")
    expect(conflict.get_by_role("region", name="Draft")).to_contain_text("one two three")
    merged = conflict.get_by_role("region", name="After merging")
    expect(merged).to_contain_text("zero one two three")
    changes = page.get_by_role("region", name="What changes in the original")
    expect(changes.locator("ins").first).to_have_attribute("title", "Inserted by bob")
    expect(changes).to_contain_text("A paragraph of the draft")
    # Ann goes on while Bob reads.
    ann.press("Home")
    ann.type("now: ")
    ann.is_saved()
    page.get_by_role("button", name="Merge").click()
    page.wait_for_url(f"**/d/{stage.document}/")
    for person in (ann, bob):
        person.shows("now: zero one two three\nA paragraph of the draft")
    assert stage.all_equal().startswith("now: zero")
    blocks = stage.json()["content"]
    assert [block["content"][0]["text"] for block in blocks if block.get("content")] == [
        "now: zero one two three",
        "A paragraph of the draft",
    ]
    newest = json.loads(stage.rest(f"/documents/{stage.document}/revisions"))["results"]
    kinds = {row["kind"]: [author["name"] for author in row["authors"]] for row in newest}
    assert kinds["merge"] == ["bob"]
    # Ann has read and written on without a reload: the caret is where it was.
    ann.type("and ")
    bob.shows("now: and zero")
    assert bobs(bob, f"/documents/{stage.document}/drafts") == []


def test_a_removed_block_is_put_back_unless_it_is_left_out(stage: Stage) -> None:
    """Bob removed two paragraphs in the draft, Ann wrote in both: he keeps one of them."""
    ann, bob = forked(stage, "one")
    draft = key_of(bob)
    for words in ("two", "three", "four"):
        ann.press("Enter")
        ann.type(words)
    ann.is_saved()
    bob.page.get_by_role("button", name="Update from original").click()
    bob.shows("one\ntwo\nthree\nfour")
    bob.is_saved()
    path = f"{bob.url}/api/v1/documents/{draft}/content"
    (token,) = [each for each in bob.context.cookies() if each["name"] == "csrftoken"]
    headers = {
        "Content-Type": "text/markdown",
        "If-Match": "*",
        "X-CSRFToken": token["value"],
        "Referer": bob.page.url,
    }
    written = bob.context.request.patch(path, data="one\n\nfour", headers=headers)
    assert written.ok, written.text()
    bob.shows("one\nfour")
    ann.press("ArrowUp")
    ann.press("End")
    ann.type(" 3")
    ann.press("ArrowUp")
    ann.press("End")
    ann.type(" 2")
    ann.is_saved()
    bob.page.goto(f"{bob.url}/d/{draft}/review/")
    conflicts = bob.page.get_by_role(
        "article", name="Removed in the draft, changed in the original"
    )
    expect(conflicts).to_have_count(2)
    expect(conflicts.first.get_by_role("region", name="After merging")).to_contain_text("two 2")
    conflicts.last.get_by_label("Put this block back, with these words").uncheck()
    expect(conflicts.last.get_by_role("region", name="After merging")).to_have_class(
        "conflict-side merged left-out"
    )
    assert violations(bob.page) == []
    bob.page.get_by_role("button", name="Merge").click()
    bob.page.wait_for_url(f"**/d/{stage.document}/")
    for person in (ann, bob):
        person.shows("one\ntwo 2\nfour")


def test_update_discard_and_find_again(stage: Stage) -> None:
    """The original's words come into the draft; a discarded draft leaves the original alone."""
    ann, bob = forked(stage, "one")
    draft = key_of(bob)
    ann.type(" two")
    ann.is_saved()
    bar = bob.page.get_by_role("region", name="Draft")
    bar.get_by_role("button", name="Update from original").click()
    expect(bar.get_by_role("status")).to_have_text(
        "What changed in the original is in the draft now."
    )
    bob.shows("one two")
    bar.get_by_role("button", name="Update from original").click()
    expect(bar.get_by_role("status")).to_have_text("The draft has all of the original already.")
    bob.page.goto(f"{bob.url}/")
    row = bob.page.locator("[data-document]", has_text="Shared (draft)")
    expect(row.locator(".badge")).to_have_text("Draft")

    bob.open(stage.document)
    bob.page.get_by_label("Drafts, 1 of mine").click()
    expect(bob.page.get_by_text("1 draft of mine")).to_be_visible()
    bob.page.get_by_role("link", name="Shared (draft)").click()
    bob.page.wait_for_url(f"**/d/{draft}/")
    bob.page.get_by_role("link", name="Review and merge").click()
    expect(bob.page.get_by_text("The original has all that is in the draft.")).to_be_visible()
    expect(bob.page.get_by_role("button", name="Merge")).to_be_disabled()
    bob.page.get_by_role("link", name="Back to writing").last.click()
    bob.page.get_by_role("button", name="Discard").press("Enter")
    dialog = bob.page.get_by_role("dialog")
    expect(dialog).to_contain_text("the original stays as it is")
    dialog.get_by_role("button", name="Discard").press("Enter")
    bob.page.wait_for_url(f"**/d/{stage.document}/")
    bob.shows("one two")
    assert bobs(bob, f"/documents/{stage.document}/drafts") == []


def test_who_may_not_write_in_the_original_sends_for_somebody(stage: Stage) -> None:
    """A reader writes in a draft; the merge is for others to do."""
    ann, bob = forked(stage, "one")
    draft = key_of(bob)
    bob.text.click()
    bob.press("Control+End")
    bob.type(" two")
    bob.is_saved()
    members = json.loads(stage.rest(f"/documents/{stage.document}/members"))
    rows = members["results"] if isinstance(members, dict) else members
    (user,) = [row["user"]["id"] for row in rows if row["user"]["name"] == "bob"]
    path = f"/documents/{stage.document}/members/{user}"
    stage.rest(path, method="PATCH", body={"role": "viewer"})
    bob.page.goto(f"{bob.url}/d/{draft}/review/")
    expect(bob.page.get_by_text("You may not write in the original")).to_be_visible()
    expect(bob.page.get_by_role("button", name="Merge")).to_be_disabled()
    assert ann.plain == "one"


@pytest.mark.usefixtures("node_modules")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_drafts(stage: Stage, scheme: str) -> None:
    """The bar, the menu, the review with a conflict, the question; in both themes."""
    ann, bob = forked(stage, "one two")
    bob.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    bob.text.click()
    bob.press("Control+End")
    bob.type(" three")
    bob.is_saved()
    ann.type(" four")
    ann.is_saved()
    draft = key_of(bob)
    bob.page.reload()
    bob.is_saved()  # all styles are there: one on its way is a stranger to axe
    assert violations(bob.page) == []
    bob.page.get_by_role("button", name="Discard").click()
    expect(bob.page.get_by_role("dialog")).to_be_visible()
    assert violations(bob.page) == []
    bob.press("Escape")
    bob.page.goto(f"{bob.url}/d/{draft}/review/")
    expect(bob.page.get_by_role("article")).to_have_count(1)
    eventually(lambda: bob.page.get_by_role("button", name="Merge").is_enabled())
    assert violations(bob.page) == []
    phone = stage.person(
        "bob", color_scheme=scheme, locale="zh-CN", viewport={"width": 390, "height": 844}
    )
    phone.page.goto(f"{phone.url}/d/{draft}/")
    expect(phone.page.get_by_role("region", name="草稿")).to_be_visible()
    expect(phone.status).to_have_text("已保存")
    assert violations(phone.page) == []
    phone.page.goto(f"{phone.url}/d/{draft}/review/")
    expect(phone.page.get_by_role("article", name="双方都在这里写过")).to_be_visible()
    assert violations(phone.page) == []
