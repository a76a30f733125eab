"""Everything hostile that we know, through a real socket of a real server, beside honest people."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from pycrdt import Doc, XmlFragment
from websockets.exceptions import ConnectionClosed

from collab.crdt.update import decode_state_vector
from collab.protocol.codec import encode
from collab.protocol.messages import SyncUpdate
from collab.types import StateVector, Update
from tests.crdt.grammar import hostile_frame
from tests.crdt.test_gate import BASE, SAMPLES
from tests.system.client import Peer
from tests.system.conftest import World
from tests.system.trace import exported

pytestmark = pytest.mark.system

SEED = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(2**32))
FRAMES = int(os.environ.get("FUZZ_FRAMES", "500"))
#: What a peer is told when something of it is refused.
CODES = {1009, 1013, 4400, 4422}


def url(world: World) -> str:
    return f"ws://127.0.0.1:{world.server.port}/ws/documents/{world.document}"


@asynccontextmanager
async def beside_honest_people(world: World) -> AsyncIterator[Peer]:
    """Ann writes before and after, Eve reads; both stay, and hold the same.

    Bob, who sends what is hostile, is an editor: what of it is an honest edit may change the text.
    """
    async with (
        Peer(url(world), world.tokens["ann"]) as ann,
        Peer(url(world), world.tokens["eve"]) as eve,
    ):
        await asyncio.gather(ann.synced(), eve.synced())
        await ann.write("before; ")
        yield ann
        # Who was closed would wait below for what cannot come.
        assert (ann.socket.close_code, eve.socket.close_code) == (None, None)
        await ann.write("after; ")
        await eve.until(lambda: "after; " in str(eve.text))
        await eve.until(lambda: str(ann.text) == str(eve.text))
        assert str(eve.text).endswith("after; ")
        assert ann.socket.close_code is None
        assert eve.socket.close_code is None


async def send(world: World, frames: Iterable[bytes]) -> set[int]:
    """Send frames as Bob, who comes back whenever he is closed; return the codes he was told."""
    codes: set[int] = set()
    waiting = deque(frames)
    while waiting:
        async with Peer(url(world), world.tokens["bob"]) as bob:
            await bob.synced()
            while waiting:
                with suppress(ConnectionClosed):
                    await bob.socket.send(waiting.popleft())
                if not await bob.is_heard():
                    code, reason = await bob.closed()
                    assert reason
                    codes.add(code or 0)
                    break
    return codes


async def state(world: World) -> tuple[str, str, dict[int, int]]:
    """What a fresh client gets: the notes, the body, and how far each client is."""
    async with Peer(url(world), world.tokens["eve"]) as eve:
        await eve.synced()
        replica: Doc[XmlFragment] = Doc()
        body = replica.get("default", type=XmlFragment)
        replica.apply_update(eve.doc.get_update())
        return str(eve.text), str(body), decode_state_vector(StateVector(eve.doc.get_state()))


def check_reload(world: World) -> None:
    """What the log makes after kill -9 is what the live room had, and it can be exported."""
    live = asyncio.run(state(world))
    pid = world.server.pid
    assert Path(f"/proc/{pid}").exists()
    assert "thrown away" not in world.server.log.read_text()
    world.server.kill()
    world.server.start()
    assert asyncio.run(state(world)) == live
    for wanted in ("text", "json", "html", "markdown"):
        exported(world, wanted)


async def test_recorded_samples_harm_nobody(world: World) -> None:
    samples = [bytes.fromhex(path.read_text().partition("#")[0]) for path in SAMPLES]
    frames = [encode(SyncUpdate(Update(sample))) for sample in samples]
    async with beside_honest_people(world):
        assert await send(world, [encode(SyncUpdate(BASE))]) == set()
        codes = await send(world, frames + samples)
        assert codes <= CODES
        assert codes
    await asyncio.to_thread(check_reload, world)


#: An awareness clock of 2^53 - 1, of which the next could not be sent, cost everybody the room; and
#: a text that was collected as it arrived could not be dumped.
ONCE_HARMFUL = 1385715333


@pytest.mark.parametrize("seed", [SEED, ONCE_HARMFUL], ids=["random", "once harmful"])
async def test_a_fuzzer_harms_nobody(world: World, seed: int) -> None:
    """Wrong meanings from a grammar. FUZZ_SEED repeats a run, FUZZ_FRAMES lengthens it."""
    sys.stderr.write(f"FUZZ_SEED={seed}\n")
    dice = random.Random(seed)
    async with beside_honest_people(world):
        await send(world, [encode(SyncUpdate(BASE))])
        for _ in range(FRAMES // 50):
            clocks = (await state(world))[2]
            codes = await send(world, [hostile_frame(dice, clocks) for _ in range(50)])
            assert codes <= CODES
    await asyncio.to_thread(check_reload, world)
