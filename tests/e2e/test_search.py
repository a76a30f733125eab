"""From what is typed to the place in the text."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

#: A document that is longer than a screen, with the word near its end.
WRITE = """
from collab.documents.models import Document
from collab.documents.services import document_create
from collab.history.services import document_seed
from collab.richtext.formats import parse
from collab.search.services import document_index
owner = Document.objects.get().owner
for number in range(2):
    document = document_create(owner=owner, title=f"Long {number}")
    text = "word\\n\\n" * 120 + f"the Needle {number} in Straße\\n\\n" + "word\\n\\n" * 60
    document_seed(document=document, author=owner, content=parse(text, "markdown"))
    document_index(document)
"""
MARKED_JS = """() => [...(CSS.highlights.get("found-words") ?? [])].map(String)"""


def test_a_result_opens_at_its_place(stage: Stage) -> None:
    """The number of results stands over them; the words are marked until the next key."""
    stage.world.server.manage("shell", "-v0", "-c", WRITE)
    ann = stage.person("ann")
    page = ann.page
    page.goto(f"{ann.url}/search/?q=needle")
    expect(page.get_by_role("status")).to_have_text("2 documents found")
    page.get_by_role("link", name="Long 0").click()
    place = page.get_by_text("the Needle 0 in Straße")
    expect(place).to_be_in_viewport()
    assert page.evaluate(MARKED_JS) == ["Needle"]
    page.keyboard.type("big ")
    expect(page.get_by_text("the big Needle 0 in Straße")).to_be_in_viewport()
    assert page.evaluate(MARKED_JS) == []
    page.goto(f"{ann.url}/")
    page.keyboard.press("Control+k")
    page.locator(".palette-input").fill("strasse 1")
    page.get_by_role("option").filter(has_text="Long 1").click()
    expect(page.get_by_text("the Needle 1 in Straße")).to_be_in_viewport()
    assert page.evaluate(MARKED_JS) == ["1", "Straße"]


def test_a_slip_is_answered_by_the_word_that_is_meant(stage: Stage) -> None:
    stage.world.server.manage("shell", "-v0", "-c", WRITE)
    ann = stage.person("ann")
    page = ann.page
    page.goto(f"{ann.url}/search/?q=neddle")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("link", name="needle").click()
    expect(page.get_by_role("status")).to_have_text("2 documents found")
    expect(page.get_by_role("listitem").filter(has_text="Needle")).to_have_count(2)
