"""No regular expression of the pages takes more than in proportion to the text.

A browser's engine goes back and tries again as Python's does: what somebody wrote or copied would
hold everybody's page that reads it.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.patterns import Found, worst_growth

ROOT = Path(__file__).parents[1]
EDITOR = ROOT / "editor"
MOST = 2.6
#: Those that are made when they run: one such pattern, by the file that makes it.
MADE = {
    "src/ui/typing/blocks.ts": r"^\[!(NOTE|TIP|WARNING)\]\s$",
    "src/ui/pasting/markdown.ts": r"^\[!(NOTE|TIP|WARNING)\][ \t]*(?:\n|$)",
    "src/ui/foundPlace.ts": r"(?<![a-z0-9])ab\-c",
}
#: Those that see no long text, by file and pattern, and why.
BOUNDED = {
    # Words of MAX_CHARS at most.
    ("src/ui/typing/autolink.ts", r"\S+$"),
    ("src/ui/typing/autolink.ts", "[\"'.,:;!?>»”’，。：；！？、）】》」]+$"),
}
#: Characters that stand for classes of Unicode, which Python has no names for.
_CLASSES = {"P": "!-/", "S": "<-", "Surrogate": "\x01", "M": "\x02"}


def _files() -> list[str]:
    found = [
        *(path for path in (EDITOR / "src").rglob("*.ts") if not path.name.endswith(".d.ts")),
        *(ROOT / "static" / "js").rglob("*.js"),
    ]
    return sorted(
        str(path.relative_to(ROOT)) for path in found if not path.name.endswith(".test.ts")
    )


def _in_python(pattern: str) -> str:
    """Return a pattern of JavaScript as Python writes it."""

    def chars(found: re.Match[str]) -> str:
        name = found["name"].partition("=")[2] or found["name"]
        which = _CLASSES.get(name, "a-z")
        before = pattern[: found.start()]
        is_in_set = before.rfind("[") > before.rfind("]")
        return which if is_in_set else f"[{which}]"

    return re.sub(r"\\p\{(?P<name>[A-Za-z_=]+)\}", chars, pattern).replace("(?<n", "(?P<n")


def _flags(letters: str) -> int:
    known = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
    return sum(known[letter] for letter in letters if letter in known)


@pytest.fixture(scope="module")
def patterns() -> list[dict[str, Any]]:
    files = [f"../{name}" for name in _files()]
    run = subprocess.run(
        ["node", "patterns.mjs", *files], cwd=EDITOR, capture_output=True, text=True, check=True
    )
    found: list[dict[str, Any]] = json.loads(run.stdout)
    return found


@pytest.mark.needs("node")
def test_a_pattern_of_a_page_costs_what_its_text_does(patterns: list[dict[str, Any]]) -> None:
    """On texts made of its own parts, repeated; steps are counted, no clock is read."""
    slow = {}
    for each in patterns:
        where = each["where"].removeprefix("../editor/").removeprefix("../")
        pattern = each["pattern"] if each["pattern"] is not None else MADE[where.partition(":")[0]]
        flags = _flags(each["flags"])
        found = Found(where, _in_python(pattern), flags, frozenset({"search"}))
        growth, text = worst_growth(found)
        if growth > MOST and (where.partition(":")[0], pattern) not in BOUNDED:
            slow[where] = f"{pattern} takes {growth:.1f} times as long on {text!r}…"
    assert slow == {}
    assert len(patterns) > 90
