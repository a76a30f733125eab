"""Two server processes on one PostgreSQL database and a Redis of their own, to be broken."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg

from tests.parts import DATABASE_URL
from tests.system.client import Peer
from tests.system.conftest import Server, World, eventually, free_port, postgresql_database


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
        self._database_url = database_url
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

    def wait_for_rescues(self) -> None:
        """Return once the law of merging has nothing left to write back, in either process.

        Rescues are records after the ones that they save, so all that clients wrote may be
        committed before the last rescue is. Three seconds without a record and without a row
        that waits are longer than a process leaves the other its turn (``rescues.TURN_S``).
        """
        quiet: tuple[int, float] = (-1, 0.0)

        def is_over() -> bool:
            nonlocal quiet
            with psycopg.connect(self._database_url) as connection:
                row = connection.execute(LEFT_TO_RESCUE).fetchone()
            assert row is not None
            head, waiting = row
            if waiting or head != quiet[0]:
                quiet = head, time.monotonic()
            return time.monotonic() - quiet[1] > 3.0

        eventually(is_over)

    def cut_database(self) -> None:
        """End every connection to the database."""
        with psycopg.connect(DATABASE_URL, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [self.database],
            )

    def close(self) -> None:
        for server in (self.one, self.two):
            if server.is_running:
                server.send_signal(signal.SIGCONT)
        self.world.close()
        self.two.kill()


LEFT_TO_RESCUE = """
SELECT (SELECT sum(seq) FROM history_loghead),
       (SELECT count(*) FROM history_mergewatch WHERE wanted > upto)
"""

TEXT = """
from pycrdt import Doc, Text
from collab.documents.models import Document
from collab.history.selectors import current_state
doc = Doc()
notes = doc.get("notes", type=Text)
doc.apply_update(current_state(Document.objects.get().pk)[0])
print(); print(notes)
"""


@contextmanager
def two_servers(data: Path) -> Iterator[Cluster]:
    """Both of them running, with people and a document."""
    redis = Redis()
    redis.start()
    try:
        with postgresql_database() as url:
            cluster = Cluster(data, url, redis)
            try:
                yield cluster
            finally:
                cluster.close()
    finally:
        redis.kill()
