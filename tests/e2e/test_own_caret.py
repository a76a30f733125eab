"""A person's own caret is where the person put it, whatever others write at that moment."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

#: A writer who does not rest: a letter every few milliseconds.
WRITE_JS = """() => {
  window.writing = setInterval(() => document.execCommand("insertText", false, "."), 7);
}"""


def test_keys_act_where_the_person_went(stage: Stage) -> None:
    """Others' letters and carets come between one key and the next; none moves the caret."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    ann.text.focus()
    ann.press("Control+End")
    ann.type("first")
    ann.press("Enter")
    ann.type("mine")
    bob.shows("mine")
    bob.text.focus()
    bob.press("Control+Home")
    bob.page.evaluate(WRITE_JS)
    for turn in range(20):
        ann.press("Home", "Shift+End")
        ann.type(f"mine {turn}")
        expect(ann.text.locator("> p").last).to_have_text(f"mine {turn}")
    bob.page.evaluate("clearInterval(window.writing)")
    bob.shows("mine 19")
    stage.all_equal()


def test_a_block_split_by_another_takes_the_caret_along(stage: Stage) -> None:
    """Bob presses Enter, then takes it back; what Ann types goes where she was."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    for person in (ann, bob):
        person.text.focus()
    ann.press("Control+End")
    ann.type("one two")
    bob.shows("one two")
    bob.press("Control+Home", "ArrowRight", "ArrowRight", "ArrowRight", "Enter")
    expect(ann.text.locator("> p")).to_have_count(2)
    ann.type("!")
    bob.shows("one\n two!")
    bob.press("Backspace")
    expect(ann.text.locator("> p")).to_have_count(1)
    ann.type("?")
    bob.shows("one two!?")
    stage.all_equal()
