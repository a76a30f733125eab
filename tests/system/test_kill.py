"""Acknowledged means committed: kill -9 at any moment loses nothing that was acknowledged."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from pycrdt import Doc, Text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from collab.protocol.codec import decode, encode
from collab.protocol.messages import Saved, SyncStep1, SyncStep2, SyncUpdate
from collab.types import StateVector, Update
from tests.system.client import PATIENCE_S
from tests.system.conftest import Server, World

pytestmark = pytest.mark.system


class Typist:
    """A client that writes numbered words and knows which of them were acknowledged."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.doc: Doc[Text] = Doc(client_id=random.getrandbits(32))
        self.text = self.doc.get("notes", type=Text)
        self.written = 0
        self.acknowledged = 0
        #: For each update-carrying frame of this connection, how many words it covers.
        self._covers: list[int] = []
        self._is_synced = False

    def word(self, number: int) -> str:
        return f"<{self.name}{number}>"

    def has_more_than(self, acknowledged: int) -> bool:
        return self.acknowledged > acknowledged

    async def until(self, claim: Callable[[], bool]) -> None:
        """Wait until ``claim`` holds; fail when it does not in time."""
        async with asyncio.timeout(PATIENCE_S):
            while not claim():  # noqa: ASYNC110  # a typist outlives event loops; an Event does not
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def connected(self, world: World) -> AsyncIterator[ClientConnection]:
        """A connection of this typist, which has what the server has."""
        self._covers, self._is_synced = [], False
        url = f"ws://127.0.0.1:{world.server.port}/ws/documents/{world.document}"
        token = world.tokens["ann" if self.name[0] in "ac" else "bob"]
        async with connect(
            url,
            additional_headers={"Authorization": f"Bearer {token}"},
            subprotocols=[Subprotocol("scriptorium.v1")],
            max_size=None,
        ) as socket:
            await socket.send(encode(SyncStep1(StateVector(self.doc.get_state()))))
            receiving = asyncio.create_task(self._receive(socket))
            try:
                await self.until(lambda: self._is_synced)
                yield socket
            finally:
                receiving.cancel()

    async def write(self, socket: ClientConnection, until: Callable[[], bool]) -> None:
        """Write a word every few milliseconds."""
        while not until():
            before = self.doc.get_state()
            self.text += self.word(self.written)
            self.written += 1
            update = SyncUpdate(Update(self.doc.get_update(before)))
            self._covers.append(self.written)
            await socket.send(encode(update))
            await asyncio.sleep(random.uniform(0, 0.01))

    async def _receive(self, socket: ClientConnection) -> None:
        async for frame in socket:
            assert isinstance(frame, bytes)
            match decode(frame):
                case SyncStep1(vector):
                    answer = SyncStep2(Update(self.doc.get_update(vector)))
                    self._covers.append(self.written)
                    await socket.send(encode(answer))
                case SyncStep2(update):
                    self.doc.apply_update(update)
                    self._is_synced = True
                case SyncUpdate(update):
                    self.doc.apply_update(update)
                case Saved(count):
                    self.acknowledged = max(self.acknowledged, self._covers[count - 1])
                case _:
                    pass


async def write_until_killed(world: World, typist: Typist) -> None:
    with suppress(ConnectionClosed):
        async with typist.connected(world) as socket:
            await typist.write(socket, until=lambda: False)


async def write_and_kill(world: World, typists: list[Typist]) -> None:
    """All write; at some moment after each has had an acknowledgement, the server is killed."""
    before = [typist.acknowledged for typist in typists]
    sessions = [asyncio.create_task(write_until_killed(world, typist)) for typist in typists]
    for typist, had in zip(typists, before, strict=True):
        await typist.until(partial(typist.has_more_than, had))
    await asyncio.sleep(random.uniform(0, 0.5))  # any moment will do: that is the test
    world.server.kill()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*sessions)


async def write_to_the_end(world: World, typist: Typist) -> None:
    """Come back, write a little more, and stay until all of it is acknowledged."""
    wanted = typist.written + 20
    async with typist.connected(world) as socket:
        await typist.write(socket, until=lambda: typist.written >= wanted)
        await typist.until(lambda: typist.acknowledged == typist.written)


async def come_back(world: World, typists: list[Typist]) -> None:
    await asyncio.gather(*(write_to_the_end(world, typist) for typist in typists))


async def read(world: World) -> str:
    reader = Typist("c")
    async with reader.connected(world):
        return str(reader.text)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A running server on either database."""
    environment = {}
    if request.param == "postgresql":
        environment["DATABASE_URL"] = request.getfixturevalue("postgresql_url")
    world = World(Server(tmp_path, **environment))
    world.server.start()
    yield world
    world.close()


@pytest.mark.parametrize("writers_survive", [False, True])
def test_kill_loses_no_acknowledged_edit_and_doubles_nothing(
    any_world: World, writers_survive: bool
) -> None:
    """Three rounds of kill -9 while four people write."""
    world = any_world
    typists = [Typist(name) for name in "abcd"]
    lost: list[str] = []
    for turn in range(3):
        asyncio.run(write_and_kill(world, typists))
        world.server.start()
        if writers_survive:
            asyncio.run(come_back(world, typists))
        text = asyncio.run(read(world))
        for typist in typists:
            kept = typist.written if writers_survive else typist.acknowledged
            lost += [w for n in range(kept) if text.count(w := typist.word(n)) != 1]
            assert all(text.count(typist.word(n)) <= 1 for n in range(typist.written))
        if not writers_survive:
            typists = [Typist(f"{t.name[0]}{turn}x") for t in typists]
    assert lost == []
    assert asyncio.run(read(world)) == text
