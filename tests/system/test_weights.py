"""One person sends what is large or asks for much; who writes beside it does not notice.

The acknowledgements of the others stay under a second throughout, on a real server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from collab.lib0 import array, string, uint
from collab.protocol.codec import encode
from collab.protocol.messages import (
    Awareness,
    AwarenessEntry,
    Message,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
)
from collab.types import StateVector, Update
from tests.protocol.test_cost import block, text, update
from tests.system.client import Peer
from tests.system.conftest import Server, World

pytestmark = [pytest.mark.system, pytest.mark.alone]
MB = 1024 * 1024
#: As large as frames may be.
SIZE = 8 * MB - 64


@pytest.fixture(scope="module")
def server_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(Server(tmp_path_factory.mktemp("weights")))
    world.server.start()
    yield world
    world.close()


def url(world: World, path: str | None = None) -> str:
    where = f"/ws/documents/{world.document}" if path is None else path
    return f"ws://127.0.0.1:{world.server.port}{where}"


#: How long an acknowledgement takes at the worst while nothing else happens: other work on the
#: machine is not this server's fault.
QUIET_S = 1.0


@asynccontextmanager
async def beside_somebody_who_writes(world: World) -> AsyncIterator[None]:
    """Ann types all the time, first alone; then no acknowledgement may take a second."""
    waits: list[float] = []
    enough = asyncio.Event()
    async with Peer(url(world), world.tokens["ann"]) as ann:
        await ann.synced()

        async def write() -> None:
            while not enough.is_set():
                began = time.monotonic()
                await ann.write(".")
                waits.append(time.monotonic() - began)
                await asyncio.sleep(0.02)

        writing = asyncio.create_task(write())
        await asyncio.sleep(QUIET_S)
        alone = max(waits)
        waits.clear()
        yield
        enough.set()
        await writing
        bound = max(1.0, 6 * alone)
        assert max(waits) < bound, f"{max(waits):.2f} s, of {len(waits)}; alone {alone:.2f} s"


def known_deletion(client: int) -> bytes:
    one = uint(0) + uint(1)
    count = (SIZE - 32) // len(one)
    return encode(SyncStep2(Update(uint(0) + uint(1) + uint(client) + uint(count) + one * count)))


def known_structs(client: int) -> bytes:
    one = text("a", (client, 0))
    count = (SIZE - 32) // len(one)
    whole = uint(1) + uint(count) + uint(client) + uint(0) + one * count + uint(0)
    return encode(SyncStep2(Update(whole)))


def awareness(_: int) -> bytes:
    one = uint(1) + uint(1) + string("")
    count = (SIZE - 32) // len(one)
    return uint(1) + array(uint(count) + one * count)


def own_awareness(_: int) -> bytes:
    state = '{"a":"' + "b" * 4000 + '"}'
    entries = tuple(AwarenessEntry(5, clock, state) for clock in range(2000))
    return encode(Awareness(entries))


def state_vector(_: int) -> bytes:
    count = (SIZE - 32) // 4
    entries = b"".join(uint(200 + n % 16_000) + uint(300) for n in range(count))
    return encode(SyncStep1(StateVector(uint(count) + entries)))


def values(_: int) -> bytes:
    count = SIZE - 64
    one = b"\x08" + uint(1) + string("list") + uint(count) + b"\x7e" * count
    return encode(SyncStep2(update([block(99, 0, [one])], [])))


def emoji(_: int) -> bytes:
    count = 100_000
    rest = [text("\U0001f600", (98, 2 * n - 1)) for n in range(1, count)]
    return encode(SyncStep2(update([block(98, 0, [text("\U0001f600"), *rest])], [])))


@pytest.mark.parametrize("who", ["eve", "bob"])
@pytest.mark.parametrize(
    "frame",
    [known_deletion, known_structs, awareness, own_awareness, state_vector, values, emoji],
    ids=lambda frame: frame.__name__,
)
async def test_the_largest_frame_of_each_kind_stops_nobody(
    server_world: World, frame: Callable[[int], bytes], who: str
) -> None:
    """A viewer's, and an editor's; also again and again, until it is closed for it."""
    world = server_world
    client = 77
    made = frame(client)  # takes seconds: before anybody waits
    async with beside_somebody_who_writes(world), Peer(url(world), world.tokens[who]) as bob:
        await bob.synced()
        if who == "bob":
            # A document with three hundred deleted ranges.
            many = block(client, 0, [text("a"), *(text("a", (client, n)) for n in range(600))])
            holes = [(client, [(2 * n, 1) for n in range(300)])]
            await bob.send(SyncUpdate(update([many], holes)))
            assert await bob.is_heard()
        with suppress(ConnectionClosed):
            for _ in range(3):
                await bob.socket.send(made)
        bob.patience_s = 60
        await bob.is_heard()


async def test_a_burst_of_small_frames_is_shared_with_others(server_world: World) -> None:
    world = server_world
    async with beside_somebody_who_writes(world), Peer(url(world), world.tokens["bob"]) as bob:
        await bob.synced()
        small = encode(Awareness(tuple(AwarenessEntry(n, 1, "") for n in range(2_000))))
        with suppress(ConnectionClosed):
            for _ in range(300):
                await bob.socket.send(small)
        await bob.is_heard()


async def test_a_viewers_frame_that_can_hold_only_words_is_denied_unread(
    server_world: World,
) -> None:
    world = server_world
    async with Peer(url(world), world.tokens["eve"]) as eve:
        await eve.synced()
        await eve.socket.send(encode(SyncStep2(Update(bytes(200_000)))))
        assert await eve.is_heard()
        assert eve.is_denied


async def test_a_frame_beyond_the_limit_is_closed_with_its_code(server_world: World) -> None:
    """Not as 1006, after which a client tries again."""
    world = server_world
    for size in (8 * MB + 1, 9 * MB, 40 * MB):
        async with Peer(url(world), world.tokens["bob"]) as bob:
            await bob.synced()
            with suppress(ConnectionClosed):
                await bob.socket.send(bytes(size))
            assert (await bob.closed())[0] == 1009


async def test_an_unknown_address_is_404_in_the_handshake(server_world: World) -> None:
    world = server_world
    for path in ("/ws/nothing", "/ws/documents/", f"/ws/documents/{world.document}/", "/"):
        with pytest.raises(InvalidStatus) as refused:
            await connect(url(world, path))
        assert refused.value.response.status_code == 404
    assert "Traceback" not in world.server.log.read_text("utf-8")


class Watcher:
    """Who is here, by the rules of y-protocols: what is older than what is known is passed over."""

    def __init__(self) -> None:
        self.clocks: dict[int, int] = {}
        self.here: dict[int, str] = {}

    def take(self, message: Message) -> None:
        if not isinstance(message, Awareness):
            return
        for entry in message.entries:
            known = self.clocks.get(entry.client_id, -1)
            is_end = entry.state == "null" and entry.clock == known
            if entry.clock > known or (is_end and entry.client_id in self.here):
                self.clocks[entry.client_id] = entry.clock
                if entry.state == "null":
                    self.here.pop(entry.client_id, None)
                else:
                    self.here[entry.client_id] = entry.state


class Watching(Peer):
    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.watcher = Watcher()

    async def _take(self, message: Message) -> None:
        self.watcher.take(message)
        await super()._take(message)


async def test_who_comes_back_with_an_old_clock_is_seen_at_once(server_world: World) -> None:
    """A short drop of the network: the client goes on with its clock, the server told its end."""
    world = server_world
    async with Watching(url(world), world.tokens["ann"]) as ann:
        await ann.synced()
        for clock in (3, 3, 4, 2):
            async with Peer(url(world), world.tokens["bob"]) as bob:
                await bob.synced()
                await bob.send(Awareness((AwarenessEntry(555, clock, '{"cursor":1}'),)))
                began = time.monotonic()
                await ann.until(lambda: 555 in ann.watcher.here)
                assert time.monotonic() - began < 2
            await ann.until(lambda: 555 not in ann.watcher.here)


async def test_who_shows_too_much_of_themselves_is_here_all_the_same(server_world: World) -> None:
    world = server_world
    async with Watching(url(world), world.tokens["ann"]) as ann:
        await ann.synced()
        async with Peer(url(world), world.tokens["bob"]) as bob:
            await bob.synced()
            for clock, state in enumerate(('{"a":"' + "b" * 5000 + '"}', "7", "[", '{"a":1}'), 1):
                await bob.send(Awareness((AwarenessEntry(556, clock, state),)))
                await ann.until(lambda c=clock: ann.watcher.clocks.get(556) == c)
                assert '"name":"bob"' in ann.watcher.here[556]
