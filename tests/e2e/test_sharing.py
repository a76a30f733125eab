"""Stories of sharing: each with real browsers on a real server."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Person, Stage
from tests.system.conftest import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]


def open_sharing(person: Person) -> Any:
    person.page.get_by_role("button", name="Share", exact=True).click()
    dialog = person.page.get_by_role("dialog", name="Share “Shared”")
    expect(dialog.get_by_label("User name, e-mail address or group")).to_be_focused()
    return dialog


def newcomer(stage: Stage, **options: Any) -> Page:
    """A browser in which nobody is signed in."""
    return stage.people[0].context.browser.new_context(**{"locale": "en-US", **options}).new_page()  # type: ignore[union-attr]  # it has one


def letters(stage: Stage) -> str:
    return stage.world.server.log.read_text("utf-8")


def test_who_is_invited_signs_up_and_types_at_once(stage: Stage) -> None:
    """From the dialog by letter to the first words, in the same room."""
    ann = stage.writer("ann")
    dialog = open_sharing(ann)
    dialog.get_by_label("User name, e-mail address or group").fill("carol@example.org")
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.get_by_text("carol@example.org")).to_be_visible()
    expect(dialog.get_by_role("status")).to_have_text("Added.")
    pattern = r"Open the document: (http://\S+/invitation/\S+/)"
    found = eventually(lambda: re.search(pattern, letters(stage).replace("=\n", "")))
    page = newcomer(stage)
    page.goto(found[1])
    page.get_by_role("link", name="Make an account").click()
    expect(page.get_by_label("Email")).to_have_value("carol@example.org")
    page.get_by_label("Username").fill("carol")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url(f"**/d/{stage.document}/")
    page.get_by_role("textbox", name="Document content").click()
    page.keyboard.type("hello from carol")
    ann.shows("hello from carol")
    page.context.close()


def test_an_editor_is_removed_while_typing(stage: Stage) -> None:
    """The socket closes, the page says why, and the words that did not go out can be copied."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    bob.context.grant_permissions(["clipboard-read", "clipboard-write"])
    bob.text.click()
    bob.type("kept ")
    bob.is_saved()
    bob.context.set_offline(True)
    bob.type("never sent")
    dialog = open_sharing(ann)
    dialog.get_by_label("Role of bob").select_option("remove")
    expect(dialog.get_by_label("Role of bob")).to_have_count(0)
    bob.context.set_offline(False)
    alert = bob.page.get_by_role("alert")
    expect(alert).to_contain_text("You may no longer open this document", timeout=40_000)
    expect(bob.text).to_have_attribute("contenteditable", "false")
    notice = bob.page.locator(".unsent")
    expect(notice).to_contain_text("did not reach the server")
    notice.get_by_role("button", name="Copy my unsent words").click()
    expect(notice.get_by_role("button", name="Copied")).to_be_visible()
    assert bob.page.evaluate("navigator.clipboard.readText()") == "never sent"
    assert "never sent" in bob.plain  # they stay on the page, too
    assert "never sent" not in ann.plain


def test_a_viewer_is_promoted_while_reading(stage: Stage) -> None:
    """The owner chooses another role in the dialog; the page changes mode without a reload."""
    ann = stage.writer("ann")
    eve = stage.person("eve").open(stage.document)
    expect(eve.status).to_have_text("Read only")
    eve.page.evaluate("window.isTheSamePage = true")
    role = open_sharing(ann).get_by_label("Role of eve")
    role.select_option("commenter")
    expect(ann.page.get_by_role("dialog").get_by_role("status")).to_have_text("Changed.")
    expect(eve.text).to_have_attribute("contenteditable", "false")
    role.select_option("editor")
    eve.is_saved()
    expect(eve.page.get_by_role("toolbar", name="Formatting")).to_be_visible()
    eve.text.click()
    eve.type("promoted")
    ann.shows("promoted")
    role.select_option("viewer")
    expect(eve.status).to_have_text("Read only")
    expect(eve.text).to_have_attribute("contenteditable", "false")
    assert eve.page.evaluate("window.isTheSamePage")


def test_a_guest_comes_by_a_link_with_a_password_on_a_phone(stage: Stage) -> None:
    """With a name of their choice, by touch; another password of the link shuts them out."""
    ann = stage.writer("ann")
    dialog = open_sharing(ann)
    dialog.get_by_label("Who can open the link").select_option("anyone")
    dialog.locator("#link-role").select_option("editor")
    dialog.get_by_label("Password").fill("open sesame")
    dialog.get_by_role("button", name="Set", exact=True).click()
    expect(dialog.get_by_role("button", name="Remove", exact=True)).to_be_visible()
    phone = newcomer(stage, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    phone.goto(f"{ann.url}/d/{stage.document}/")
    assert "Shared" not in phone.content()  # not even the title, before the password
    phone.get_by_label("Your name").fill("小明")
    phone.get_by_label("Password of the link").fill("close sesame")
    phone.get_by_role("button", name="Open the document").tap()
    expect(phone.get_by_role("alert")).to_have_text("This is not the password of this link.")
    expect(phone.get_by_label("Your name")).to_have_value("小明")
    phone.get_by_label("Password of the link").fill("open sesame")
    phone.get_by_role("button", name="Open the document").tap()
    text = phone.get_by_role("textbox", name="Document content")
    text.tap()
    phone.keyboard.type("by a guest")
    ann.shows("by a guest")
    expect(ann.text.locator(".collaboration-carets__label")).to_have_text("小明")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert phone.get_by_role("button", name="Share", exact=True).count() == 0
    dialog.get_by_label("Password").fill("another")
    dialog.get_by_role("button", name="Set", exact=True).click()
    expect(phone.get_by_role("alert")).to_contain_text("You may no longer open this document")
    expect(text).to_have_attribute("contenteditable", "false")
    phone.reload()
    expect(phone.get_by_label("Your name")).to_have_value("小明")
    phone.context.close()


def test_who_has_access_is_shown_live_with_its_source(stage: Stage) -> None:
    """In the document and of the folder; who asks is counted; who becomes the owner may share."""
    folder = json.loads(stage.rest("/folders", method="POST", body={"name": "Alpha"}))["id"]
    stage.rest(f"/documents/{stage.document}", method="PATCH", body={"folder": folder})
    stage.rest(f"/documents/{stage.document}/members/3", method="DELETE")
    bob = stage.person("bob").open(stage.document)
    stage.rest(f"/documents/{stage.document}/access-requests", method="POST", body={}, name="eve")
    ann = stage.person("ann").open(stage.document)
    share = ann.page.get_by_role("button", name="Share 1 ask for access", exact=True)
    share.click()
    dialog = ann.page.get_by_role("dialog", name="Share “Shared”")
    expect(dialog.locator(".asks")).to_contain_text("eve")
    typed = dialog.get_by_label("User name, e-mail address or group")
    typed.fill("somebody that")
    # From elsewhere, while the dialog is open.
    stage.rest(f"/documents/{stage.document}/access-requests/1", method="POST", body={"role": None})
    body = {"user": "eve", "role": "viewer"}
    stage.rest(f"/folders/{folder}/members", method="POST", body=body)
    row = dialog.get_by_role("listitem").filter(has_text="eve")
    expect(row).to_contain_text("by the folder “Alpha”: Viewer")
    expect(dialog.locator(".asks")).to_have_count(0)
    expect(typed).to_have_value("somebody that")  # nothing that was typed is lost
    dialog.get_by_label("Who can open the link").select_option("anyone")
    dialog.get_by_label("Open until").fill("2020-01-01T10:00")
    expect(dialog.get_by_role("status")).to_contain_text("This moment has passed")
    expect(dialog.get_by_label("Open until")).to_have_value("")
    bob.page.get_by_role("button", name="Share", exact=True).click()
    others = bob.page.get_by_role("dialog", name="Share “Shared”")
    expect(others.get_by_role("listitem").filter(has_text="bob")).to_contain_text("Leave")
    expect(others.get_by_label("Role of ann")).to_have_count(0)
    stage.rest(f"/documents/{stage.document}/owner", method="PUT", body={"user": "bob"})
    others.get_by_label("Role of ann").select_option("viewer")
    expect(others.get_by_role("status")).to_have_text("Changed.")
    expect(typed).to_have_count(0)  # who was the owner manages nothing any more
    ann.page.goto(f"{ann.url}/?folder={folder}")
    ann.page.locator("[data-folder-menu]").first.click()
    ann.page.get_by_role("menuitem", name="Share the folder").click()
    of_folder = ann.page.get_by_role("dialog", name="Share “Alpha”")
    of_folder.get_by_label("Role of eve").select_option("editor")
    expect(of_folder.get_by_role("status")).to_have_text("Changed.")
    expect(of_folder.get_by_role("listitem").first).to_contain_text("ann (you)")
