"""What is typed, and the links in a text, in a real browser."""

from __future__ import annotations

import struct
import zlib

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Person, Stage

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]


@pytest.fixture
def ann(stage: Stage) -> Person:
    return stage.person("ann").open(stage.world.document)


def png() -> bytes:
    """Return a picture of one grey point."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0\x80"))
        + chunk(b"IEND", b"")
    )


def test_a_link_is_opened_copied_edited_and_removed(ann: Person) -> None:
    """The card comes by the pointer and by the caret; Ctrl+click and a middle click open."""
    page = ann.page
    ann.context.grant_permissions(["clipboard-read", "clipboard-write"])
    address = f"{ann.url}/healthz"
    ann.type(f"see [health]({address}) now")
    link = ann.text.get_by_role("link")
    link.hover()
    card = page.get_by_role("group", name="Link")
    expect(card).to_be_visible()
    expect(card.get_by_role("link")).to_have_attribute("href", address)
    card.get_by_role("button", name="Copy link").click()
    expect(card.get_by_role("button", name="Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address
    for options in ({"modifiers": ["Control"]}, {"button": "middle"}):
        with ann.context.expect_page() as opened:
            link.click(**options)
        assert opened.value.url == address
        opened.value.close()
    page.bring_to_front()
    ann.type("!")  # a Ctrl+click has selected nothing that a key replaces
    expect(ann.text).to_contain_text("see ")
    expect(ann.text).to_contain_text(" now")
    link.hover()
    card.get_by_role("button", name="Edit link").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Words").fill("state")
    dialog.get_by_label("Address").fill("example.org/a")
    dialog.get_by_role("button", name="Apply").click()
    expect(link).to_have_text("state")
    expect(link).to_have_attribute("href", "https://example.org/a")
    page.mouse.move(5, 5)
    link.hover()
    card.get_by_role("button", name="Remove link").click()
    expect(ann.text.get_by_role("link")).to_have_count(0)
    expect(ann.text).to_contain_text("see state")
    ann.is_saved()
    assert not ann.faults


def test_a_link_is_made_by_words_and_address(ann: Person) -> None:
    """Mod-K asks for both; what is typed behind the link is not in it."""
    page = ann.page
    ann.press("Control+k")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Words")).to_be_focused()
    ann.type("our house")
    dialog.get_by_label("Address").fill("example.org")
    dialog.get_by_role("button", name="Apply").click()
    expect(ann.text).to_be_focused()
    ann.type(" and more")
    link = ann.text.get_by_role("link")
    expect(link).to_have_text("our house")
    expect(link).to_have_attribute("href", "https://example.org")
    expect(ann.text).to_contain_text("our house and more")


def test_words_follow_a_picture_and_a_formula(ann: Person) -> None:
    """The caret goes behind what was put in: the next letter replaces nothing."""
    page = ann.page
    ann.press("/")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("option", name="Upload a file").click()
    chooser.value.set_files({"name": "grey.png", "mimeType": "image/png", "buffer": png()})
    expect(page.locator(".upload")).to_have_count(0)
    expect(ann.text.locator("img:not(.ProseMirror-separator)")).to_be_visible()
    ann.type("behind the picture")
    ann.press("Enter", "/")
    page.get_by_role("option", name="Formula on its own line").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("x^2")
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    expect(ann.text).to_be_focused()
    ann.type("behind the formula")
    expect(ann.text.locator("img:not(.ProseMirror-separator)")).to_be_visible()
    expect(ann.text.locator(".math-block")).to_be_visible()
    ann.shows("behind the picture")
    ann.shows("behind the formula")
    ann.is_saved()
    assert not ann.faults


def test_tab_indents_code_and_has_a_way_out(ann: Person) -> None:
    """Keys behind a Tab go into the text; Escape, then Tab leaves it, and that is said."""
    page = ann.page
    ann.type("words")
    ann.press("Tab")
    ann.type("!")
    ann.shows("words!")
    expect(page.get_by_role("status").filter(has_text="press Escape, then Tab")).to_be_attached()
    ann.press("Enter")
    ann.type("``` x")
    ann.press("Tab")
    ann.type("y")
    expect(ann.text.locator("pre")).to_contain_text("x  y")
    ann.press("Escape", "Tab")
    expect(ann.text).not_to_be_focused()


def test_the_slash_menu_takes_names_of_two_words_and_chinese_signs(ann: Person) -> None:
    """A space is of a name; what nothing is called stays words. The menu goes with its line."""
    page = ann.page
    ann.type("/heading 1")
    ann.press("Enter")
    ann.type("Title")
    expect(ann.text.locator("h1")).to_have_text("Title")
    ann.press("Enter")
    ann.type("、")
    expect(page.get_by_role("listbox")).to_be_visible()
    ann.press("Backspace")
    ann.type("／todo")
    ann.press("Enter")
    ann.type("task")
    expect(ann.text.locator("ul[data-type=taskList]")).to_contain_text("task")
    ann.press("Enter", "Enter")
    ann.type("and /or so it goes")
    expect(page.get_by_role("listbox")).to_have_count(0)
    ann.shows("and /or so it goes")
    for _ in range(30):
        ann.press("Enter")
    ann.type("/")
    menu = page.get_by_role("listbox")
    before = menu.bounding_box()
    page.mouse.move(600, 400)
    page.mouse.wheel(0, -200)
    page.wait_for_function(
        "(top) => document.querySelector('#slash-menu').getBoundingClientRect().top !== top",
        arg=before and before["y"],
    )


def test_nothing_moves_when_the_bar_of_a_block_comes(ann: Person) -> None:
    """A press and its release are on one cell, and a drag selects the cells that it crosses."""
    page = ann.page
    ann.type("/table")
    ann.press("Enter")
    ann.type("a")
    cells = ann.text.locator("th, td")
    expect(page.get_by_role("toolbar", name="Table")).to_be_visible()
    where = [cells.nth(place).bounding_box() for place in range(9)]
    page.mouse.click(600, 640)  # below: a paragraph, and no bar
    expect(page.get_by_role("toolbar", name="Table")).to_be_hidden()
    first, last = where[0], where[4]
    assert first
    assert last
    page.mouse.move(first["x"] + 5, first["y"] + 5)
    page.mouse.down()
    page.mouse.move(last["x"] + 9, last["y"] + 9, steps=5)
    assert [cells.nth(place).bounding_box() for place in range(9)] == where
    page.mouse.up()
    expect(page.get_by_role("toolbar", name="Table")).to_be_visible()
    assert [cells.nth(place).bounding_box() for place in range(9)] == where
    expect(ann.text.locator(".selectedCell")).to_have_count(4)


def test_code_says_its_language_by_name_and_is_copied(ann: Person) -> None:
    """The bar stands at the block, and its button takes the code along."""
    page = ann.page
    ann.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ann.type("``` let x = 1;")
    page.get_by_label("Language").select_option(label="C++")
    expect(ann.text.locator("pre code")).to_have_class("language-cpp")
    page.get_by_role("button", name="Copy code").click()
    expect(page.get_by_role("button", name="Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "let x = 1;"


def test_lists_stay_whole_and_lines_become_one_block_of_code(ann: Person) -> None:
    """Backspace within a list, boxes for bullets within bullets, code of several lines."""
    page = ann.page
    ann.type("- one\ntwo\nthree")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("Backspace")
    expect(ann.text.locator("ul")).to_have_count(1)
    expect(ann.text.locator("li")).to_have_count(2)
    expect(ann.text.locator("li").first.locator("p")).to_have_text(["one", "two"])
    page.keyboard.press("Control+z")
    expect(ann.text.locator("li")).to_have_count(3)
    page.keyboard.press("Tab")  # "two" goes into "one"
    expect(ann.text.locator("li li")).to_have_text("two")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+Shift+9")
    expect(ann.text.locator("li input[type=checkbox]")).to_have_count(3)
    expect(ann.text.locator("li li p")).to_have_text("two")
    page.keyboard.press("Control+Alt+c")
    expect(ann.text.locator("pre")).to_have_count(1)
    expect(ann.text.locator("pre code")).to_have_text("one\ntwo\nthree")
    ann.is_saved()
    page.reload()
    expect(ann.text.locator("pre code")).to_have_text("one\ntwo\nthree")
