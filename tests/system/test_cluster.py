"""Several processes behind one port: a supervisor that starts, replaces, rolls and drains them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.parts import REDIS_URL
from tests.system.client import Peer
from tests.system.conftest import ROOT, Server, World, eventually
from tests.system.hanging import HANG

pytestmark = [pytest.mark.system, pytest.mark.needs("postgresql", "redis")]


class Cluster(Server):
    """A supervisor and its workers, on data of their own."""

    command = ("serve", "--workers", "2")
    is_replaced = True


@pytest.fixture
def cluster(tmp_path: Path, postgresql_url: str) -> Iterator[World]:
    world = World(Cluster(tmp_path, DATABASE_URL=postgresql_url, REDIS_URL=REDIS_URL))
    world.server.start()
    yield world
    world.server.end(signal.SIGTERM)
    world.close()


def _url(world: World) -> str:
    return f"ws://127.0.0.1:{world.server.port}/ws/documents/{world.document}"


async def _write(world: World, words: str) -> None:
    async with Peer(_url(world), world.tokens["ann"]) as peer:
        await peer.synced()
        await peer.write(words)


async def _text(world: World) -> str:
    async with Peer(_url(world), world.tokens["bob"]) as peer:
        await peer.synced()
        return str(peer.text)


async def test_workers_hear_each_other_and_are_replaced(cluster: World) -> None:
    """Peers on different workers see each other's words: the shared port needs no sticky session.

    After kill -9 of every worker the port answers again, and what was acknowledged is there.
    """
    server = cluster.server
    assert isinstance(server, Cluster)
    before = server.workers
    assert len(before) == 2
    peers = [Peer(_url(cluster), cluster.tokens["ann"]) for _ in range(6)]
    for peer in peers:
        await peer.__aenter__()
        await peer.synced()
    for number, peer in enumerate(peers):
        await peer.write(f"<{number}>")
    for peer in peers:
        await peer.until(lambda peer=peer: all(f"<{n}>" in str(peer.text) for n in range(6)))
    written = str(peers[0].text)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    for peer in peers:
        await peer.closed()
        await peer.__aexit__(None, None, None)
    eventually(lambda: len(server.workers) == 2 and not server.workers & before)
    eventually(server._answers)
    assert await _text(cluster) == written


async def test_hup_rolls_and_term_drains(cluster: World) -> None:
    """SIGHUP: all workers are new, and at every moment in between somebody answers.

    SIGTERM: the supervisor and every worker end, in order, with status 0.
    """
    server = cluster.server
    assert isinstance(server, Cluster)
    before = server.workers
    await _write(cluster, "before ")
    server.supervisor.send_signal(signal.SIGHUP)

    def rolled() -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/readyz", timeout=10) as answer:
            assert answer.status == 200
        return len(server.workers) == 2 and not server.workers & before

    eventually(rolled, within_s=60)
    assert await _text(cluster) == "before "
    process = server._process
    assert process is not None
    family = [psutil.Process(pid) for pid in server.workers]
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert not [each for each in family if each.is_running()]


def test_workers_do_not_outlive_their_supervisor(cluster: World) -> None:
    """kill -9 of the supervisor: its workers drain and end, so that the port is free."""
    server = cluster.server
    assert isinstance(server, Cluster)
    family = [psutil.Process(pid) for pid in server.workers]
    server.supervisor.kill()
    eventually(lambda: not [each for each in family if each.is_running()])


async def test_a_worker_that_hangs_in_the_crdt_ends_itself_and_is_replaced(
    tmp_path: Path, postgresql_url: str
) -> None:
    """No Python code runs while a library holds the interpreter's lock: the watchdog does.

    The log says where it hung. What was acknowledged is there, and people write on.
    """
    world = World(
        Cluster(
            tmp_path,
            DATABASE_URL=postgresql_url,
            REDIS_URL=REDIS_URL,
            DJANGO_SETTINGS_MODULE="tests.system.hanging",
            WATCHDOG_S="2",
        )
    )
    server = world.server
    assert isinstance(server, Cluster)
    server.start()
    try:
        await _write(world, "before ")
        before = server.workers
        async with Peer(_url(world), world.tokens["ann"]) as peer:
            await peer.synced()
            await peer.type(HANG)
            await peer.closed()
        await asyncio.to_thread(
            eventually, lambda: len(server.workers) == 2 and server.workers != before
        )
        assert len(server.workers & before) == 1
        await asyncio.to_thread(eventually, server._answers)
        assert await _text(world) == "before "
        await _write(world, "after ")
        assert await _text(world) == "before after "
        log = server.log.read_text()
        assert "Timeout (0:00:02)!" in log
        assert "hanging.py" in log
    finally:
        server.end(signal.SIGTERM)
        world.close()


def test_it_says_what_is_missing(tmp_path: Path) -> None:
    """Without Redis or PostgreSQL the answer is a sentence, not a trace."""
    nowhere = {"REDIS_URL": "redis://127.0.0.1:1/0", "DATA_DIR": str(tmp_path)}
    for arguments, url, words in (
        (["serve", "--workers", "2", "--port", "1"], {"REDIS_URL": ""}, "set REDIS_URL"),
        (["run_cluster"], {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/x"}, "by Redis"),
    ):
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**os.environ, **nowhere, **url, "DJANGO_SETTINGS_MODULE": "collab.settings.dev"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
