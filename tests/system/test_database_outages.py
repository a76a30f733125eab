"""The database is away for a while: no word is lost, and saving goes on when it is back.

``OUTAGE_S`` says for how long: 2 s unless told, 300 s were run by hand (docs/reliability.md).
"""

from __future__ import annotations

import asyncio
import os
import resource
import secrets
import signal
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.parts import DATABASE_URL
from tests.system.client import Peer
from tests.system.conftest import Server, World, postgresql_database
from tests.system.relay import Relay

pytestmark = [pytest.mark.system]
OUTAGE_S = float(os.environ.get("OUTAGE_S", "2"))

Outage = Callable[[], AbstractContextManager[object]]


class Kind:
    """A server, and a way to take its database away."""

    def __init__(self, world: World, outage: Outage) -> None:
        self.world = world
        self.outage = outage


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Another program writes, and does not commit."""
    connection = sqlite3.connect(data / "scriptorium.sqlite3", isolation_level=None, timeout=30)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()


@contextmanager
def full(world: World) -> Iterator[None]:
    """No file may grow: what a full disk says, but to this process alone."""
    _, hard = resource.prlimit(world.server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(world.server.pid, resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.prlimit(world.server.pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def unwritable(world: World) -> Iterator[None]:
    """The files and their folder may be read only, as on a file system that was mounted anew.

    Files that are open stay writable, so that the disk is full at first: the server closes its
    connections, and opens them to read.
    """
    data = world.server.data
    paths = [data, *data.glob("scriptorium.sqlite3*")]
    modes = [path.stat().st_mode for path in paths]
    _, hard = resource.prlimit(world.server.pid, resource.RLIMIT_FSIZE)

    def has_room() -> None:
        resource.prlimit(world.server.pid, resource.RLIMIT_FSIZE, (hard, hard))

    resource.prlimit(world.server.pid, resource.RLIMIT_FSIZE, (4096, hard))
    for path, mode in zip(paths, modes, strict=True):
        path.chmod(mode & ~0o222)
    later = threading.Timer(OUTAGE_S / 2, has_room)
    later.start()
    try:
        yield
    finally:
        later.join()
        for path, mode in zip(paths, modes, strict=True):
            if path.exists():
                path.chmod(mode)
    assert "attempt to write a readonly database" in world.server.log.read_text("utf-8")


@contextmanager
def refused(relay: Relay) -> Iterator[None]:
    relay.refuse()
    try:
        yield
    finally:
        relay.allow()


@contextmanager
def silent(relay: Relay) -> Iterator[None]:
    relay.hang()
    try:
        yield
    finally:
        relay.flow()


@contextmanager
def read_only(url: str) -> Iterator[None]:
    """As a server that has become a standby."""
    name = url.rpartition("/")[2]
    with psycopg.connect(DATABASE_URL, autocommit=True) as admin:
        for state in ("on", "off"):
            admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {state}')
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            if state == "on":
                yield


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Kind]]:
    data = tmp_path_factory.mktemp("outages")
    server = Server(data)
    if os.geteuid() == 0:  # who would write whatever the files say
        server.starter = ("setpriv", "--bounding-set=-dac_override", "--")
    world = World(server)
    world.server.start()
    yield {
        "sqlite-locked": Kind(world, lambda: locked(data)),
        "sqlite-full": Kind(world, lambda: full(world)),
        "sqlite-unwritable": Kind(world, lambda: unwritable(world)),
    }
    world.close()


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Kind]]:
    with postgresql_database() as url:
        parts = urlsplit(url)
        relay = Relay((parts.hostname or "127.0.0.1", parts.port or 5432))
        who = parts.netloc.rpartition("@")[0]
        through = parts._replace(netloc=f"{who}@127.0.0.1:{relay.port}".lstrip("@"))
        world = World(Server(tmp_path_factory.mktemp("outages"), DATABASE_URL=through.geturl()))
        world.server.start()
        yield {
            "postgresql-refused": Kind(world, lambda: refused(relay)),
            "postgresql-silent": Kind(world, lambda: silent(relay)),
            "postgresql-read_only": Kind(world, lambda: read_only(url)),
        }
        world.close()
        relay.close()


SQLITE = ["sqlite-locked", "sqlite-full", "sqlite-unwritable"]
POSTGRESQL = [
    pytest.param(f"postgresql-{how}", marks=pytest.mark.needs("postgresql"))
    for how in ("refused", "silent", "read_only")
]


@pytest.fixture(params=[*SQLITE, *POSTGRESQL])
def kind(request: pytest.FixtureRequest) -> Kind:
    where = request.param.partition("-")[0]
    return request.getfixturevalue(f"on_{where}")[request.param]  # type: ignore[no-any-return]


def address(world: World, document: str | None = None) -> str:
    return f"ws://127.0.0.1:{world.server.port}/ws/documents/{document or world.document}"


def readiness(world: World) -> int:
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{world.server.port}/readyz", timeout=10
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


async def back(world: World) -> None:
    async with asyncio.timeout(60):
        while await asyncio.to_thread(readiness, world) != 200:  # noqa: ASYNC110  # over HTTP
            await asyncio.sleep(0.1)


async def test_no_outage_loses_a_word_or_ends_saving(kind: Kind) -> None:
    """Also the words of somebody who left before the database was back."""
    world = kind.world
    mark = secrets.token_hex(3)
    words = [f"<{mark}{number}>" for number in range(int(40 * OUTAGE_S))]
    async with Peer(address(world), world.tokens["ann"]) as ann:
        ann.patience_s = 60
        await ann.synced()
        await ann.write(f"[{mark} before]")
        bob = Peer(address(world), world.tokens["bob"])
        async with bob:
            await bob.synced()
            await bob.write(f"[{mark} bob]")
            with kind.outage():
                await bob.type(f"[{mark} leaves]")
                await asyncio.sleep(0.2)
                await bob.socket.close()
                for word in words:
                    await ann.type(word)
                    await asyncio.sleep(0.025)
                assert ann.saved < ann.sent
                if OUTAGE_S > 12:
                    assert await asyncio.to_thread(readiness, world) in (0, 503)
        await ann.until(lambda: ann.saved >= ann.sent)
        assert not ann.is_closed
        await back(world)
        await ann.write(f"[{mark} after]")
        async with Peer(address(world), world.tokens["eve"]) as eve:
            await eve.synced()
            text = str(eve.text)
    expected = [f"[{mark} {each}]" for each in ("before", "bob", "leaves", "after")] + words
    assert [word for word in expected if text.count(word) != 1] == []
    # And from the log alone.
    await asyncio.to_thread(world.server.kill)
    await asyncio.to_thread(world.server.start)
    async with Peer(address(world), world.tokens["ann"]) as ann:
        ann.patience_s = 60
        await ann.synced()
        assert str(ann.text) == text


@pytest.mark.parametrize("kind", [SQLITE[0], POSTGRESQL[1]], indirect=True)
async def test_sigterm_ends_a_process_whose_database_is_away(kind: Kind) -> None:
    """Also where a thread waits for the database for ever; browsers keep what is not saved."""
    world = kind.world
    mark = secrets.token_hex(3)
    async with Peer(address(world), world.tokens["ann"]) as ann:
        await ann.synced()
        await ann.write(f"[{mark} before]")
        with kind.outage():
            await ann.type(f"[{mark} not saved]")
            await asyncio.sleep(0.3)
            began = time.monotonic()
            world.server.send_signal(signal.SIGTERM)
            await asyncio.to_thread(world.server.wait)
            assert time.monotonic() - began < 30
        assert (await ann.closed())[0] in (1012, 1006)
        await asyncio.to_thread(world.server.start)
        again = Peer(address(world), world.tokens["ann"])
        again.use(ann.doc)
        async with again:
            await again.synced()
            await again.until(lambda: again.saved >= again.sent > 0)
            await again.write(f"[{mark} after]")
    assert str(again.text).endswith(f"[{mark} before][{mark} not saved][{mark} after]")
