"""Two processes on PostgreSQL and Redis, while the layer, the database or a process fails.

Nobody connects anew by hand, nothing that was acknowledged is lost, and all become equal.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.parts import DATABASE_URL
from tests.system.client import PATIENCE_S, Peer
from tests.system.two_servers import Cluster, two_servers

pytestmark = [pytest.mark.system, pytest.mark.needs("postgresql", "redis")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with two_servers(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


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
            await by_thread(cluster.cut_database)
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
