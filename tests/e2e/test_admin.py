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
