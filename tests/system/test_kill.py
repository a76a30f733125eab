"""Acknowledged means committed: kill -9 at any moment loses nothing that was acknowledged."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pycrdt import Doc, Text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from collab.protocol.codec import decode, encode
from collab.protocol.messages import Saved, SyncStep1, SyncStep2, SyncUpdate
from collab.types import StateVector, Update
from tests.system.conftest import Server, World, eventually

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

    def word(self, number: int) -> str:
        return f"<{self.name}{number}>"

    async def write(self, socket: ClientConnection, until: float) -> None:
        """Write until the time or the connection is up."""
        receiving = asyncio.create_task(self._receive(socket))
        try:
            while time.monotonic() < until:
                before = self.doc.get_state()
                self.text += self.word(self.written)
                self.written += 1
                self._covers.append(self.written)
                update = SyncUpdate(Update(self.doc.get_update(before)))
                await socket.send(encode(update))
                await asyncio.sleep(random.uniform(0, 0.01))
            await asyncio.sleep(0.2)
        except ConnectionClosed:
            pass
        finally:
            receiving.cancel()

    async def _receive(self, socket: ClientConnection) -> None:
        async for frame in socket:
            assert isinstance(frame, bytes)
            match decode(frame):
                case SyncStep1(vector):
                    answer = SyncStep2(Update(self.doc.get_update(vector)))
                    self._covers.append(self.written)
                    await socket.send(encode(answer))
                case SyncStep2(update) | SyncUpdate(update):
                    self.doc.apply_update(update)
                case Saved(count):
                    self.acknowledged = max(self.acknowledged, self._covers[count - 1])
                case _:
                    pass

    async def session(self, world: World, until: float) -> None:
        """Connect, sync, write."""
        self._covers = []
        url = f"ws://127.0.0.1:{world.server.port}/ws/documents/{world.document}"
        token = world.tokens["ann" if self.name[0] in "ac" else "bob"]
        async with connect(
            url,
            additional_headers={"Authorization": f"Bearer {token}"},
            subprotocols=[Subprotocol("scriptorium.v1")],
        ) as socket:
            await socket.send(encode(SyncStep1(StateVector(self.doc.get_state()))))
            await self.write(socket, until)


async def write_and_kill(world: World, typists: list[Typist], *, after_s: float) -> None:
    until = time.monotonic() + 5
    sessions = [asyncio.create_task(t.session(world, until)) for t in typists]
    await asyncio.sleep(after_s)
    world.server.kill()
    await asyncio.gather(*sessions)


async def write(world: World, typists: list[Typist], until: float) -> None:
    await asyncio.gather(*(typist.session(world, until) for typist in typists))


async def read(world: World) -> str:
    reader = Typist("c")
    await reader.session(world, time.monotonic() - 1)
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
        asyncio.run(write_and_kill(world, typists, after_s=random.uniform(0.3, 1.2)))
        world.server.start()
        if writers_survive:
            asyncio.run(write(world, typists, time.monotonic() + 0.5))
        text = asyncio.run(read(world))
        for typist in typists:
            kept = typist.written if writers_survive else typist.acknowledged
            lost += [w for n in range(kept) if text.count(w := typist.word(n)) != 1]
            assert typist.acknowledged > 0
            assert all(text.count(typist.word(n)) <= 1 for n in range(typist.written))
        if not writers_survive:
            typists = [Typist(f"{t.name[0]}{turn}x") for t in typists]
    assert lost == []
    eventually(lambda: asyncio.run(read(world)) == text)
