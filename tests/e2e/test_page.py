"""The editor page: what it lets a person do, what it says, and whether everybody can use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium", "node")]

AXE = Path(__file__).parents[1] / "system" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: Page) -> list[Any]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("tags => axe.run({ runOnly: tags })", TAGS)
    assert found["passes"], "axe looked at nothing"
    return [(v["id"], [node["target"] for node in v["nodes"]]) for v in found["violations"]]


def kinds(stage: Stage) -> list[str]:
    return [str(block["type"]) for block in stage.json()["content"]]


def test_a_viewer_reads_and_a_change_of_role_is_felt_at_once(stage: Stage) -> None:
    ann = stage.writer("ann")
    eve = stage.person("eve").open(stage.document)
    expect(eve.status).to_have_text("Read only")
    expect(eve.text).to_have_attribute("contenteditable", "false")
    expect(eve.page.get_by_role("toolbar")).to_have_count(0)
    ann.text.click()
    ann.type("for eve")
    eve.shows("for eve")
    members = json.loads(stage.rest(f"/documents/{stage.document}/members"))
    (person,) = [m["user"]["id"] for m in members if m["user"]["name"] == "eve"]
    path = f"/documents/{stage.document}/members/{person}"
    stage.rest(path, method="PATCH", body={"role": "editor"})
    eve.is_saved()
    eve.text.click()
    eve.press("Control+End")
    eve.type(", by eve")
    ann.shows("for eve, by eve")
    stage.rest(path, method="PATCH", body={"role": "viewer"})
    expect(eve.status).to_have_text("Read only")
    stage.rest(path, method="DELETE")
    expect(eve.page.get_by_role("alert")).to_contain_text("You may no longer open this document")
    expect(eve.text).to_have_attribute("contenteditable", "false")


def test_link_image_table_and_menus(stage: Stage) -> None:
    """By toolbar, slash menu and keys; a bad address is refused in words."""
    ann = stage.writer("ann")
    ann.text.click()
    ann.type("see ")
    ann.press("Control+k")
    dialog = ann.page.get_by_role("dialog", name="Link")
    dialog.get_by_label("Address").fill("javascript:alert(1)")
    dialog.get_by_role("button", name="Apply").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Enter an address")
    dialog.get_by_label("Address").fill("example.org/a")
    dialog.get_by_role("button", name="Apply").click()
    expect(ann.text.get_by_role("link")).to_have_attribute("href", "https://example.org/a")
    ann.press("Control+End", "Enter")
    ann.type("/image")
    ann.press("Enter")
    dialog = ann.page.get_by_role("dialog", name="Image")
    dialog.get_by_label("Address of the image").fill(f"{ann.url}/static/images/welcome.svg")
    dialog.get_by_label("What it shows").fill("a quill")
    dialog.get_by_role("button", name="Apply").click()
    expect(ann.text.get_by_role("img", name="a quill")).to_be_visible()
    ann.press("Control+End", "Enter")
    ann.type("/table")
    expect(ann.page.get_by_role("option", name="Table")).to_be_visible()
    ann.press("Enter")
    ann.type("cell")
    table = ann.page.get_by_role("toolbar", name="Table")
    table.get_by_label("Add row").click()
    expect(ann.text.locator("tr")).to_have_count(4)
    ann.is_saved()
    assert {"paragraph", "image", "table"} <= set(kinds(stage))
    markdown = stage.content("markdown")
    assert "see [https://example.org/a](https://example.org/a)" in markdown
    assert "| cell |" in markdown
    assert "![a quill]" in markdown


def test_the_slash_menu_knows_what_was_put_in_before_the_next_key(stage: Stage) -> None:
    """Words that come without keys, as from an input method, and Enter right behind them."""
    ann = stage.writer("ann")
    ann.text.click()
    # The first listener after the box's own: no key can come earlier.
    ann.page.evaluate(
        """() => document.addEventListener("input", () => {
          window.shown = document.querySelectorAll(".slash-item").length;
        })"""
    )
    ann.page.keyboard.insert_text("/quote")
    ann.press("Enter")
    assert ann.page.evaluate("window.shown") == 1
    expect(ann.text.locator("blockquote")).to_have_count(1)


def test_the_toolbar_by_keys_alone(stage: Stage) -> None:
    """Alt+F10 goes there, arrows move, Enter does, Escape comes back."""
    ann = stage.writer("ann")
    ann.text.click()
    ann.type("word")
    ann.press("Shift+Home")
    expect(ann.page.get_by_role("toolbar", name="Format the selection")).to_be_visible()
    ann.press("Alt+F10", "End", "Home")
    bar = ann.page.get_by_role("toolbar", name="Formatting")
    for _ in range(3):
        ann.press("ArrowRight")
    expect(bar.get_by_label("Bold")).to_be_focused()
    ann.press("Enter")
    expect(bar.get_by_label("Bold")).to_have_attribute("aria-pressed", "true")
    ann.text.focus()
    ann.press("Control+/")
    expect(ann.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    ann.press("Escape")
    ann.is_saved()
    assert stage.content("markdown") == "**word**\n"


def test_a_title_is_renamed_for_everybody(stage: Stage) -> None:
    ann, bob = stage.writer("ann"), stage.writer("bob")
    title = ann.page.get_by_role("textbox", name="Document title")
    title.fill("计划 2027")
    title.press("Enter")
    expect(bob.page.get_by_role("textbox", name="Document title")).to_have_value("计划 2027")
    expect(bob.page).to_have_title("计划 2027 · Scriptorium")
    assert json.loads(stage.rest(f"/documents/{stage.document}"))["title"] == "计划 2027"


def test_an_export_is_a_file(stage: Stage) -> None:
    ann = stage.writer("ann")
    ann.text.click()
    ann.type("# Exported")
    ann.is_saved()
    ann.page.get_by_label("Export").first.click()
    with ann.page.expect_download() as download:
        ann.page.get_by_role("link", name="Markdown").click()
    assert download.value.suggested_filename == "Shared.md"
    assert Path(download.value.path()).read_text("utf-8") == "# Exported\n"


@pytest.mark.usefixtures("node_modules")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(stage: Stage, scheme: str) -> None:
    """Home and editor, wide in English and a phone in Chinese."""
    ann = stage.person("ann", color_scheme=scheme)
    assert violations(ann.page) == []
    ann.open(stage.document).is_saved()
    ann.text.click()
    ann.type("# Heading")
    ann.press("Enter")
    ann.type("- [ ] task with `code` and ==mark==")
    assert violations(ann.page) == []
    ann.press("Control+/")
    assert violations(ann.page) == []
    phone = stage.person(
        "bob", color_scheme=scheme, locale="zh-CN", viewport={"width": 390, "height": 800}
    )
    phone.page.goto(f"{phone.url}/d/{stage.document}/")
    expect(phone.status).to_have_text("已保存")
    assert violations(phone.page) == []
