"""What real servers count: one alone, and workers behind one port, which answer for each other."""

from __future__ import annotations

import os
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import REDIS_URL
from tests.system.client import Peer
from tests.system.conftest import Server, World, eventually
from tests.system.test_cluster import Cluster

pytestmark = pytest.mark.system
TOKEN = "let me count"  # of this test


def counts(server: Server, token: str = TOKEN) -> dict[str, float]:
    """Return what the server shows: by name and labels."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/metrics", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        rows = answer.read().decode().splitlines()
    pairs = (row.rsplit(" ", 1) for row in rows if not row.startswith("#"))
    return {re.sub("^scriptorium_", "", name): float(value) for name, value in pairs}


def url(world: World) -> str:
    return f"ws://127.0.0.1:{world.server.port}/ws/documents/{world.document}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(Server(tmp_path, METRICS_TOKEN=TOKEN))
    world.server.start()
    yield world
    world.close()


async def test_what_happens_in_a_room_is_counted(world: World) -> None:
    """Edits and what became of them, commits, sockets, loads; how things stand now."""
    async with Peer(url(world), world.tokens["ann"]) as ann:
        await ann.synced()
        for number in range(5):
            await ann.write(f"<{number}>")
        async with Peer(url(world), world.tokens["eve"]) as eve:
            await eve.synced()
            await eve.type("I may not")
            eventually(
                lambda: counts(world.server).get('edits_refused_total{reason="read_only"}') == 1
            )
            eventually(lambda: counts(world.server)["sockets"] == 2)
        found = counts(world.server)
    assert found["edits_accepted_total"] == 5
    assert found["commit_records_sum"] == 5
    assert 1 <= found["commit_seconds_count"] == found["ack_seconds_count"] <= 5
    assert 0 < found["ack_seconds_sum"] < 5
    assert found["room_load_seconds_count"] == 1
    assert found["sockets_opened_total"] == 2
    assert found["rooms"] == 1
    assert found["resident_memory_bytes"] > 20e6
    assert found["processes"] == 1
    eventually(lambda: counts(world.server)["sockets"] == 0)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        counts(world.server, "another")


@pytest.mark.needs("postgresql", "redis")
async def test_any_worker_answers_for_all(tmp_path: Path, postgresql_url: str) -> None:
    """Each scrape may meet another worker, and all say the same; what a dead one counted stays."""
    server = Cluster(
        tmp_path, DATABASE_URL=postgresql_url, REDIS_URL=REDIS_URL, METRICS_TOKEN=TOKEN
    )
    world = World(server)
    server.start()
    try:
        eventually(lambda: counts(server)["processes"] == 2)
        for number in range(8):
            async with Peer(url(world), world.tokens["ann"]) as peer:
                await peer.synced()
                await peer.write(f"<{number}>")
        for _ in range(10):
            assert counts(server)["commit_records_sum"] == 8
        memory = counts(server)["resident_memory_bytes"]
        for pid in server.workers:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: len(server.workers) == 2 and server._answers())
        eventually(lambda: counts(server)["processes"] == 2)
        assert counts(server)["commit_records_sum"] == 8
        # Their gauges are gone with them.
        assert counts(server)["resident_memory_bytes"] < 1.6 * memory
    finally:
        server.end(signal.SIGTERM)
        world.close()
