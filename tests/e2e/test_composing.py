"""What an input method composes is not disturbed by what others do in the same block."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import CDPSession

from tests.e2e.conftest import Person, Stage
from tests.system.conftest import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

#: Notes the begins and ends of compositions.
WATCH_JS = """() => {
  window.composed = [];
  for (const kind of ["compositionstart", "compositionend"])
    document.addEventListener(kind, ({ data }) => window.composed.push(`${kind} ${data}`), true);
}"""


def compose(person: Person, cdp: CDPSession, *phrases: str) -> None:
    """Show one phrase after the other as the unfinished one, as a pinyin method does."""
    for phrase in phrases:
        cdp.send(
            "Input.imeSetComposition",
            {"text": phrase, "selectionStart": len(phrase), "selectionEnd": len(phrase)},
        )
        person.shows(phrase)


def composed(person: Person) -> Any:
    return person.page.evaluate("window.composed")


@pytest.mark.parametrize("act", ["types", "makes it a heading", "types, and is elsewhere"])
def test_a_composition_goes_on_while_another_changes_its_block(stage: Stage, act: str) -> None:
    """It ends when the person ends it; then the other's change is there."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    ann.text.focus()
    ann.press("Control+End")
    ann.type("one two")
    bob.shows("one two")
    bob.text.focus()
    bob.press("Control+End", "Home")
    ann.page.evaluate(WATCH_JS)
    cdp = ann.context.new_cdp_session(ann.page)
    compose(ann, cdp, "n", "ni", "ni'h")
    if act.startswith("types"):
        bob.type("X")
    else:
        bob.press("Control+Alt+2")
    bob.is_saved()
    if act.endswith("elsewhere"):
        bob.press("Control+Home")
    compose(ann, cdp, "ni'ha", "ni'hao", "你好")
    assert composed(ann) == ["compositionstart "]
    assert "X" not in ann.plain
    assert ann.page.locator("h2").count() == 0
    cdp.send("Input.insertText", {"text": "你好"})
    eventually(lambda: ann.page.locator("h2").count() == 1 or "Xone" in ann.plain)
    eventually(lambda: composed(ann) == ["compositionstart ", "compositionend 你好"])
    if not act.startswith("types"):
        return  # the words, in a block that the other had written anew, are the server's to save
    ann.type("!")
    bob.shows("one two你好!")
    text = stage.all_equal()
    assert text.endswith("one two你好!"), text
    assert "ni'h" not in text


def test_carets_of_others_do_not_end_a_composition(stage: Stage) -> None:
    """Another clicks into the word that is being composed; only afterwards is that caret drawn."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    ann.text.focus()
    ann.press("Control+End")
    ann.type("one two")
    bob.shows("one two")
    bob.text.focus()
    ann.page.evaluate(WATCH_JS)
    cdp = ann.context.new_cdp_session(ann.page)
    compose(ann, cdp, "zh", "zhong")
    bob.shows("zhong")
    bob.press("Control+End", "ArrowLeft", "ArrowLeft")
    bob.is_saved()
    compose(ann, cdp, "zhong'wen", "中文")
    assert composed(ann) == ["compositionstart "]
    cdp.send("Input.insertText", {"text": "中文"})
    bob.shows("one two中文")
    eventually(lambda: ann.page.locator(".collaboration-carets__caret").count() == 1)
    stage.all_equal()
