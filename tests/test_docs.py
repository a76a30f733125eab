"""What the documentation says is there, and what is there is in the documentation."""

from __future__ import annotations

import ast
import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import get_commands

from collab.protocol import messages
from collab.protocol.close_codes import CloseCode

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


# -- the wire ----------------------------------------------------------------------------------


def test_every_message_type_has_its_formula() -> None:
    """Each class of ``messages.py``, by its name in the formulas."""
    section = page("docs/protocol.md").partition("## Messages")[2].partition("\n## ")[0]
    formulas = set(re.findall(r"^    (\w+)(?:\(.*?\))?\s+:= ", section, re.M))
    names = {kind.__name__ for kind in messages.Message.__args__}
    assert {name[0].lower() + name[1:] for name in names} == formulas


def test_every_close_code_is_documented() -> None:
    section = page("docs/protocol.md").partition("## Close codes")[2].partition("\n## ")[0]
    documented = re.findall(r"^\| (\d+) \| `(\w+)` \|", section, re.M)
    assert documented == [(str(int(code)), code.name) for code in CloseCode]


def test_the_browser_knows_every_final_close_code() -> None:
    twin = (ROOT / "editor/src/protocol/close.ts").read_text("utf-8")
    known = set(re.findall(r"^  \[(\d+), ", twin, re.M))
    final = {str(int(code)) for code in CloseCode if 4400 <= code <= 4499}
    assert final <= known


# -- commands ----------------------------------------------------------------------------------


def test_every_command_is_documented() -> None:
    ours = {name for name, app in get_commands().items() if app.startswith("collab.")}
    assert "serve" in ours
    text = everything()
    assert {name for name in ours if f"manage.py {name}" not in text} == set()


def test_every_make_target_is_described() -> None:
    makefile = page("Makefile")
    (phony,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.M)
    described = set(re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.M))
    assert set(phony.split()) == described


# -- links and examples ------------------------------------------------------------------------


def links(name: str) -> Iterator[tuple[Path, str]]:
    text = re.sub(r"^(```|    ).*?$", "", page(name), flags=re.M)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            file, _, anchor = unquote(target).partition("#")
            yield ((ROOT / name).parent / file if file else ROOT / name), anchor


def anchors(path: Path) -> set[str]:
    found = set()
    for heading in re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.M):
        words = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(words.replace(" ", "-"))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_leads_somewhere(name: str) -> None:
    broken = [
        f"{path}#{anchor}"
        for path, anchor in links(name)
        if not path.exists() or (anchor and anchor not in anchors(path))
    ]
    assert broken == []


@pytest.mark.parametrize("name", [name for name in NAMES if "```pycon" in page(name)])
def test_the_examples_do_what_they_show(name: str) -> None:
    parser = doctest.DocTestParser()
    source = re.sub(r"^```.*$", "", page(name), flags=re.M)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    said: list[str] = []
    runner.run(parser.get_doctest(source, {}, name, name, 0), out=said.append)
    assert runner.tries
    assert not runner.failures, "".join(said)


# -- decisions ---------------------------------------------------------------------------------


def test_decision_records_are_complete() -> None:
    """One page each, with the same parts; the code cites none that is not there."""
    records = {path.name[:4]: path for path in (DOCS / "adr").glob("[0-9]*.md")}
    assert len(records) == len(list((DOCS / "adr").glob("[0-9]*.md"))), "a number stands twice"
    for path in records.values():
        text = path.read_text("utf-8")
        for part in ("Status", "Context", "Decision|Choice", "Alternatives", "Consequences"):
            assert re.search(rf"^(## |\*\*)?({part})\b", text, re.M), (path.name, part)
    sources = [*(ROOT / "collab").rglob("*.py"), *(ROOT / "editor/src").rglob("*.ts")]
    cited = {n for path in sources for n in re.findall(r"adr/(\d{4})", path.read_text("utf-8"))}
    assert cited <= set(records)
