"""The house is as ARCHITECTURE.md draws it."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP_LEVEL = {
    "manage.py",
    "collab",
    "editor",
    "static",
    "templates",
    "tests",
    "docs",
    "locale",
    "requirements.txt",
    "requirements-dev.txt",
    "pyproject.toml",
    "Makefile",
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE",
    ".ci/run",
    ".pre-commit-config.yaml",
}
MAX_LINES = 400
#: Longer ones, each with its reason and a bound of its own.
LONG = {
    "collab/room/room.py": (
        750,
        "every message and every effect of a room, on purpose in one place",
    ),
    "collab/realtime/registry.py": (
        510,
        "the process's one list of rooms and all that keeps it true",
    ),
    "collab/realtime/runner.py": (530, "the only place where effects happen"),
    "collab/documents/policy.py": (440, "who may do what: the one answer, on purpose in one place"),
}
#: Modules that tests reach by a route, a command or a real server, not by their name; and where.
REACHED = {
    "collab/web/bodies.py": "tests/system/test_bodies.py",
    "collab/accounts/admin.py": "tests/web/test_admin.py",
    "collab/accounts/sign_in_admin.py": "tests/web/test_admin.py",
    "collab/accounts/selectors.py": "tests/api/test_sharing.py",
    "collab/accounts/sessions.py": "tests/realtime/test_admission.py",
    "collab/accounts/services.py": "tests/api/test_people.py",
    "collab/accounts/demo.py": "tests/system/test_commands.py",
    "collab/api/authentication.py": "tests/api/test_tokens.py",
    "collab/api/comparison.py": "tests/api/test_diff.py",
    "collab/api/search.py": "tests/api/test_places.py",
    "collab/api/urls.py": "tests/api/test_documents.py",
    "collab/asgi.py": "tests/system/test_socket.py",
    "collab/formats/apart_worker.py": "tests/formats/test_apart.py",
    "collab/attachments/serving.py": "tests/api/test_attachments.py",
    "collab/audit/selectors.py": "tests/api/test_audit.py",
    "collab/audit/admin.py": "tests/audit/test_audit.py",
    "collab/documents/admin.py": "tests/web/test_admin.py",
    "collab/documents/drafts_admin.py": "tests/web/test_admin.py",
    "collab/formats/typst_worker.py": "tests/formats/test_programs.py",
    "collab/history/admin.py": "tests/web/test_admin.py",
    "collab/history/restore.py": "tests/api/test_restores.py",
    "collab/library/erasing.py": "tests/history/test_erasure.py",
    "collab/web/history.py": "tests/web/test_history_page.py",
    "collab/webhooks/admin.py": "tests/web/test_webhooks.py",
    "collab/web/counting.py": "tests/realtime/test_metrics.py",
    "collab/web/templatetags/people.py": "tests/web/test_home.py",
    "collab/web/templatetags/icons.py": "tests/web/test_pages.py",
    "collab/history/timeline.py": "tests/api/test_moments.py",
    "collab/operations/admin.py": "tests/operations/test_operations.py",
    "collab/operations/dashboard.py": "tests/operations/test_operations.py",
    "collab/realtime/admission.py": "tests/system/test_socket.py",
    "collab/realtime/census.py": "tests/operations/test_operations.py",
    "collab/realtime/config.py": "tests/system/test_socket.py",
    "collab/realtime/consumer.py": "tests/system/test_socket.py",
    "collab/realtime/health.py": "tests/system/conftest.py",
    "collab/realtime/registry.py": "tests/system/test_socket.py",
    "collab/realtime/routing.py": "tests/system/test_socket.py",
    "collab/realtime/runner.py": "tests/system/test_socket.py",
    "collab/realtime/urls.py": "tests/system/conftest.py",
    "collab/realtime/supervisor.py": "tests/system/test_cluster.py",
    "collab/settings/test.py": "pyproject.toml",
    "collab/streaming.py": "tests/api/test_attachments.py",
    "collab/urls.py": "tests/web/test_pages.py",
    "collab/web/account_adapter.py": "tests/web/test_accounts.py",
    "collab/web/account_forms.py": "tests/web/test_accounts.py",
    "collab/web/accounts.py": "tests/web/test_pages.py",
    "collab/web/attachments.py": "tests/api/test_attachments.py",
    "collab/web/documents.py": "tests/web/test_pages.py",
    "collab/web/guests.py": "tests/web/test_sharing.py",
    "collab/web/management/commands/setup_demo.py": "tests/system/test_commands.py",
    "collab/web/urls.py": "tests/web/test_pages.py",
}


def modules() -> Iterator[Path]:
    """Python files of the server that say something."""
    for path in sorted((ROOT / "collab").rglob("*.py")):
        if "migrations" not in path.parts and path.name not in ("__init__.py", "apps.py"):
            yield path


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_code_map_has_the_layers_as_they_are_checked() -> None:
    """Each line of the map is a line of import-linter's contract, in the same order."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    checked = [set(re.findall(r"collab\.(\w+)", layer)) for layer in layers]
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    code_map = page.partition("## Code map")[2].partition("\n\nBeside them")[0]
    drawn = [
        set(re.findall(r"`(\w+)`", row)) for row in re.findall(r"^\| (`.+?) \|", code_map, re.M)
    ]
    assert drawn == checked


def test_the_top_level_is_complete() -> None:
    assert {name for name in TOP_LEVEL if not (ROOT / name).exists()} == set()


def test_imports_go_downwards() -> None:
    """The contracts in pyproject.toml, as import-linter sees them."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_module_is_too_long() -> None:
    long = {}
    for path in modules():
        lines = len(path.read_text("utf-8").splitlines())
        bound, _ = LONG.get(name_of(path), (MAX_LINES, ""))
        if lines > bound:
            long[name_of(path)] = f"{lines} lines, at most {bound}: split it by noun"
    assert long == {}
    assert {name for name in LONG if not (ROOT / name).exists()} == set()


def imported(path: Path) -> set[str]:
    """The modules that a file imports, and those that it imports names of."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_every_module_is_tested() -> None:
    """A test imports or names it, or is its twin, or it is a part of such a module; or see REACHED.

    A twin stands in the folder of the same name: ``tests/api/test_members.py`` of
    ``collab/api/members.py``. A part is imported by a tested module of its own package. A command
    is called by its name.
    """
    tests = sorted((ROOT / "tests").rglob("*.py"))
    text = "\n".join(path.read_text("utf-8") for path in tests)
    named = set().union(*map(imported, tests))
    files = {name_of(p).removesuffix(".py").replace("/", "."): p for p in modules()}
    tested = {
        module
        for module, path in files.items()
        if module in named
        or module in text
        or (path.parent.name == "commands" and path.stem in text)
        or (ROOT / "tests" / module.split(".")[1] / f"test_{path.stem}.py").exists()
    }
    waiting = list(tested)
    while waiting:
        module = waiting.pop()
        parts = {
            p for p in imported(files[module]) & files.keys() if _package(p) == _package(module)
        }
        waiting += parts - tested
        tested |= parts
    missing = {name_of(files[module]) for module in files.keys() - tested}
    assert missing - REACHED.keys() == set(), "write a test, or state in REACHED which one it has"
    assert {
        name for pair in REACHED.items() for name in pair if not (ROOT / name).exists()
    } == set()


def _package(module: str) -> str:
    return module.split(".")[1]


# -- the browser's side ------------------------------------------------------------------------

#: Left may import what is named on the right, itself, and what is named for all.
FLOORS: dict[str, set[str]] = {
    "protocol": set(),
    "i18n": set(),
    "api": {"i18n"},
    "lazy": set(),
    "schema": {"i18n", "lazy"},
    "provider": {"protocol"},
    "ui": {"provider", "schema", "api", "i18n", "bootstrap", "styles"},
    "history": {"ui", "schema", "i18n", "styles"},
}
IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']*)["']""")


def test_the_editor_imports_in_one_direction() -> None:
    """main -> ui -> provider | schema | api -> protocol; tests beside the source may go further."""
    source = ROOT / "editor" / "src"
    wrong = []
    for path in sorted(source.rglob("*.ts")):
        floor = path.relative_to(source).parts[0]
        if path.name.endswith(".test.ts") or floor not in FLOORS:
            continue
        for target in IMPORT.findall(path.read_text("utf-8")):
            reached = (path.parent / target).resolve().relative_to(source).parts[0]
            if reached != floor and reached.removesuffix(".ts") not in FLOORS[floor]:
                wrong.append(f"{path.relative_to(source)} imports {target}")
    assert wrong == []


def test_only_the_editor_s_folder_holds_its_language() -> None:
    """No Python in ``editor/``, no TypeScript outside it."""
    editor = ROOT / "editor"
    python = [p for p in editor.rglob("*.py") if "node_modules" not in p.parts]
    outside = [
        path
        for folder in ("collab", "static", "templates")
        for path in (ROOT / folder).rglob("*.ts")
    ]
    assert python + outside == []


@pytest.mark.system
@pytest.mark.needs("node")
@pytest.mark.parametrize(
    ("floor", "target"),
    [
        ("protocol", "../provider/provider"),
        ("protocol", "yjs"),
        ("provider", "../ui/page"),
        ("provider", "@tiptap/core"),
        ("schema", "../ui/page"),
        ("i18n", "../provider/provider"),
        ("ui", "../protocol/codec"),
    ],
)
def test_the_linter_of_the_editor_refuses_the_other_direction(
    floor: str, target: str, tmp_path: Path
) -> None:
    """biome itself, on a file that does what must not be done."""
    biome = ROOT / "editor/node_modules/.bin/biome"
    if not biome.exists():
        subprocess.run(
            ["npm", "install", "--no-save", "--ignore-scripts"], cwd=ROOT / "editor", check=True
        )
    shutil.copy(ROOT / "editor/biome.json", tmp_path)
    config = json.loads((tmp_path / "biome.json").read_text("utf-8"))
    del config["$schema"]
    (tmp_path / "biome.json").write_text(json.dumps(config), "utf-8")
    file = tmp_path / "src" / floor / "wrong.ts"
    file.parent.mkdir(parents=True)
    file.write_text(f'import {{ x }} from "{target}";\n\nexport const y = x;\n', "utf-8")
    done = subprocess.run(
        [biome, "lint", "src"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "noRestrictedImports" in done.stdout + done.stderr
