"""The history page, and who wrote this in the editor."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PREPARE, Person, Stage
from tests.e2e.test_page import violations
from tests.system.conftest import Server, World, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium", "node")]


@pytest.fixture
def stage(tmp_path: Path, browser: Browser) -> Iterator[Stage]:
    """A server that cuts a revision whenever another person writes."""
    server = Server(tmp_path, REVISION_AUTHOR_S="0", REVISION_IDLE_S="1")
    stage = Stage(World(server, PREPARE), browser)
    server.start()
    yield stage
    stage.close()


def write_in_turn(stage: Stage) -> tuple[Person, Person]:
    """Ann, then bob, then ann again; three revisions of their own."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    ann.text.click()
    ann.type("Roses by the wall")
    bob.shows("by the wall")
    ann.is_saved()
    bob.text.click()
    bob.press("Control+End")
    bob.type(" and thyme")
    ann.shows("and thyme")
    bob.is_saved()
    ann.press("Control+Home")
    ann.type("春 ")
    bob.shows("春 Roses")
    ann.is_saved()
    return ann, bob


def history(person: Person, stage: Stage) -> Page:
    person.page.goto(f"{person.url}/d/{stage.document}/history/")
    expect(person.page.get_by_role("slider", name="Moment")).not_to_have_value("0")
    return person.page


def shown(page: Page) -> str:
    return str(page.locator(".sheet .text").inner_text()).strip()


def test_scrub_compare_name_and_restore(stage: Stage) -> None:
    """Every moment is shown; changes name their author; a restore reaches who writes now."""
    ann, bob = write_in_turn(stage)
    page = history(ann, stage)
    eventually(lambda: shown(page) == "春 Roses by the wall and thyme")
    slider = page.get_by_role("slider", name="Moment")
    slider.focus()
    page.keyboard.press("Home")
    eventually(lambda: shown(page) == "")
    page.get_by_label("Speed").select_option(label="8×")
    page.get_by_role("button", name="Play").click()
    eventually(lambda: shown(page) == "春 Roses by the wall and thyme", within_s=90)
    revisions = page.get_by_role("complementary", name="Revisions").locator(".revision-main")
    page.get_by_label("Show revisions by").select_option(label="bob")
    expect(revisions).to_have_count(1)
    revisions.first.click()
    eventually(lambda: shown(page) == "Roses by the wall and thyme")
    page.get_by_role("button", name="Changes", exact=True).click()
    inserted = page.locator(".changes ins")
    expect(inserted).to_have_attribute("title", "Inserted by bob")
    eventually(lambda: inserted.inner_text().strip() == "and thyme")
    page.get_by_role("button", name="Next change").click()
    expect(page.locator(".changes .current")).to_have_count(1)
    page.get_by_role("button", name="Name…").click()
    page.get_by_label("Name (empty: none)").fill("Bob's herbs")
    page.keyboard.press("Enter")
    expect(revisions.first).to_contain_text("Bob's herbs")
    bob.press("Control+End")
    bob.type(" today")
    bob.is_saved()
    page.get_by_role("button", name="Restore").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    page.wait_for_url(f"**/d/{stage.document}/")
    bob.shows("Roses by the wall and thyme")
    eventually(lambda: "春" not in bob.plain)
    bob.type("!")
    bob.is_saved()
    eventually(lambda: "春" not in stage.content("text"))
    revisions_now = json.loads(stage.rest(f"/documents/{stage.document}/revisions"))["results"]
    assert "restore" in {each["kind"] for each in revisions_now}


#: Moves the slider to each moment in turn without waiting for the one before to be shown.
DRAG_JS = """(moments) => {
  const slider = document.querySelector(".scrubber-slider");
  for (const moment of moments) {
    slider.value = String(moment);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""
BLOCKS_JS = """() => [...document.querySelectorAll(".sheet .ProseMirror > *")].map(
  (block) => [block.localName, block.textContent])"""
TAGS = {"paragraph": "p", "heading": "h2", "codeBlock": "pre"}


def said(node: dict[str, Any]) -> str:
    return str(node.get("text", "")) + "".join(map(said, node.get("content", [])))


def test_what_is_shown_is_the_content_of_its_moment(stage: Stage) -> None:
    """At moments drawn by lot, those that others overtook among them."""
    ann, _bob = write_in_turn(stage)
    ann.press("Control+End", "Enter")
    ann.type("## Herbs")
    ann.press("Enter")
    ann.type("Thyme, **sage** and rue")
    ann.press("Control+Alt+c", "ArrowUp")
    ann.type("Bitter ")
    ann.is_saved()
    page = history(ann, stage)
    last = json.loads(stage.rest(f"/documents/{stage.document}/timeline?buckets=1"))["seq"]
    dice = random.Random(5)
    jumps = [dice.randint(1, last) for _ in range(24)]
    for one, other in zip(jumps[::2], jumps[1::2], strict=True):
        page.evaluate(DRAG_JS, [one, other])
        page.wait_for_url(f"**/history/#seq={other}")
        content = json.loads(stage.rest(f"/documents/{stage.document}/at?seq={other}&format=json"))[
            "content"
        ]
        assert page.evaluate(BLOCKS_JS) == [[TAGS[n["type"]], said(n)] for n in content]
        current = page.locator('.revision-main[aria-current="true"]')
        assert current.count() == 1


def test_a_revision_older_than_the_list_reads_at_first(stage: Stage) -> None:
    """It is compared with the one before it, named, and left by a step; the list reads on."""
    ann = stage.person("ann")
    for turn in range(56):
        words = {"type": "paragraph", "content": [{"type": "text", "text": f"turn {turn}"}]}
        stage.rest(
            f"/documents/{stage.document}/content/append",
            method="POST",
            body={"type": "doc", "content": [words]},
            name=("ann", "bob")[turn % 2],
        )
    old = json.loads(stage.rest(f"/documents/{stage.document}/revisions?page_size=1&seq=3"))
    (revision,) = old["results"]
    page = ann.page
    page.goto(f"{ann.url}/d/{stage.document}/history/#seq={revision['seq']}")
    expect(page.locator(".history-who")).to_have_text(revision["authors"][0]["name"])
    expect(page.locator("[data-revision]")).to_have_count(50)
    page.get_by_role("button", name="Changes", exact=True).click()
    expect(page.locator(".sheet ins")).to_have_count(1)
    page.get_by_role("button", name="Name…").click()
    page.get_by_label("Name (empty: none)").fill("Long ago")
    page.keyboard.press("Enter")
    expect(page.locator(".history-when")).to_contain_text("Long ago")
    page.get_by_role("button", name="Revision after").click()
    after = page.locator(f"[data-revision='{revision['number'] + 1}']")
    expect(after).to_have_attribute("aria-current", "true")


def test_played_with_a_key_and_filtered_aloud(stage: Stage) -> None:
    """Alt+P plays and pauses from where the focus is; a filter says how much it leaves."""
    ann, _bob = write_in_turn(stage)
    page = history(ann, stage)
    slider = page.get_by_role("slider", name="Moment")
    status = page.locator('p.visually-hidden[role="status"]')
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_value("0")
    page.keyboard.press("Alt+p")
    pause = page.get_by_role("button", name="Pause")
    expect(pause).to_have_attribute("aria-keyshortcuts", "Alt+P")
    expect(slider).to_be_focused()
    page.keyboard.press("Alt+p")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    stopped_at = int(slider.input_value())
    assert 0 < stopped_at < int(slider.get_attribute("max") or 0)
    page.wait_for_url(f"**/history/#seq={stopped_at}")
    revisions = page.locator(".revision-main")
    everybodys = revisions.count()
    for name in ("bob", "ann"):
        page.get_by_label("Show revisions by").select_option(label=name)
        assert 0 < revisions.count() < everybodys
        expect(status).to_have_text(f"Revisions shown: {revisions.count()}")


def test_who_wrote_this(stage: Stage) -> None:
    """Colours with names, kept right while somebody types; a selection is told in words."""
    ann, bob = write_in_turn(stage)
    ann.page.get_by_role("button", name="More for this document").click()
    ann.page.get_by_role("menuitemcheckbox", name="Colours of the authors").click()
    legend = ann.page.get_by_role("list", name="Colours of the authors")
    expect(legend.get_by_role("listitem")).to_have_count(2)
    runs = ann.page.locator(".ProseMirror .authored")
    eventually(
        lambda: (
            [(r.get_attribute("title") or "").split(",")[0] for r in runs.all()]
            == ["ann", "ann", "bob"]
            or [(r.get_attribute("title") or "").split(",")[0] for r in runs.all()]
            == ["ann", "bob"]
        )
    )
    bob.press("Control+Home")
    bob.type("Bob: ")
    eventually(lambda: (runs.first.get_attribute("title") or "").startswith("bob"))
    ann.text.focus()
    ann.press("Control+a")
    ann.page.get_by_role("button", name="Who wrote this").click()
    dialog = ann.page.get_by_role("dialog", name="Who wrote this")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(dialog).to_contain_text("ann")
    expect(dialog).to_contain_text("bob")


@pytest.mark.usefixtures("node_modules")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_history(stage: Stage, scheme: str) -> None:
    """Document and changes; wide in English, a phone in Chinese."""
    write_in_turn(stage)
    wide = stage.person("ann", color_scheme=scheme)
    page = history(wide, stage)
    eventually(lambda: shown(page) != "")
    assert violations(page) == []
    page.get_by_role("button", name="Changes", exact=True).click()
    expect(page.locator(".changes ins").first).to_be_visible()
    assert violations(page) == []
    phone = stage.person(
        "bob", color_scheme=scheme, locale="zh-CN", viewport={"width": 390, "height": 844}
    )
    phone.page.goto(f"{phone.url}/d/{stage.document}/history/")
    expect(phone.page.get_by_role("button", name="恢复")).to_be_visible()
    phone.page.get_by_role("button", name="修订", exact=True).click()
    expect(phone.page.locator(".revision-main").first).to_be_visible()
    assert violations(phone.page) == []
