"""The commands as a person runs them: what they print, what they refuse, how they end."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.client import Peer
from tests.system.conftest import MAKE, ROOT, Server, World, eventually, prepared

pytestmark = pytest.mark.system

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "collab.settings.prod",
    "SECRET_KEY": "only-for-this-test-" + "x" * 32,
    "ALLOWED_HOSTS": "docs.example.org",
    "BEHIND_TLS_PROXY": "true",
}


DEVELOPMENT = {"DJANGO_SETTINGS_MODULE": "collab.settings.dev"}
#: An address that no machine has: what is not refused before ends by this.
NOWHERE = ("serve", "--host", "192.0.2.1", "--port", "8000")


def manage(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(data), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[World]:
    """What ``make run`` serves."""
    server = Server(tmp_path)
    world = World(server)
    server.manage("setup_demo", "-v0")
    server.start()
    yield world
    world.close()


def test_serve_tells_the_address_and_the_demo_login(demo: World) -> None:
    """At the end of its start, on lines of their own."""
    said = eventually(lambda: "password" in (text := demo.server.log.read_text("utf-8")) and text)
    assert f"http://localhost:{demo.server.port}" in said
    assert "Sign in as demo or demo2, password demo" in said


def test_the_demo_accounts_can_sign_in_and_share_a_document(demo: World) -> None:
    answers = {}
    for name in ("demo", "demo2"):
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        base = f"http://127.0.0.1:{demo.server.port}"
        page = opener.open(f"{base}/sign-in/", timeout=10).read().decode()
        (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[:1]
        body = f"username={name}&password=demo&csrfmiddlewaretoken={token}".encode()
        request = urllib.request.Request(f"{base}/sign-in/", body, {"Referer": base})
        answers[name] = opener.open(request, timeout=10).read().decode()
    assert all("Welcome to Scriptorium" in page for page in answers.values())


def test_setting_up_the_demo_again_changes_nothing(tmp_path: Path) -> None:
    """A document that was renamed, and a password that was changed, stay as they are."""
    count = (
        "from collab.documents.models import Document; from collab.accounts.models import User;"
        "print(*Document.objects.values_list('title', 'trashed_at'),"
        "*User.objects.values_list('username', 'password'))"
    )
    assert manage(tmp_path, "migrate", "-v0").returncode == 0
    assert manage(tmp_path, "setup_demo").stdout == "Demo accounts demo and demo2, password demo.\n"
    rename = "from collab.documents.models import Document; Document.objects.update(title='Mine')"
    manage(tmp_path, "shell", "-v0", "-c", rename)
    before = manage(tmp_path, "shell", "-v0", "-c", count).stdout
    assert "Mine" in before
    assert manage(tmp_path, "setup_demo", "-v0").returncode == 0
    assert manage(tmp_path, "shell", "-v0", "-c", count).stdout == before


def test_production_has_no_demo_accounts(tmp_path: Path) -> None:
    assert manage(tmp_path, "migrate", "-v0", **PRODUCTION).returncode == 0
    refused = manage(tmp_path, "setup_demo", **PRODUCTION)
    assert refused.returncode != 0
    assert "do not allow demo accounts" in refused.stderr


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"SECRET_KEY": ""}, "Set SECRET_KEY to a random string of at least 32 characters."),
        ({"SECRET_KEY": "short"}, "Set SECRET_KEY to a random string of at least 32 characters."),
        ({"ALLOWED_HOSTS": ""}, "Set ALLOWED_HOSTS to the host names"),
        ({"ALLOWED_HOSTS": "*"}, "Set ALLOWED_HOSTS to the host names"),
        ({"ALLOWED_HOSTS": ".org"}, "Set ALLOWED_HOSTS to the host names"),
        ({"SECRET_KEY": "a" * 64}, "Set SECRET_KEY to a random string"),
        ({"BEHIND_TLS_PROXY": "false"}, "set BEHIND_TLS_PROXY=true"),
        ({"BASE_URL": "http://docs.example.org"}, "Set BASE_URL to the address that people type"),
        ({"TRUSTED_ORIGINS": "https://*.org"}, "TRUSTED_ORIGINS: write 'https://*.org'"),
        # What docs/operations.md says, but for the one line.
        ({"DJANGO_SETTINGS_MODULE": "collab.settings.dev"}, "collab.settings.prod"),
        ({"DEBUG": "true"}, "DEBUG must not be on"),
        ({"MAX_PEERS": "many"}, "MAX_PEERS"),
    ],
)
def test_production_says_what_is_missing(
    tmp_path: Path, wrong: dict[str, str], sentence: str
) -> None:
    """At start, in a sentence, before anything is served."""
    done = manage(tmp_path, *NOWHERE, **{**PRODUCTION, **wrong})
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_production_refuses_the_demo_accounts_of_a_try(tmp_path: Path) -> None:
    """A database that was tried with ``make run``, until they have another password."""
    assert manage(tmp_path, "migrate", "-v0", **DEVELOPMENT).returncode == 0
    assert manage(tmp_path, "setup_demo", "-v0", **DEVELOPMENT).returncode == 0
    done = manage(tmp_path, *NOWHERE, **PRODUCTION)
    assert done.returncode != 0
    assert "Everybody knows the password of demo and demo2" in done.stderr
    for name in ("demo", "demo2"):
        assert manage(tmp_path, "suspend", name, **PRODUCTION).stdout == f"{name} is suspended.\n"
    assert "cannot listen on 192.0.2.1" in manage(tmp_path, *NOWHERE, **PRODUCTION).stderr


def test_development_serves_this_machine_only(tmp_path: Path) -> None:
    """Refused in a sentence, before it listens; a setting of its own says otherwise."""
    done = manage(tmp_path, *NOWHERE, **DEVELOPMENT)
    assert done.returncode != 0
    assert "The development settings serve this machine only, not 192.0.2.1" in done.stderr
    assert "DEVELOPMENT_ON_NETWORK=true" in done.stderr
    prepared(Server(tmp_path), MAKE)
    done = manage(tmp_path, *NOWHERE, **DEVELOPMENT, DEVELOPMENT_ON_NETWORK="true")
    assert "cannot listen on 192.0.2.1:8000" in done.stderr


def test_nobody_else_reads_the_files(tmp_path: Path) -> None:
    """Database and its log, secret key, uploads: 600 and 700, also those of an earlier version."""
    data = tmp_path / "data"
    old = data / "attachments"
    old.mkdir(parents=True)
    (data / "scriptorium.sqlite3").touch()
    for path, mode in ((old, 0o755), (data / "scriptorium.sqlite3", 0o644)):
        path.chmod(mode)
    assert manage(data, "migrate", "-v0", **DEVELOPMENT).returncode == 0
    save = (
        "from django.core.files.base import ContentFile;"
        "from django.core.files.storage import storages;"
        "[storages[name].save('a/b.txt', ContentFile(b'x')) for name in ('default', 'attachments')]"
    )
    assert manage(data, "shell", "-v0", "-c", save, **DEVELOPMENT).returncode == 0
    made = [path for path in data.rglob("*") if path.is_file() or path.is_dir()]
    assert {"scriptorium.sqlite3", "secret_key", "b.txt"} <= {path.name for path in made}
    loose = [path for path in made if path.stat().st_mode & 0o077]
    assert loose == []


def test_serve_says_that_the_port_is_taken(demo: World) -> None:
    done = manage(demo.server.data, "serve", "--port", str(demo.server.port))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{demo.server.port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_says_what_is_wrong_with_the_database(tmp_path: Path) -> None:
    """Never migrated, not migrated since an update, made by a newer version, or not there."""
    serve = ("serve", "--port", "1")

    def said(data: Path, **environment: str) -> str:
        done = manage(data, *serve, **DEVELOPMENT, **environment)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        return done.stderr

    assert "not up to date" in said(tmp_path / "new")
    data = tmp_path / "old"
    prepared(Server(data), MAKE)
    with sqlite3.connect(data / "scriptorium.sqlite3") as database:
        (last,) = database.execute(
            "SELECT name FROM django_migrations WHERE app = 'documents' ORDER BY name DESC"
        ).fetchone()
        database.execute(
            "UPDATE django_migrations SET name = '9999_later' WHERE app = 'documents' AND name = ?",
            [last],
        )
    assert "(documents.9999_later is not known here)" in said(data)
    with sqlite3.connect(data / "scriptorium.sqlite3") as database:
        database.execute("DELETE FROM django_migrations WHERE name = '9999_later'")
    said_then = said(data)
    assert f"(documents.{last} is missing): run manage.py migrate first" in said_then
    away = said(tmp_path, DATABASE_URL="postgres://nobody@127.0.0.1:1/x")
    assert "The database does not answer" in away


def test_every_command_says_that_the_database_is_not_migrated(tmp_path: Path) -> None:
    for command in ("rebuild_search", "setup_demo"):
        done = manage(tmp_path, command, **DEVELOPMENT)
        assert done.returncode == 1
        assert done.stderr.startswith("error: The database is not up to date"), done.stderr


async def test_a_worker_that_ends_is_started_again(demo: World) -> None:
    """kill -9: the same address answers again at once, and what was acknowledged is there.

    The supervisor is the process that was started, and small.
    """
    server = demo.server
    server.is_replaced = True
    url = f"ws://127.0.0.1:{server.port}/ws/documents/{demo.document}"
    supervisor, before = server.supervisor, server.pid
    assert supervisor.pid != before
    assert supervisor.memory_info().rss < 25e6
    async with Peer(url, demo.tokens["ann"]) as ann:
        await ann.synced()
        await ann.write("acknowledged; ")
        os.kill(before, signal.SIGKILL)
        await ann.closed()
    await asyncio.to_thread(eventually, server._answers)
    async with Peer(url, demo.tokens["bob"]) as bob:
        assert str((await bob.synced()).text) == "acknowledged; "
    assert server.workers
    assert before not in server.workers
    assert server.supervisor.pid == supervisor.pid


async def test_sigterm_drains(demo: World) -> None:
    """Sockets are told to come back, with a delay; what was written is kept; the end is clean."""
    url = f"ws://127.0.0.1:{demo.server.port}/ws/documents/{demo.document}"
    async with Peer(url, demo.tokens["ann"]) as ann:
        await ann.synced()
        await ann.write("before the end; ")
        demo.server.send_signal(signal.SIGTERM)
        code, reason = await ann.closed()
        assert (code, reason.partition("=")[0]) == (1012, "restarting; retry_ms")
    assert demo.server.wait() == 0
    assert "Traceback" not in demo.server.log.read_text("utf-8")
    demo.server.start()
    async with Peer(url, demo.tokens["bob"]) as bob:
        assert str((await bob.synced()).text) == "before the end; "


class RunServer(Server):
    """Daphne's ``runserver``, which the design card names for development."""

    @property
    def arguments(self) -> tuple[str, ...]:
        return ("runserver", "--noreload", str(self.port))


def _status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return int(answer.status)


async def test_daphne_s_runserver_serves_sockets_and_static_files(tmp_path: Path) -> None:
    world = World(RunServer(tmp_path))
    world.server.start()
    try:
        base = f"127.0.0.1:{world.server.port}"
        assert await asyncio.to_thread(_status, f"http://{base}/static/css/base.css") == 200
        url = f"ws://{base}/ws/documents/{world.document}"
        async with Peer(url, world.tokens["ann"]) as ann, Peer(url, world.tokens["bob"]) as bob:
            await ann.synced()
            await bob.synced()
            await ann.write("by daphne")
            await bob.until(lambda: str(bob.text) == "by daphne")
    finally:
        world.close()
