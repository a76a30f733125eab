"""The command line of ``client/``, from the checkout, against a real server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.conftest import ROOT, Server, World

pytestmark = pytest.mark.system
EDITOR = """\
import pathlib, sys
file = pathlib.Path(sys.argv[1])
file.write_text(file.read_text().replace({old!r}, {new!r}))
"""


class Shell:
    """A person at a terminal."""

    def __init__(self, world: World, home: Path) -> None:
        self.world = world
        self.home = home
        self.url = f"http://127.0.0.1:{world.server.port}"

    def run(self, *arguments: str, given: str = "", **environment: str) -> tuple[int, str, str]:
        done = subprocess.run(
            # -S: nothing that is installed can help it.
            [sys.executable, "-S", str(ROOT / "client"), *arguments],
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            env={"PATH": os.environ["PATH"], "XDG_CONFIG_HOME": str(self.home), **environment},
        )
        return done.returncode, done.stdout, done.stderr

    def ok(self, *arguments: str, given: str = "", **environment: str) -> str:
        status, said, wrong = self.run(*arguments, given=given, **environment)
        assert (status, wrong) == (0, ""), wrong
        return said

    def editor(self, old: str, new: str, *, before: str = "") -> str:
        script = self.home / "editor.py"
        script.write_text(before + EDITOR.format(old=old, new=new))
        return f"{sys.executable} -S {script}"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    world = World(Server(tmp_path))
    world.server.start()
    shell = Shell(world, tmp_path)
    yield shell
    world.close()


def test_a_document_from_the_command_line(shell: Shell) -> None:
    """Sign in, make, list, read, edit with a merge, append, log, diff, export."""
    token = shell.world.tokens["ann"]
    status, _said, wrong = shell.run("list")
    assert (status, "Sign in first" in wrong) == (1, True)
    status, _said, wrong = shell.run("login", shell.url, given="wrong\n")
    assert (status, "token" in wrong) == (1, True)
    assert "as ann" in shell.ok("login", shell.url, given=f"{token}\n")
    kept = shell.home / "scriptorium" / "login.json"
    assert kept.stat().st_mode & 0o777 == 0o600

    plan = shell.home / "plan.md"
    plan.write_text("# Plan\n\nThe quick brown fox\n")
    document = shell.ok("new", "The plan", str(plan)).strip()
    listed = shell.ok("list", "plan")
    assert document in listed
    assert "owner" in listed
    assert shell.ok("cat", "The plan") == "# Plan\n\nThe quick brown fox\n"

    # Somebody writes while the editor is open: both are there in the end.
    meanwhile = f"""
import urllib.request
urllib.request.urlopen(urllib.request.Request(
    "{shell.url}/api/v1/documents/{document}/content", method="PATCH",
    data=b"# Plan\\n\\nThe very quick brown fox\\n",
    headers={{"Authorization": "Bearer {token}", "If-Match": "*", "Content-Type": "text/markdown"}},
))
"""
    editor = shell.editor("fox", "fox jumps", before=meanwhile)
    assert shell.ok("edit", document, EDITOR=editor) == "Merged as record 3.\n"
    assert shell.ok("cat", document) == "# Plan\n\nThe very quick brown fox jumps\n"
    nothing = shell.editor("no such words", "")
    assert shell.ok("edit", document, EDITOR=nothing) == "Nothing changed.\n"

    shell.ok("append", document, given="- done\n")
    assert shell.ok("cat", document).endswith("jumps\n\n- done\n")
    assert "jumps" in shell.ok("diff", document, "1")
    shell.ok("log", document)
    page = shell.home / "plan.html"
    shell.ok("export", document, "--format", "html", "-o", str(page))
    assert '<h1 id="plan">Plan</h1>' in page.read_text()

    # A file of a word processor, by its ending; a zip with a file that cannot be read.
    office = shell.home / "plan.docx"
    shell.ok("export", document, "--format", "docx", "-o", str(office))
    typed = shell.ok("new", "Typed", str(office)).strip()
    assert "quick brown fox jumps" in shell.ok("cat", typed)
    assert "Typed" in shell.ok("list", "Typed")
    packed = shell.home / "ümläut.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.md", "words")
        archive.writestr("b.exe", "MZ")
    status, said, wrong = shell.run("import", str(packed))
    assert (status, said.split()[1:], "b.exe: Files of this kind" in wrong) == (1, ["a.md"], True)
    status, _said, wrong = shell.run("new", "x", str(shell.home / "plan.zip"))
    assert (status, "No such file" in wrong) == (1, True)

    # A refused edit keeps what it was an edit of: sent later, it is merged.
    asked = f"""
import urllib.request
urllib.request.urlopen(urllib.request.Request(
    "{shell.url}/api/v1/documents/{document}", method="DELETE",
    headers={{"Authorization": "Bearer {token}"}},
))
"""
    editor = shell.editor("done", "done, later", before=asked)
    status, _said, wrong = shell.run("edit", document, EDITOR=editor, TMPDIR=str(shell.home))
    found = re.search(r"scriptorium resend (\S+) ", wrong)
    assert (status, bool(found)) == (1, True)
    assert found is not None
    back = asked.replace("DELETE", "POST").replace(document, f"{document}/restore")
    subprocess.run([sys.executable, "-S", "-c", back], check=True, timeout=60)
    assert shell.ok("resend", found[1]).startswith("Merged as record")
    assert shell.ok("cat", document).endswith("- done, later\n")
    assert not Path(found[1]).exists()

    # Who reads has had enough: no traceback.
    command = f"{sys.executable} -S {ROOT / 'client'} list | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "XDG_CONFIG_HOME": str(shell.home)},
    )
    assert (done.stdout, done.stderr) == ("141\n", "")


def test_a_draft_from_the_command_line(shell: Shell) -> None:
    """Fork, list, edit, review, update, merge and keep, merge and close; discard another."""
    known = {"SCRIPTORIUM_URL": shell.url, "SCRIPTORIUM_TOKEN": shell.world.tokens["ann"]}
    document = shell.ok("new", "Plan", **known).strip()
    shell.ok("append", document, given="The quick fox\n", **known)
    draft = shell.ok("fork", "Plan", "My draft", **known).strip()
    listed = shell.ok("drafts", document, **known)
    assert draft in listed
    assert "ann  My draft" in listed
    editor = shell.editor("quick", "quick brown")
    shell.ok("edit", draft, **known, EDITOR=editor)
    assert shell.ok("cat", document, **known) == "The quick fox\n"
    shell.ok("edit", document, **known, EDITOR=shell.editor("fox", "fox jumps"))
    review = shell.ok("review", "My draft", **known)
    assert re.search(r"# Conflict 1 \(\d+-\d+\): both sides wrote here", review)
    assert "The quick brown fox jumps" in review
    assert "is in the draft now" in shell.ok("update", draft, **known)
    assert "has all of the original already" in shell.ok("update", draft, **known)
    assert shell.ok("merge", draft, "--keep", **known) == "Merged as record 4.\n"
    assert shell.ok("cat", document, **known) == "The quick brown fox jumps\n"
    assert "merged as record 4" in shell.ok("drafts", document, **known)
    said = shell.ok("merge", draft, **known)
    assert said == "Nothing to merge. The draft is in the trash.\n"
    status, _said, wrong = shell.run("review", document, **known)
    assert (status, "The document is no draft." in wrong) == (1, True)

    # A block that one side removed while the other wrote in it is put back, or left out by name.
    other = shell.ok("fork", document, **known).strip()
    shell.ok("append", other, given="last\n", **known)
    shell.ok("edit", other, **known, EDITOR=shell.editor("The quick brown fox jumps\n\n", ""))
    shell.ok("edit", document, **known, EDITOR=shell.editor("fox", "red fox"))
    review = shell.ok("review", other, **known)
    (name,) = re.findall(r"\((\d+-\d+)\): the draft removed this block", review)
    assert "  The quick brown red fox jumps" in review.partition("# Changes")[2]
    shell.ok("merge", other, "--leave-out", name, **known)
    assert shell.ok("cat", document, **known) == "last\n"
    other = shell.ok("fork", document, **known).strip()
    assert shell.ok("discard", other, **known) == "The draft is in the trash.\n"
    assert shell.ok("drafts", document, **known) == ""


def test_what_goes_wrong_is_said_and_no_text_is_lost(shell: Shell) -> None:
    """An edit that the server refuses stays in a file that is named; unknown titles are told."""
    known = {"SCRIPTORIUM_URL": shell.url, "SCRIPTORIUM_TOKEN": shell.world.tokens["ann"]}
    document = shell.ok("new", "Page", **known).strip()
    status, _said, wrong = shell.run("cat", "No such", **known)
    assert (status, "No document has the title" in wrong) == (1, True)
    shell.ok("append", document, given="words\n", **known)
    editor = shell.editor("words", "words<script>x</script>")
    status, _said, wrong = shell.run("edit", document, "--format", "html", **known, EDITOR=editor)
    assert status == 1
    assert "something that runs" in wrong
    kept = Path(wrong.rpartition(" in ")[2].partition(";")[0])
    assert f"scriptorium resend {kept}" in wrong
    assert "<script>" in kept.read_text()
    kept.unlink()
    request = urllib.request.Request(
        f"{shell.url}/api/v1/documents/{document}/content?format=text",
        headers={"Authorization": f"Bearer {shell.world.tokens['ann']}"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.read().decode() == "words\n"
