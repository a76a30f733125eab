"""The home page in a real browser: keeping documents by menu, by drag and by keys."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Browser, Locator, Page, Route, expect

from tests.e2e.conftest import Person, Stage
from tests.system.conftest import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]


@pytest.fixture
def ann(stage: Stage) -> Person:
    """Ann, at home, with one document."""
    return stage.person("ann")


def row(page: Page, title: str) -> Locator:
    return page.locator("tr[data-document]").filter(
        has=page.locator(".row-title").get_by_text(title, exact=True)
    )


def titles(page: Page) -> list[str]:
    return page.locator("tr[data-document] .row-title").all_inner_texts()


def from_menu(page: Page, title: str, entry: str) -> None:
    page.get_by_role("button", name=f"Actions for {title}", exact=True).click()
    page.get_by_role("menuitem", name=entry, exact=True).click()


def confirm(page: Page, button: str) -> None:
    """Press the button of the open dialog, and wait until it is gone."""
    page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def make(stage: Stage, title: str, text: str = "", **fields: Any) -> str:
    body = {"title": title, "content": text, "content_format": "markdown", **fields}
    return str(json.loads(stage.rest("/documents", method="POST", body=body))["id"])


def new_folder(page: Page, name: str) -> None:
    page.get_by_role("button", name="New folder").click()
    page.get_by_role("dialog").get_by_label("Name").fill(name)
    confirm(page, "Create")


def place(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Places").get_by_role("link", name=name, exact=True)


def test_create_name_star_and_tag(ann: Person) -> None:
    """A new document opens at once; what is said of it at home stays after a reload."""
    page = ann.page
    page.get_by_role("button", name="New document").click()
    page.wait_for_url("**/d/*/")
    expect(ann.text).to_be_focused()
    page.get_by_role("textbox", name="Document title").fill("游记")
    page.get_by_role("textbox", name="Document title").press("Enter")
    ann.type("written at once")
    ann.is_saved()
    page.goto(ann.url)
    page.get_by_role("button", name="Star 游记").click()
    expect(page.get_by_role("button", name="Star 游记")).to_have_attribute("aria-pressed", "true")
    from_menu(page, "游记", "Tags…")
    page.get_by_role("dialog").get_by_label("Words, separated by commas").fill("travel， 旅行")
    confirm(page, "Save")
    expect(row(page, "游记").locator(".tag")).to_have_text(["travel", "旅行"])
    from_menu(page, "游记", "Rename…")
    page.get_by_role("dialog").get_by_label("Title").fill("Travels")
    confirm(page, "Rename")
    expect(row(page, "Travels")).to_be_visible()
    page.reload()
    place(page, "Starred").click()
    expect(page.locator("tr[data-document] .row-title")).to_have_text(["Travels"])
    page.locator(".tag-list [data-tag=旅行]").click()
    expect(page.get_by_role("heading", name="#旅行")).to_be_visible()
    assert titles(page) == ["Travels"]


def test_folders_by_menu_and_by_drag(stage: Stage, ann: Person) -> None:
    """A document is moved by its menu, others by dragging; a folder into a folder, too."""
    for title in ("One", "Two", "Three"):
        make(stage, title)
    page = ann.page
    page.reload()
    new_folder(page, "Work")
    new_folder(page, "2027")
    from_menu(page, "One", "Move…")
    page.get_by_role("dialog").get_by_label("Work").check()
    confirm(page, "Move")
    expect(page.locator("[data-toast]")).to_have_text("Moved.")
    row(page, "Two").get_by_role("checkbox").check()
    row(page, "Three").get_by_role("checkbox").check()
    row(page, "Two").locator(".owner-cell").drag_to(place(page, "Work"))
    place(page, "2027").drag_to(place(page, "Work"))
    page.get_by_role("button", name="Folders in Work").wait_for()
    place(page, "Work").click()
    expect(page.get_by_role("heading", name="Work")).to_be_visible()
    assert sorted(titles(page)) == ["One", "Three", "Two"]
    expect(page.get_by_role("list", name="Folders in here").get_by_role("link")).to_have_text(
        ["2027"]
    )
    row(page, "One").locator(".owner-cell").drag_to(place(page, "Trash"))
    expect(row(page, "One")).to_have_count(0)
    page.get_by_role("button", name="New document").click()
    page.wait_for_url("**/d/*/")
    page.go_back()
    expect(row(page, "Untitled")).to_be_visible()  # it lies where it was made


def test_what_is_under_way_is_waited_for(stage: Stage, ann: Person) -> None:
    """A page that is left has done all that it was told; who chooses a folder finds the newest."""
    for title in ("One", "Two", "Three"):
        make(stage, title)
    page = ann.page
    page.reload()
    held: list[Route] = []
    page.route("**/api/v1/folders", lambda route: held.append(route), times=1)
    new_folder(page, "Work")
    from_menu(page, "One", "Move…")
    held.pop().continue_()
    page.get_by_role("dialog").get_by_label("Work").check()
    confirm(page, "Move")
    expect(page.locator("[data-toast]")).to_have_text("Moved.")
    page.route("**/api/v1/documents/*", lambda route: held.append(route), times=1)
    for title in ("Two", "Three"):
        row(page, title).get_by_role("checkbox").check()
    row(page, "Two").locator(".owner-cell").drag_to(place(page, "Work"))
    eventually(lambda: page.evaluate("0") == 0 and held)  # routes are told while it is asked
    assert not page.evaluate("scriptoriumHome.isDragging()")
    place(page, "Work").click(no_wait_after=True)
    page.evaluate("() => new Promise((done) => setTimeout(done))")
    held.pop().continue_()
    expect(page.get_by_role("heading", name="Work")).to_be_visible()
    assert sorted(titles(page)) == ["One", "Three", "Two"]


def test_no_list_is_shown_after_a_newer_one(stage: Stage, ann: Person) -> None:
    """Answers overtake one another: what is shown is what was asked for last."""
    make(stage, "One")
    page = ann.page
    page.reload()
    waiting: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if route.request.resource_type == "fetch" and not waiting:
            waiting.append((route, route.fetch()))
        else:
            route.continue_()

    page.route(ann.url, hold_the_first)
    with page.expect_request(ann.url):
        page.get_by_role("button", name="Star One").click()
    new_folder(page, "Work")
    expect(place(page, "Work")).to_be_visible()
    route, answer = waiting[0]
    with page.expect_response(ann.url):
        route.fulfill(response=answer)
    page.wait_for_function("() => new Promise((done) => setTimeout(() => done(true)))")
    expect(place(page, "Work")).to_be_visible()


def test_nothing_is_replaced_under_a_pressed_pointer(stage: Stage, ann: Person) -> None:
    """A list that comes between press and release waits: the click is not lost."""
    make(stage, "One")
    make(stage, "Two")
    page = ann.page
    page.reload()
    page.get_by_role("searchbox").focus()  # the press takes the focus away
    link = row(page, "Two").get_by_role("checkbox")
    where = link.bounding_box()
    assert where
    page.mouse.move(where["x"] + 5, where["y"] + 5)
    page.mouse.down()
    with page.expect_response(ann.url):
        row(page, "One").get_by_role("button", name="Star One").dispatch_event("click")
    page.wait_for_function("() => new Promise((done) => setTimeout(() => done(true)))")
    page.mouse.up()
    expect(link).to_be_checked()


def test_several_to_the_trash_and_back(stage: Stage, ann: Person) -> None:
    """By checkboxes with Shift and by keys; one is erased for good after a question."""
    for title in ("A", "B", "C"):
        make(stage, title)
    page = ann.page
    page.goto(f"{ann.url}/?sort=title")
    row(page, "A").get_by_role("checkbox").click()
    row(page, "C").get_by_role("checkbox").click(modifiers=["Shift"])
    bar = page.get_by_role("toolbar", name="Selected documents")
    expect(bar.get_by_role("status")).to_have_text("3 selected")
    bar.get_by_role("button", name="Trash", exact=True).click()
    toast = page.locator("[data-toast]")
    expect(toast).to_have_text("In the trash: 3 Undo")
    expect(page.locator("tr[data-document] .row-title")).to_have_text(["Shared"])
    place(page, "Trash").click()
    page.get_by_role("checkbox", name="Select all").check()
    page.get_by_role("checkbox", name="Select B").uncheck()
    bar.get_by_role("button", name="Restore").click()
    expect(page.locator("tr[data-document] .row-title")).to_have_text(["B"])
    from_menu(page, "B", "Erase…")
    confirm(page, "Erase")
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
    page.goto(f"{ann.url}/?sort=title")
    assert titles(page) == ["A", "C", "Shared"]
    page.get_by_role("link", name="A", exact=True).focus()
    ann.press("ArrowDown", "x", "s", "Delete")
    expect(row(page, "C")).to_have_count(0)
    assert titles(page) == ["A", "Shared"]
    toast.get_by_role("button", name="Undo").click()
    expect(row(page, "C")).to_have_count(1)
    expect(toast).to_have_text("Back among your documents.")


def test_search_with_words_of_two_languages(stage: Stage, ann: Person) -> None:
    """In titles and content, from the palette and on the page; what is another's is not found."""
    make(stage, "Poems", "壬戌之秋，七月既望，苏子与客泛舟游于赤壁之下。")
    make(stage, "Bread", "Flour, water and *salt*.")
    page = ann.page

    def finds() -> bool:
        page.goto(f"{ann.url}/search/?q=赤壁")
        return page.locator(".hit").count() == 1

    eventually(finds)
    expect(page.locator(".hit h2")).to_have_text("Poems")
    expect(page.locator(".hit p mark").first).to_have_text("赤壁")
    page.goto(ann.url)
    ann.press("Control+k")
    palette = page.get_by_role("dialog", name="Search")
    palette.get_by_role("combobox").fill("wat flo")
    expect(palette.get_by_role("option").first).to_contain_text("Bread")
    expect(palette.get_by_role("option").first.locator("mark")).to_have_text(["Flo", "wat"])
    ann.press("Enter")
    expect(page).to_have_title("Bread · Scriptorium")
    eve = stage.person("eve")
    eve.page.goto(f"{eve.url}/search/?q=赤壁")
    expect(eve.page.get_by_role("heading", name="Nothing found")).to_be_visible()


def test_copies_and_templates(stage: Stage, ann: Person) -> None:
    """A copy has the content; a template begins new documents with it and is no draft itself."""
    make(stage, "Minutes", "# Agenda")
    page = ann.page
    page.reload()
    from_menu(page, "Minutes", "Duplicate")
    expect(page.locator("[data-toast]")).to_have_text("A copy is among your documents.")
    expect(page.locator(".row-title", has_text="Minutes")).to_have_count(2)
    from_menu(page, "Minutes", "Save as template")
    expect(page.locator("[data-toast]")).to_have_text("It stands among the templates now.")
    place(page, "Templates").click()
    expect(page.locator("tr[data-document]")).to_have_count(1)
    page.locator("[data-row-menu]").click()
    page.get_by_role("menuitem", name="New document from this").click()
    page.wait_for_url("**/d/*/")
    expect(ann.text.get_by_role("heading", name="Agenda")).to_be_visible()


def test_files_are_dropped_and_a_bad_one_is_named(ann: Person) -> None:
    """Each becomes a document but one that is none; its name and the reason are said."""
    page = ann.page
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("notes/第一.md", "# 第一")
        packed.writestr("notes/broken.json", "{")
    files = {
        "good.md": "# Good",
        "page.html": "<p>a <b>page</b></p>",
        "bad.json": "no document at all",
        "many.zip": archive.getvalue().decode("latin-1"),
    }
    transfer = page.evaluate_handle(
        """(files) => {
          const transfer = new DataTransfer();
          for (const [name, text] of Object.entries(files)) {
            const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
            transfer.items.add(new File([name.endsWith(".zip") ? bytes : text], name));
          }
          return transfer;
        }""",
        files,
    )
    page.dispatch_event("#documents", "dragover", {"dataTransfer": transfer})
    expect(page.get_by_text("Drop files to make documents of them")).to_be_visible()
    page.dispatch_event("#documents", "drop", {"dataTransfer": transfer})
    dialog = page.get_by_role("dialog", name="Import")
    expect(dialog.get_by_role("status")).to_have_text("3 documents made · 2 could not be read")
    failures = dialog.locator(".import-failures li").all_inner_texts()
    assert [failure.partition(":")[0] for failure in failures] == [
        "bad.json",
        "notes/broken.json",
    ]
    assert all(failure.partition(":")[2].strip() for failure in failures)
    dialog.get_by_role("button", name="Close").click()
    assert {"good", "page"} <= set(titles(page))
    place(page, "notes").click()
    expect(page.locator("tr[data-document] .row-title")).to_have_text(["第一"])


def test_what_is_selected_is_exported_as_a_zip(stage: Stage, ann: Person) -> None:
    make(stage, "甲", "# one")
    make(stage, "B", "two")
    page = ann.page
    page.goto(f"{ann.url}/?sort=title")
    for title in ("甲", "B"):
        page.get_by_role("checkbox", name=f"Select {title}", exact=True).check()
    bar = page.get_by_role("toolbar", name="Selected documents")
    with page.expect_download() as download:
        bar.get_by_role("button", name="Export").click()
    with zipfile.ZipFile(Path(download.value.path())) as packed:
        names = {name for name in packed.namelist() if name.endswith(".md")}
        assert names == {"甲.md", "B.md"}
        assert packed.read("甲.md").decode() == "# one\n"
        assert len(json.loads(packed.read("manifest.json"))["documents"]) == 2


def test_what_is_said_after_a_sign_up_takes_no_column(stage: Stage, browser: Browser) -> None:
    """The message stands above; the places and the listing stay side by side."""
    page = browser.new_context(locale="en-US").new_page()
    page.goto(f"http://127.0.0.1:{stage.world.server.port}/account/signup/")
    page.locator("input[name=username]").fill("newcomer")
    page.locator("input[name=email]").fill("newcomer@example.org")
    for field in page.locator("input[type=password]").all():
        field.fill("a long pass phrase 1")
    page.keyboard.press("Enter")
    message = page.locator(".messages").bounding_box()
    places = page.get_by_role("navigation", name="Places").bounding_box()
    listing = page.locator("[data-listing]").bounding_box()
    assert message
    assert places
    assert listing
    assert message["y"] + message["height"] <= min(places["y"], listing["y"])
    assert listing["x"] >= places["x"] + places["width"]
    assert listing["width"] > 3 * places["width"]
