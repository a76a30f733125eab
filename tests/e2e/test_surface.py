"""The surface round the text: the bars and menus, pictures, the header, tables; on a phone too."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.attachments.pictures import png
from tests.e2e.conftest import Person, Stage
from tests.system.conftest import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

#: Buttons of the page that a finger is to hit, and are smaller than 44 px.
SMALL_JS = """() => [...document.querySelectorAll(
    ".editor-header button, .editor-header a, .bars button, .popup-menu .menu-item")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => [one.getAttribute("aria-label") ?? one.textContent, one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 44 || box.height < 44)
  .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""


MIDDLE_JS = (
    "(bar) => { const box = bar.getBoundingClientRect(); return (box.left + box.right) / 2; }"
)


def choose(page: Page, menu: str, item: str) -> None:
    """Choose from the menu whose button's name begins so."""
    page.locator(f"button[aria-haspopup=menu][aria-label^='{menu}']").click()
    page.get_by_role("menu").locator("[role^=menuitem]", has_text=item).first.click()


def about(stage: Stage, document: str = "") -> dict[str, object]:
    found = json.loads(stage.rest(f"/documents/{document or stage.document}"))
    assert isinstance(found, dict)
    return found


def lower_edge(page: Page) -> int:
    """Return where the bar of the page ends."""
    return int(
        page.locator(".bars").evaluate("(bar) => Math.round(bar.getBoundingClientRect().bottom)")
    )


def test_the_bars_of_a_wide_page(stage: Stage) -> None:
    """One server for all of them."""
    ann = stage.writer("ann")
    the_bar_and_its_menus(stage, ann)
    a_picture_is_put_in_described_and_made_smaller(stage, ann)
    rows_and_columns_are_moved_by_their_handles(stage, ann)


def the_bar_and_its_menus(stage: Stage, ann: Person) -> None:
    """Styles, colours, tooltips, by pointer and keys; what has no room is in the last menu."""
    page = ann.page
    ann.text.click()
    ann.type("words")
    ann.press("Shift+Home")
    # At the selection from its first moment, not at the middle of the page.
    bubble = page.get_by_role("toolbar", name="Format the selection")
    expect(bubble).to_be_visible()
    left = ann.text.locator("p").evaluate("(line) => line.getBoundingClientRect().left")
    assert abs(bubble.evaluate(MIDDLE_JS) - left) < 150
    choose(page, "Style", "Heading 4")
    expect(ann.text.locator("h4")).to_have_text("words")
    expect(page.locator(".style-name")).to_have_text("Heading 4")
    choose(page, "Text colour", "Green")
    choose(page, "Text colour", "Highlight")
    expect(
        ann.text.locator("h4 mark [data-color=green], h4 [data-color=green] mark")
    ).to_have_count(1)
    # The text has the focus back, with its selection.
    ann.press("Control+i")
    expect(ann.text.locator("h4 em")).to_have_text("words")
    page.locator(".toolbar [aria-label=Bold]").hover()
    expect(page.locator(".tooltip")).to_have_text("BoldCtrl+B")
    page.mouse.move(5, 400)
    expect(page.locator(".tooltip")).to_be_hidden()
    ann.press("Alt+F10", "Home", "ArrowRight", "ArrowRight")
    expect(page.locator(".tooltip")).to_have_text("Style")
    ann.press("ArrowDown")
    menu = page.get_by_role("menu", name="Style")
    expect(menu.get_by_role("menuitemradio", name="Heading 4")).to_be_focused()
    ann.press("Home", "h")
    expect(menu.get_by_role("menuitemradio", name="Heading 1")).to_be_focused()
    ann.press("Escape")
    expect(page.locator(".style-button")).to_be_focused()
    page.set_viewport_size({"width": 700, "height": 600})
    expect(page.locator(".toolbar [aria-label='Numbered list']")).to_be_hidden()
    choose(page, "More tools", "Numbered list")
    ann.is_saved()
    assert "1. " in stage.content("markdown")
    ann.press("Control+s")
    expect(page.locator(".toast")).to_have_text("Saved")
    # Of keys and saves a screen reader hears nothing.
    expect(page.locator("#editor-app > .visually-hidden[role=status]")).to_be_empty()


def a_picture_is_put_in_described_and_made_smaller(stage: Stage, ann: Person) -> None:
    page = ann.page
    page.set_viewport_size({"width": 1280, "height": 720})
    ann.press("Control+a", "Delete")
    choose(page, "Insert", "Image")
    dialog = page.get_by_role("dialog", name="Image")
    dialog.get_by_role("button", name="Apply").click()
    expect(dialog.get_by_role("alert")).to_be_visible()  # neither a file nor an address
    picture = FilePayload(name="photo.png", mimeType="image/png", buffer=png(200, 100))
    dialog.get_by_label("From this device").set_input_files(picture)
    dialog.get_by_role("button", name="Apply").click()
    image = ann.text.locator("img[src*='/files/']")
    expect(image).to_be_visible()
    ann.type("behind")
    image.click()
    page.get_by_role("button", name="Say what it shows").click()
    page.get_by_role("dialog").get_by_label("What it shows").fill("a red square")
    ann.press("Enter")
    expect(ann.text.get_by_role("img", name="a red square")).to_be_visible()
    expect(page.get_by_role("button", name="Say what it shows")).to_be_hidden()
    corner = page.locator(".image-corner").bounding_box()
    assert corner
    x, y = corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y - 10, steps=4)
    assert image.get_attribute("width") is None  # nothing changes before it is let go
    page.mouse.up()
    expect(image).to_have_attribute("width", "140")
    ann.is_saved()
    assert json.dumps(stage.json()).count('"width": 140') == 1


def cells(person: Person) -> str:
    return str(
        person.page.evaluate(
            """() => [...document.querySelectorAll(".ProseMirror tr")]
              .map((row) => [...row.cells].map((cell) => cell.textContent).join("")).join("/")"""
        )
    )


def rows_and_columns_are_moved_by_their_handles(stage: Stage, ann: Person) -> None:
    page = ann.page
    ann.press("Control+a", "Delete")
    ann.paste(text_plain="a\tb\tc\nd\te\tf\n")  # what a sheet copies is a table
    cell = ann.text.locator("td").nth(4)
    cell.click()
    height = cell.evaluate("(cell) => cell.offsetHeight")
    box = cell.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 9)
    expect(ann.text.locator(".column-resize-handle")).not_to_have_count(0)
    assert cell.evaluate("(cell) => cell.offsetHeight") == height
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    page.locator(".row-handle").click()
    page.get_by_role("menuitem", name="Move up").click()
    assert cells(ann) == "def/abc"
    handle = page.locator(".column-handle").bounding_box()
    assert handle
    x, y = handle["x"] + 8, handle["y"] + 8
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - box["width"], y, steps=4)
    page.mouse.up()
    assert cells(ann) == "edf/bac"
    ann.type("/table")
    expect(page.get_by_role("option", name="Nothing found")).to_be_visible()  # none in a table
    ann.press("Escape")
    ann.is_saved()
    assert "<p>b</p></td><td><p>a</p></td><td><p>c</p>" in stage.content("html")


def test_the_document_from_its_own_page_and_on_a_phone(stage: Stage) -> None:
    """One server for both."""
    it_is_kept_from_its_own_page(stage)
    it_is_written_on_a_phone(stage)


def it_is_kept_from_its_own_page(stage: Stage) -> None:
    """Starred, moved, copied, made a template, thrown away; its first heading names it."""
    folder = json.loads(stage.rest("/folders", method="POST", body={"name": "Plans"}))["id"]
    made = json.loads(stage.rest("/documents", method="POST", body={"title": ""}))["id"]
    ann = stage.person("ann").open(made)
    page = ann.page
    ann.is_saved()
    page.get_by_role("button", name="Star").click()
    expect(page.get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    more = "More for this document"
    choose(page, more, "Move…")
    page.get_by_label("Plans").check()
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator(".toast")).to_have_text("Moved.")
    assert about(stage, made)["folder"] == folder
    title = page.get_by_role("textbox", name="Document title")
    ann.text.click()
    ann.type("# Plan of the year\n")
    expect(title).to_have_value("Plan of the year")
    assert about(stage, made)["title"] == "Plan of the year"
    ann.press("ArrowUp", "End")
    ann.type(" 2027")
    expect(title).to_have_value("Plan of the year 2027")
    title.fill("Named")
    title.press("Enter")
    ann.text.click()
    ann.press("Control+Home", "End")
    ann.type("!")
    page.wait_for_timeout(1500)  # longer than a heading waits to become the title
    expect(title).to_have_value("Named")
    choose(page, more, "Save as template")
    expect(page.locator(".toast")).to_have_text("It is among your templates.")
    choose(page, more, "Make a copy")
    page.wait_for_url(lambda url: "/d/" in url and made not in url)
    ann.is_saved()
    ann.shows("Plan of the year 2027!")
    choose(page, more, "Move to the trash")
    page.get_by_role("dialog").get_by_role("button", name="Move to the trash").click()
    page.wait_for_url(f"{ann.url}/")
    page.goto(f"{ann.url}/d/{made}/")
    ann.is_saved()
    choose(page, "Account menu", "Sign out")
    page.wait_for_url(lambda url: "/d/" not in url)


def it_is_written_on_a_phone(stage: Stage) -> None:
    """The bar is at the lower edge, menus are sheets, what is hit is large, nothing wraps."""
    stage.rest(
        f"/documents/{stage.document}", method="PATCH", body={"title": "A report with a long name"}
    )
    phone = stage.person(
        "ann", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    ).open(stage.document)
    page = phone.page
    phone.is_saved()
    assert page.evaluate(SMALL_JS) == []
    assert lower_edge(page) == 740
    # What a keyboard takes, the bar stands over.
    page.evaluate("document.documentElement.style.setProperty('--keyboard', '300px')")
    assert lower_edge(page) == 440
    page.evaluate("document.documentElement.style.setProperty('--keyboard', '0px')")
    title = page.get_by_role("textbox", name="Document title")
    assert title.evaluate("(box) => box.clientWidth") > 130  # some fourteen letters
    assert phone.status.evaluate("(line) => line.offsetHeight") < 32
    phone.text.tap()
    phone.type("words")
    page.locator("button[aria-label='More tools']").tap()
    assert page.get_by_role("menu").evaluate("(sheet) => sheet.offsetWidth") == 360
    assert page.evaluate(SMALL_JS) == []
    page.get_by_role("menuitemcheckbox", name="Bulleted list").tap()
    expect(phone.text.locator("ul")).to_have_text("words")
    page.locator(".editor-header [aria-label='More for this document']").tap()
    page.get_by_role("menuitem", name="Export").tap()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Markdown").tap()
    assert download.value.suggested_filename.endswith(".md")
    eventually(lambda: "- words" in stage.content("markdown"))
