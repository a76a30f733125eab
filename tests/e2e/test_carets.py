"""The names at the others' carets can be read wherever the carets stand."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Stage
from tests.system.conftest import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

NAMING = """
from collab.accounts.models import User
User.objects.filter(username="bob").update(display_name="Roberta Montgomery")
"""
#: How far the name reaches over the edges of the text; at most 0 where it stands inside.
BEYOND_JS = """() => {
  const name = document.querySelector(".collaboration-carets__label")?.getBoundingClientRect();
  const box = document.querySelector(".ProseMirror").getBoundingClientRect();
  return name ? Math.max(name.right - box.right, box.left - name.left) : 1000;
}"""


def test_a_name_near_the_edge_stands_before_its_caret(stage: Stage) -> None:
    """On a phone, all along a line, though only the words before the caret move it."""
    stage.world.server.manage("shell", "-v0", "-c", NAMING)
    ann = stage.person("ann", viewport={"width": 360, "height": 740}).open(stage.document)
    bob = stage.writer("bob")
    bob.text.click()
    bob.type("end")
    ann.shows("end")
    ann.text.click()
    ann.press("Home")
    turned = ann.page.locator(".collaboration-carets__label.is-turned")
    sides = set()
    for _ in range(12):
        ann.type("word ")
        eventually(lambda: ann.page.evaluate(BEYOND_JS) <= 0)
        sides.add(turned.count())
    assert sides == {0, 1}


def test_a_caret_of_another_takes_no_room_in_the_line(stage: Stage) -> None:
    """End, Shift+End and a drag go where they go without it, wherever it stands in the line."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    ann.text.click()
    ann.type("# words of a line")
    line = ann.text.locator("h1")
    box = line.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    bob.shows("words of a line")
    bob.text.locator("h1").click()
    selected = "() => getSelection().toString()"
    for keys in (["End"], ["Home"], ["Home", *["ArrowRight"] * 5]):
        bob.press(*keys)
        expect(ann.page.locator(".collaboration-carets__caret")).to_have_count(1)
        ann.press("Control+Home", "Shift+End")
        assert ann.page.evaluate(selected) == "words of a line", keys
        ann.press("Home", "End", "Shift+Home")
        assert ann.page.evaluate(selected) == "words of a line", keys
        ann.page.mouse.move(box["x"] + 1, middle)
        ann.page.mouse.down()
        ann.page.mouse.move(box["x"] + box["width"] - 20, middle, steps=4)
        ann.page.mouse.up()
        assert ann.page.evaluate(selected) == "words of a line", keys


def test_a_page_that_begins_with_no_text_keeps_it(stage: Stage) -> None:
    """What is typed first goes beside a formula, and into a cell, a task or a summary."""
    for text, wanted in {
        "$$\nx\n$$\n": ["paragraph", "blockMath"],
        "- [ ] t\n": ["taskList"],
        "| a |\n| - |\n| b |\n": ["table"],
    }.items():
        body = {"title": "", "content": text, "content_format": "markdown"}
        made = json.loads(stage.rest("/documents", method="POST", body=body))["id"]
        person = stage.people[0] if stage.people else stage.person("ann")
        person.open(made).is_saved()
        person.type("Z")
        person.is_saved()
        path = f"/documents/{made}/content?format=json"
        eventually(lambda path=path: "Z" in stage.rest(path))  # type: ignore[misc]
        blocks = json.loads(stage.rest(path))["content"]
        assert [block["type"] for block in blocks] == wanted
