"""Real server processes, real databases, and Yjs clients from npm."""

from __future__ import annotations

import atexit
import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.conftest import require
from tests.parts import DATABASE_URL

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: More of them would share ports again.
MAX_WORKERS = 8
_given: set[int] = set()


def free_port() -> int:
    """Return a port that nobody listens on, and that no outgoing connection is given.

    A port of the system's choice would be one of the range that clients are given theirs from. A
    server that is killed and started again on it may then find it taken, by a client that tried to
    connect meanwhile: even by itself, since a socket can be joined to its own address. Workers of
    pytest-xdist take ports in turns, so that none is found free by two of them at once; none is
    given twice, since who was given it may not listen yet.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % MAX_WORKERS
    for port in random.sample(range(20_000 + worker, 32_000, MAX_WORKERS), 100):
        if port in _given:
            continue
        with socket.socket() as sock, suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", port))
            _given.add(port)
            return port
    raise RuntimeError("100 ports were taken")


def eventually(what: Callable[[], Any], *, within_s: float = 60.0) -> Any:
    """Return the first truthy answer of ``what``; fail when it gives none in time."""
    deadline = time.monotonic() + within_s
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {value!r}")
        time.sleep(0.05)


class Server:
    """A supervisor and its worker, on data of their own, which outlive the processes.

    A worker that ends by itself would be replaced at once, and no test would see it: at its end
    each test asks whether the worker is the one that was started.
    """

    #: What ``manage.py`` is told, beside the port.
    command: tuple[str, ...] = ("serve",)
    #: Whether the test ends workers.
    is_replaced = False
    #: A program that starts Python, with its arguments.
    starter: tuple[str, ...] = ()

    def __init__(self, data: Path, **environment: str) -> None:
        self.port = free_port()
        self.data = data
        self.log = data / f"server-{self.port}.log"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "collab.settings.dev",
            "DATA_DIR": str(data),
            "ROOM_SWEEP_S": "0.5",
            "DRAIN_SPREAD_S": "0.2",
            "PYTHONWARNINGS": "ignore",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._worker = 0

    @property
    def arguments(self) -> tuple[str, ...]:
        return (*self.command, "--port", str(self.port))

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.starter, sys.executable, "manage.py", *self.arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        eventually(self._answers)
        self._worker = min(self.workers, default=self._process.pid)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text("utf-8")[-4000:]
        address = f"http://127.0.0.1:{self.port}/readyz"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @property
    def supervisor(self) -> psutil.Process:
        assert self._process is not None
        return psutil.Process(self._process.pid)

    @property
    def workers(self) -> set[int]:
        """The processes that serve; of a program without a supervisor none."""
        return {child.pid for child in self.supervisor.children()}

    @property
    def pid(self) -> int:
        """The process that was started to serve."""
        assert self._worker
        return self._worker

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def send_signal(self, which: signal.Signals) -> None:
        """Freeze or thaw the worker; all else is for the supervisor."""
        if which in (signal.SIGSTOP, signal.SIGCONT):
            os.kill(self.pid, which)
        else:
            self.supervisor.send_signal(which)

    def wait(self) -> int:
        """Wait for an end that was asked for; return the exit code."""
        process, self._process = self._process, None
        assert process is not None
        return process.wait(30)

    def end(self, how: signal.Signals) -> None:
        """End it; by SIGKILL both processes, at once."""
        process, self._process = self._process, None
        if process is None:
            return
        family = [] if process.poll() is not None else psutil.Process(process.pid).children()
        process.send_signal(how)
        if how is signal.SIGKILL:
            # The supervisor first: it would start another.
            process.wait(30)
            for each in family:
                each.kill()
        process.wait(30)
        eventually(lambda: not any(_lives(each) for each in family), within_s=30)
        serving = {each.pid for each in family} or {process.pid}
        assert self.is_replaced or self._worker in serving, self.log.read_text("utf-8")[-4000:]

    def stop(self) -> None:
        self.end(signal.SIGTERM)

    def kill(self) -> None:
        self.end(signal.SIGKILL)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class YjsPeer:
    """A stock y-websocket client in a process of its own; another ``script`` holds many."""

    def __init__(self, script: str = "peer.mjs") -> None:
        self._process = subprocess.Popen(
            ["node", script], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, command: str, **rest: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"command": command, **rest}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer
        return answer

    def connect(self, server: Server, room: str, token: str | None) -> YjsPeer:
        self("connect", url=f"ws://127.0.0.1:{server.port}/ws/documents", room=room, token=token)
        return self

    @property
    def text(self) -> str:
        return str(self("text")["value"])

    @property
    def synced(self) -> bool:
        return bool(self("status")["synced"])

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


class World:
    """One server with a document of ann's, on which bob is an editor and eve a viewer."""

    def __init__(self, server: Server, more: str = "") -> None:
        self.server = server
        made = prepared(server, MAKE + more)
        self.document, *tokens = made.split()[-4:]
        self.tokens = dict(zip(("ann", "bob", "eve"), tokens, strict=True))
        self._peers: list[YjsPeer] = []

    def peer(self, name: str | None, room: str | None = None) -> YjsPeer:
        peer = YjsPeer()
        self._peers.append(peer)
        token = None if name is None else self.tokens.get(name, name)
        return peer.connect(self.server, room or self.document, token)

    def synced(self, name: str) -> YjsPeer:
        peer = self.peer(name)
        eventually(lambda: peer.synced)
        return peer

    def close(self) -> None:
        for peer in self._peers:
            peer.close()
        self.server.kill()


#: Data on SQLite that a script has made, and what it said: each test gets a copy.
_TEMPLATES: dict[str, tuple[Path, str]] = {}


def prepared(server: Server, script: str) -> str:
    """Bring the server's database up to date and run ``script`` on it; return what it says.

    To migrate takes seconds of every test. On SQLite it is done once, and the file is copied.
    """
    if "DATABASE_URL" in server.environment:
        server.manage("migrate", "-v0")
        return server.manage("shell", "-v0", "-c", script)
    if script not in _TEMPLATES:
        data = Path(tempfile.mkdtemp(prefix="scriptorium-"))
        atexit.register(shutil.rmtree, data, ignore_errors=True)
        first = Server(data)
        first.manage("migrate", "-v0")
        _TEMPLATES[script] = data, first.manage("shell", "-v0", "-c", script)
    template, said = _TEMPLATES[script]
    shutil.copytree(template, server.data, dirs_exist_ok=True)
    return said


MAKE = """
from collab.accounts.models import User
from collab.accounts.tokens import token_create
from collab.documents.models import Role
from collab.documents.services import document_create, member_set
ann, bob, eve = (User.objects.create(username=name) for name in ("ann", "bob", "eve"))
document = document_create(owner=ann, title="Shared")
member_set(document=document, user=bob, role=Role.EDITOR)
member_set(document=document, user=eve, role=Role.VIEWER)
print(document.pk, *(token_create(user) for user in (ann, bob, eve)))
"""


@pytest.fixture(scope="session")
def node_modules() -> None:
    """The Yjs packages, installed once."""
    require("node")
    install_node_modules()


def install_node_modules() -> None:
    wanted = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]
    if any(not (HERE / "node_modules" / name).exists() for name in wanted):
        subprocess.run(["npm", "install", "--no-save", "--ignore-scripts"], cwd=HERE, check=True)


@pytest.fixture
def world(tmp_path: Path, node_modules: None) -> Iterator[World]:
    """A running server on SQLite, with people and a document."""
    world = World(Server(tmp_path))
    world.server.start()
    yield world
    world.close()


@contextmanager
def postgresql_database() -> Iterator[str]:
    """A database of its own on the PostgreSQL server of TEST_DATABASE_URL, gone afterwards."""
    name = f"scriptorium_{secrets.token_hex(6)}"
    with psycopg.connect(DATABASE_URL, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{DATABASE_URL.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(DATABASE_URL, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """A database for one test."""
    require("postgresql")
    with postgresql_database() as url:
        yield url
