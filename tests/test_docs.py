"""What the documentation says is there, and what is there is in the documentation."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("editor/*.md"), *ROOT.glob("bench/*.md")]
)
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def everything() -> str:
    return "\n".join(page(name) for name in NAMES)


# -- settings ----------------------------------------------------------------------------------


def settings_read() -> dict[str, str]:
    """The names that env.py reads, each with its default as a person would write it."""
    found = {}
    for node in ast.walk(ast.parse((ROOT / "collab/settings/env.py").read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        defaults = [word.value for word in node.keywords if word.arg == "default"]
        if not (defaults and isinstance(node.args[0], ast.Constant)):
            continue
        try:
            value = eval(ast.unparse(defaults[0]), {"__builtins__": {}})  # noqa: S307  # our source
        except NameError:
            value = None  # made from where the project lies; said in words
        found[str(node.args[0].value)] = written(value)
    return found


def written(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case "" | []:
            return "empty"
        case float() if value.is_integer():
            return f"`{int(value)}`"
        case list():
            return f"`{','.join(map(str, value))}`"
        case _:
            return f"`{value}`"


def settings_documented() -> dict[str, str]:
    section = page("docs/settings.md").partition("## Environment")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", section, re.M)
    assert len(rows) == len(dict(rows)), "a setting stands there twice"
    return dict(rows)


def test_every_setting_is_documented_with_its_default() -> None:
    read, documented = settings_read(), settings_documented()
    assert len(read) > 20
    assert set(read) == set(documented)
    wrong = {name: (default, documented[name]) for name, default in read.items() if default}
    assert {k: v for k, v in wrong.items() if v[0] != v[1]} == {}


def test_only_one_file_reads_the_environment() -> None:
    """``asgi.py`` and ``manage.py`` set the settings module, as Django needs it."""
    readers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "collab").rglob("*.py")
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text("utf-8"))
    }
    assert readers == {"collab/settings/env.py", "collab/asgi.py"}
