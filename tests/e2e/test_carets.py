"""The names at the others' carets can be read wherever the carets stand."""

from __future__ import annotations

import pytest

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
