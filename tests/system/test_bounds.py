"""What a server holds in memory is bounded: by peers that do not read, and by documents closed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from collab.protocol.codec import encode
from collab.protocol.messages import Awareness, AwarenessEntry, SyncStep1, SyncUpdate
from collab.types import StateVector, Update
from tests.system.client import Peer
from tests.system.conftest import Server, World

pytestmark = pytest.mark.system
MB = 1024 * 1024
DOCUMENTS = 1_000


@pytest.fixture(scope="module")
def server_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    server = Server(
        tmp_path_factory.mktemp("bounds"), ROOM_IDLE_S="0.2", SLOW_PEER_S="3", ROOM_SWEEP_S="0.3"
    )
    world = World(server)
    server.start()
    yield world
    world.close()


def url(world: World, room: str | None = None) -> str:
    return f"ws://127.0.0.1:{world.server.port}/ws/documents/{room or world.document}"


def memory(world: World) -> int:
    """Return the bytes that the server's process has in memory."""
    return int(Path(f"/proc/{world.server.pid}/statm").read_text().split()[1]) * 4096


async def test_who_does_not_read_costs_little_and_is_let_go(server_world: World) -> None:
    """Twenty stalled readers that ask for all of a large document, again and again."""
    world = server_world
    async with AsyncExitStack() as stack:
        ann = await stack.enter_async_context(Peer(url(world), world.tokens["ann"]))
        await ann.synced()
        for _ in range(4):
            await ann.write("0123456789abcdef" * 32_000)  # 2 MB in all
        before = memory(world)
        stalled = []
        for _ in range(20):
            peer = await stack.enter_async_context(Peer(url(world), world.tokens["eve"]))
            await peer.synced()
            peer.stall()
            stalled.append(peer)
            for _ in range(30):
                try:
                    await peer.socket.send(encode(SyncStep1(StateVector(b"\0"))))
                except ConnectionClosed:
                    break
        for number in range(50):
            await ann.write(f"[{number}]" + "x" * 20_000)
        grown = memory(world) - before
        assert grown < 20 * 12 * MB, f"{grown / MB:.0f} MB for 20 stalled readers"
        # They are closed, and the one who reads has not noticed.
        for peer in stalled:
            peer.resume()
            assert (await peer.closed())[0] in (1013, 1006)
        await ann.write("[the end]")


async def test_thousands_of_states_are_eight(server_world: World) -> None:
    """A peer may show itself under a few ids; more of them, or larger ones, are passed over."""
    world = server_world
    async with (
        Peer(url(world), world.tokens["bob"]) as bob,
        Peer(url(world), world.tokens["ann"]) as ann,
    ):
        await asyncio.gather(bob.synced(), ann.synced())
        entries = tuple(AwarenessEntry(10_000 + n, 1, '{"n": 1}') for n in range(5_000))
        await bob.send(Awareness(entries))
        await bob.send(Awareness((AwarenessEntry(9, 1, '{"x": "' + "y" * 5_000 + '"}'),)))
        assert await bob.is_heard()
        await ann.until(lambda: len(ann.states) >= 8)
        await ann.write("[still here]")
        assert len(ann.states) == 8


async def test_a_huge_update_is_refused_by_its_code(server_world: World) -> None:
    world = server_world
    async with (
        Peer(url(world), world.tokens["bob"]) as bob,
        Peer(url(world), world.tokens["ann"]) as ann,
    ):
        await asyncio.gather(bob.synced(), ann.synced())
        await bob.socket.send(encode(SyncUpdate(Update(bytes(MB + 1)))))
        assert await bob.closed() == (1009, "update too big")
        await ann.write("[unharmed]")


async def test_a_flood_of_honest_edits_is_fair_to_others(server_world: World) -> None:
    """While one sends as fast as it may, another's edit is acknowledged soon."""
    world = server_world
    async with (
        Peer(url(world), world.tokens["bob"]) as bob,
        Peer(url(world), world.tokens["ann"]) as ann,
    ):
        await asyncio.gather(bob.synced(), ann.synced())

        async def flood() -> None:
            for number in range(2_000):
                await bob.type(f"{number} ")

        flooding = asyncio.create_task(flood())
        waits = []
        while not flooding.done():
            began = time.monotonic()
            await ann.write("[a]")
            waits.append(time.monotonic() - began)
        await bob.until(lambda: bob.saved >= bob.sent)
        assert sorted(waits)[len(waits) // 2] < 2


MAKE = f"""
from collab.accounts.models import User
from collab.documents.services import document_create
ann = User.objects.get(username="ann")
print()
print(*(document_create(owner=ann, title=str(n)).pk for n in range({DOCUMENTS})))
"""


async def test_a_thousand_documents_leave_no_room_behind(server_world: World) -> None:
    """Opened, written and closed: the second five hundred take no more memory than the first."""
    world = server_world
    made = await asyncio.to_thread(world.server.manage, "shell", "-v0", "-c", MAKE)
    documents = made.split()[-DOCUMENTS:]

    async def visit(document: str) -> None:
        async with Peer(url(world, document), world.tokens["ann"]) as peer:
            await peer.synced()
            await peer.write("something that is kept")

    sizes = []
    for start in range(0, DOCUMENTS, 20):
        await asyncio.gather(*(visit(document) for document in documents[start : start + 20]))
        sizes.append(memory(world))
    assert sizes[-1] - sizes[len(sizes) // 2] < 16 * MB, [size // MB for size in sizes]
