"""The caret, in another engine: what holds in Chromium holds in Debian's Firefox."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import PLAIN_JS, Stage
from tests.e2e.firefox import Firefox
from tests.system.conftest import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium", "firefox")]


def test_the_caret_goes_with_its_words_in_firefox(stage: Stage, tmp_path: Path) -> None:
    """Ann writes in the line and restyles it; what is typed in Firefox stands beside its words."""
    ann = stage.writer("ann")
    ann.text.focus()
    ann.press("Control+End")
    for line in ("same", "same", "same"):
        ann.type(line)
        ann.press("Enter")
    ann.is_saved()
    profile = tmp_path / "firefox"
    profile.mkdir()
    bob = Firefox(profile)
    try:
        bob.open(f"{ann.url}/sign-in/")
        bob.run(
            "(document.querySelector('input[name=username]').value = 'bob',"
            "document.querySelector('input[name=password]').value = 'a long password',"
            "document.querySelector('input[name=password]').form.requestSubmit())"
        )
        eventually(lambda: bob.run("location.pathname") == "/")
        bob.open(f"{ann.url}/d/{stage.document}/")

        def shown() -> str:
            return str(bob.run(f"({PLAIN_JS})()"))

        eventually(lambda: "same" in shown())
        bob.run("document.querySelector('.ProseMirror').focus()")
        # The second of three equal lines, behind its second letter.
        bob.run(
            "(() => { const at = [...document.querySelectorAll('.ProseMirror > p')]"
            ".filter((p) => p.textContent === 'same')[1];"
            "getSelection().collapse(at.firstChild, 2); })()"
        )
        bob.type("1")
        ann.shows("sa1me")
        ann.press("Control+Home", "ArrowDown", "Home")
        ann.type("x")
        eventually(lambda: "xsa1me" in shown())
        bob.type("2")
        ann.shows("xsa12me")
        ann.press("Control+Alt+2")
        eventually(lambda: bob.run("!!document.querySelector('h2')") == "true")
        bob.type("3")
        ann.press("Control+Shift+b")
        eventually(lambda: bob.run("!!document.querySelector('blockquote')") == "true")
        bob.type("3")
        ann.shows("xsa1233me")
        eventually(lambda: shown() == ann.plain)
    finally:
        bob.close()
