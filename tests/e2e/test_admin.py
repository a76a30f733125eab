"""An administrator at work while people write."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

MAKE_ROOT = """
from collab.accounts.models import User
root = User(username="root", is_staff=True, is_superuser=True)
root.set_password("a long password")
root.save()
"""


def test_a_document_is_frozen_while_people_write(stage: Stage) -> None:
    """Everyone sees why they cannot write, and writes on when it is over; nothing is lost."""
    stage.world.server.manage("shell", "-v0", "-c", MAKE_ROOT)
    ann, bob = stage.writer("ann"), stage.writer("bob")
    ann.text.click()
    ann.type("before ")
    bob.shows("before")
    root = stage.person("root")
    root.page.goto(f"{root.url}/admin/documents/document/?q={stage.document}")

    def act(name: str) -> None:
        root.page.locator("input[name=_selected_action]").check()
        root.page.select_option("select[name=action]", name)
        with root.page.expect_navigation():
            root.page.get_by_role("button", name="Run").click()

    act("freeze")
    for person in (ann, bob):
        expect(person.status).to_have_text("Read only, frozen by an administrator")
        expect(person.text).to_have_attribute("contenteditable", "false")
    bob.page.reload()
    expect(bob.status).to_have_text("Read only, frozen by an administrator")
    act("unfreeze")
    for person in (ann, bob):
        person.is_saved()
    ann.text.click()
    ann.press("Control+End")
    ann.type("after")
    bob.shows("before after")
    ann.is_saved()


def test_live_rooms_show_who_is_in_and_act(stage: Stage) -> None:
    """A person is removed and sees why; a closed room comes back by itself with all words."""
    stage.world.server.manage("shell", "-v0", "-c", MAKE_ROOT)
    ann, bob = stage.writer("ann"), stage.writer("bob")
    ann.text.click()
    ann.type("kept ")
    ann.is_saved()
    root = stage.person("root")
    root.page.goto(f"{root.url}/admin/operations/liveroom/")
    expect(root.page.get_by_role("button", name="Remove ann")).to_be_visible()
    root.page.get_by_role("button", name="Remove bob").click()
    expect(bob.page.get_by_role("alert")).to_contain_text("An administrator closed this page")
    expect(root.page.get_by_role("button", name="Remove bob")).to_have_count(0)
    root.page.get_by_role("button", name="Close the room").click()
    ann.is_saved()
    ann.text.click()
    ann.press("Control+End")
    ann.type("words")
    ann.is_saved()
    assert stage.content("text").strip() == "kept words"
    root.page.goto(f"{root.url}/admin/operations/liveroom/self-check/")
    expect(root.page.locator("[data-socket-verdict]")).to_have_text("good")
    root.page.goto(f"{root.url}/admin/")
    expect(root.page.get_by_text("in the last 24 hours")).to_be_visible()


def test_a_document_is_found_looked_into_and_frozen_from_its_room(stage: Stage) -> None:
    """By title to the document, by the live rooms to who is in it; all of them are told."""
    stage.world.server.manage("shell", "-v0", "-c", MAKE_ROOT)
    people = [stage.writer("ann"), stage.writer("bob")]
    eve = stage.person("eve").open(stage.document)
    root = stage.person("root")
    root.page.goto(f"{root.url}/admin/documents/document/")
    search = root.page.locator("#changelist-search input[name=q]")
    search.fill("no such title")
    search.press("Enter")
    expect(root.page.get_by_role("link", name="Shared")).to_have_count(0)
    search.fill("share")
    search.press("Enter")
    root.page.get_by_role("link", name="Shared", exact=True).click()
    expect(root.page.locator("input[name=title]")).to_have_value("Shared")
    root.page.goto(f"{root.url}/admin/operations/liveroom/")
    room = root.page.get_by_role("row").filter(has_text="Shared")
    for name in ("ann", "bob", "eve"):
        expect(room.get_by_role("button", name=f"Remove {name}")).to_be_visible()
    room.get_by_role("button", name="Freeze").click()
    for person in (*people, eve):
        expect(person.status).to_have_text("Read only, frozen by an administrator")
        expect(person.text).to_have_attribute("contenteditable", "false")
    expect(root.page.get_by_text("“Shared” is frozen.")).to_be_visible()
    room.get_by_role("button", name="Unfreeze").click()
    for person in people:
        person.is_saved()
    expect(eve.status).to_have_text("Read only")
