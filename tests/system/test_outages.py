"""Two processes on PostgreSQL and Redis, while the layer, the database or a process fails.

Nobody connects anew by hand, nothing that was acknowledged is lost, and all become equal.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.parts import DATABASE_URL
from tests.system.client import PATIENCE_S, Peer
from tests.system.conftest import Server, World, eventually, free_port, postgresql_database

pytestmark = [pytest.mark.system, pytest.mark.needs("postgresql", "redis")]


class Redis:
    """A Redis of our own, that may be killed."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program
        self._process = subprocess.Popen(
            [program, "--port", str(self.port), "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        cli = [str(shutil.which("redis-cli")), "-p", str(self.port), "ping"]
        eventually(lambda: subprocess.run(cli, capture_output=True).stdout == b"PONG\n")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Cluster:
    """Two servers on one database and one layer."""

    def __init__(self, data: Path, database_url: str, redis: Redis) -> None:
        self.redis = redis
        self.database = database_url.rpartition("/")[2]
        environment = {
            "DATABASE_URL": database_url,
            "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
            "ROOM_SWEEP_S": "0.5",
            "DRAIN_SPREAD_S": "0.5",
        }
        self.one, self.two = (Server(data, **environment) for _ in range(2))
        self.world = World(self.one)
        for server in (self.one, self.two):
            server.start()

    def url(self, server: Server, document: str | None = None) -> str:
        return f"ws://127.0.0.1:{server.port}/ws/documents/{document or self.world.document}"

    def peer(self, server: Server, name: str) -> Peer:
        return Peer(self.url(server), self.world.tokens[name])

    @asynccontextmanager
    async def ann_and_bob(self) -> AsyncIterator[tuple[Peer, Peer]]:
        """Ann on one process, Bob on the other."""
        async with self.peer(self.one, "ann") as ann, self.peer(self.two, "bob") as bob:
            await asyncio.gather(ann.synced(), bob.synced())
            yield ann, bob

    def stored(self) -> str:
        """What a fresh process would show: the text that the records make."""
        made = self.one.manage("shell", "-v0", "-c", TEXT)
        return made.splitlines()[-1]

    def close(self) -> None:
        for server in (self.one, self.two):
            if server.is_running:
                server.send_signal(signal.SIGCONT)
        self.world.close()
        self.two.kill()


TEXT = """
from pycrdt import Doc, Text
from collab.documents.models import Document
from collab.history.selectors import current_state
doc = Doc()
notes = doc.get("notes", type=Text)
doc.apply_update(current_state(Document.objects.get().pk)[0])
print(); print(notes)
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    redis = Redis()
    redis.start()
    with postgresql_database() as url:
        cluster = Cluster(tmp_path_factory.mktemp("cluster"), url, redis)
        yield cluster
        cluster.close()
    redis.kill()


async def equal(*peers: Peer, holding: str) -> None:
    """Wait until all hold the words and the same text; nobody has been closed."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            texts = {str(peer.text) for peer in peers}
            if len(texts) == 1 and holding in (text := texts.pop()):
                break
            await asyncio.sleep(0.02)  # more than one peer may bring it about
    assert text.count(holding) == 1


async def by_thread(act: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(act)


async def test_redis_is_killed_and_comes_back(cluster: Cluster) -> None:
    """The log is the truth and the layer a doorbell: without it writing goes on, by the sweep."""
    async with cluster.ann_and_bob() as (ann, bob):
        await ann.write("[with the layer]")
        await equal(ann, bob, holding="[with the layer]")
        await by_thread(cluster.redis.kill)
        await ann.write("[ann without]")
        await bob.write("[bob without]")
        await equal(ann, bob, holding="[ann without]")
        await equal(ann, bob, holding="[bob without]")
        await by_thread(cluster.redis.start)
        await ann.write("[with it again]")
        await equal(ann, bob, holding="[with it again]")
        assert not ann.is_closed
        assert not bob.is_closed


async def test_the_database_goes_away_and_comes_back(cluster: Cluster) -> None:
    """Its connections are cut and no new ones let in: nothing is acknowledged until it is back."""
    async with cluster.ann_and_bob() as (ann, bob):
        await ann.write("[before]")
        with psycopg.connect(DATABASE_URL, autocommit=True) as admin:
            admin.execute(f'ALTER DATABASE "{cluster.database}" ALLOW_CONNECTIONS false')
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [cluster.database],
            )
            writing = asyncio.create_task(ann.write("[while it is away]"))
            await asyncio.sleep(2)
            assert not writing.done()
            assert ann.saved < ann.sent
            admin.execute(f'ALTER DATABASE "{cluster.database}" ALLOW_CONNECTIONS true')
        await writing
        await equal(ann, bob, holding="[while it is away]")
        assert not ann.is_closed
        assert not bob.is_closed
    assert "[while it is away]" in await by_thread(cluster.stored)


async def test_a_frozen_process_is_no_hindrance_and_catches_up(cluster: Cluster) -> None:
    """SIGSTOP: its people get no acknowledgement; the others go on; after SIGCONT all is equal."""
    async with cluster.ann_and_bob() as (ann, bob):
        await ann.write("[before the frost]")
        await equal(ann, bob, holding="[before the frost]")
        cluster.two.send_signal(signal.SIGSTOP)
        try:
            writing = asyncio.create_task(bob.write("[out of the frost]"))
            for number in range(20):
                await ann.write(f"[{number} meanwhile]")
            assert not writing.done()
        finally:
            cluster.two.send_signal(signal.SIGCONT)
        await writing
        await equal(ann, bob, holding="[19 meanwhile]")
        await equal(ann, bob, holding="[out of the frost]")


async def test_a_process_frozen_in_a_transaction_keeps_no_document_locked(
    cluster: Cluster,
) -> None:
    """A session that holds a document's row and says no more is ended, and the lock with it."""
    async with cluster.ann_and_bob() as (ann, _):
        await ann.write("[first]")
        url = f"{DATABASE_URL.rpartition('/')[0]}/{cluster.database}"
        bounds = cluster.one.manage("shell", "-v0", "-c", OPTIONS).splitlines()[-1]
        with psycopg.connect(url, options=bounds) as frozen:
            frozen.execute("SELECT * FROM history_loghead FOR UPDATE")
            began = time.monotonic()
            ann.patience_s = 30
            await ann.write("[behind a lock]")
            assert time.monotonic() - began > 1
            with pytest.raises(psycopg.Error):
                frozen.execute("SELECT 1")


OPTIONS = """
from django.conf import settings
print(); print(settings.DATABASES["default"]["OPTIONS"]["options"])
"""


class Typist:
    """Somebody whose browser comes back by itself, and keeps what is not acknowledged."""

    def __init__(self, cluster: Cluster, name: str, token: str) -> None:
        self.cluster = cluster
        self.name = name
        self._token = token
        self.doc = Peer("").doc
        self.written: list[str] = []
        self.away_s = 0.0
        self.codes: set[int] = set()

    async def write(self, enough: asyncio.Event) -> None:
        """Type until it is enough, wherever there is a server."""
        servers = [self.cluster.one, self.cluster.two]
        at = len(self.name) % 2
        lost_at: float | None = None
        while True:
            peer = Peer(self.cluster.url(servers[at % 2]), self._token)
            peer.use(self.doc)
            try:
                async with peer:
                    await peer.synced()
                    if lost_at is not None:
                        self.away_s = max(self.away_s, time.monotonic() - lost_at)
                    while not (enough.is_set() or peer.is_closed):
                        word = f"<{self.name}{len(self.written)}>"
                        self.written.append(word)
                        await peer.type(word)
                        await asyncio.sleep(0.02)
                    lost_at = time.monotonic()
                    if not peer.is_closed:
                        await peer.until(lambda peer=peer: peer.saved >= peer.sent)
                        return
                    self.codes.add((await peer.closed())[0] or 0)
            except OSError:
                lost_at = lost_at or time.monotonic()
                await asyncio.sleep(0.1)
            at += 1  # as behind a load balancer: whoever is there


async def test_a_rolling_restart_under_load_loses_no_keystroke(cluster: Cluster) -> None:
    """SIGTERM says 1012 when all is committed; who is sent away is back within 3 s."""
    typists = [
        Typist(cluster, name, cluster.world.tokens["ann" if number % 2 else "bob"])
        for number, name in enumerate(["a", "bb", "c", "dd", "e", "ff"])
    ]
    enough = asyncio.Event()
    writing = [asyncio.create_task(typist.write(enough)) for typist in typists]
    for server in (cluster.one, cluster.two):
        await asyncio.sleep(1)
        await by_thread(server.stop)
        await by_thread(server.start)
    enough.set()
    await asyncio.gather(*writing)
    text = await by_thread(cluster.stored)
    assert [w for t in typists for w in t.written if text.count(w) != 1] == []
    assert {code for typist in typists for code in typist.codes} == {1012}
    assert max(typist.away_s for typist in typists) < 3
