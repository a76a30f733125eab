"""Stories of sharing: each with real browsers on a real server."""

from __future__ import annotations

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
    expect(dialog.get_by_role("status")).to_have_text("Added. They are told by e-mail.")
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
    alert.get_by_role("button", name="Copy my unsent words").click()
    expect(alert.get_by_role("button", name="Copied")).to_be_visible()
    assert bob.page.evaluate("navigator.clipboard.readText()") == "never sent"
    assert "never sent" in bob.plain  # they stay on the page, too
    assert "never sent" not in ann.plain
