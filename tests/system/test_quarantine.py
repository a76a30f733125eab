"""What stands behind the gate, on a server whose gate is open: hostile updates reach pycrdt.

The room is thrown away and built from the log, who sent the update is closed for good, everybody
else goes on, and the update is in no log but in quarantine.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from collab.protocol.close_codes import CloseCode
from collab.protocol.messages import SyncUpdate
from collab.types import Update
from tests.crdt.test_gate import BASE
from tests.system.client import Peer
from tests.system.conftest import Server, World, YjsPeer, eventually

pytestmark = pytest.mark.system

HOSTILE = Path(__file__).parents[1] / "crdt" / "hostile"
#: Each raises when it is applied to BASE: two panics of the Rust library, and one that is applied
#: by half and passed on to observers.
SAMPLES = {
    "apply_apply_BASEPanicException_3685": "PanicException: index out of bounds",
    "apply_apply_BASEPanicException_8900": "PanicException: attempt to divide by zero",
    "X5_half_applied": "RuntimeError: Cannot apply update",
}


def sample(name: str) -> Update:
    return Update(bytes.fromhex((HOSTILE / f"{name}.hex").read_text().partition("#")[0]))


@pytest.fixture
def open_gate(tmp_path: Path, node_modules: None) -> Iterator[World]:
    """A server whose gate is open, with people who write and BASE in the document."""
    world = World(Server(tmp_path, DJANGO_SETTINGS_MODULE="tests.system.gateless"))
    world.server.start()
    yield world
    world.close()


def url(world: World) -> str:
    return f"ws://127.0.0.1:{world.server.port}/ws/documents/{world.document}"


async def send(world: World, *updates: Update) -> tuple[int | None, str]:
    """Send as Bob until he is closed for good, or all is kept; return how he was closed."""
    while True:
        async with Peer(url(world), world.tokens["bob"]) as bob:
            await bob.synced()
            try:
                for update in updates:
                    await bob.send(SyncUpdate(update))
                await bob.until(lambda bob=bob: bob.saved >= bob.sent or bob.is_closed)
            except ConnectionClosed:
                pass
            if not bob.is_closed:
                return None, ""
            code, reason = await bob.closed()
            if code != CloseCode.RESTARTING:
                return code, reason


def both_read(one: YjsPeer, other: YjsPeer, text: str) -> bool:
    return one.text == other.text == text


ROWS = """
import json
from collab.operations.models import QuarantinedUpdate
rows = QuarantinedUpdate.objects.order_by("pk").values_list("author__username", "update", "error")
print(); print(json.dumps([[who, bytes(update).hex(), error] for who, update, error in rows]))
"""


def rows(world: World) -> list[list[str]]:
    found: list[list[str]] = json.loads(
        world.server.manage("shell", "-v0", "-c", ROWS).splitlines()[-1]
    )
    return found


def test_what_breaks_a_document_is_put_in_quarantine_and_the_others_go_on(
    open_gate: World,
) -> None:
    """One after the other, while nobody writes: the culprit is known at once."""
    world = open_gate
    assert asyncio.run(send(world, BASE)) == (None, "")
    ann, eve = world.synced("ann"), world.synced("eve")
    text = ann.text
    for number, name in enumerate(SAMPLES):
        closed = asyncio.run(send(world, sample(name)))
        assert closed == (CloseCode.UPDATE_REFUSED, "update broke the document")
        ann("append", value=f"after {number}; ")
        text += f"after {number}; "
        eventually(partial(both_read, ann, eve, text))
    for peer in (ann, eve):
        codes = {event["code"] for event in peer("status")["events"]}
        assert codes == {CloseCode.RESTARTING}
    eventually(lambda: len(rows(world)) == len(SAMPLES))
    kept = rows(world)
    for (who, update, error), (name, words) in zip(kept, SAMPLES.items(), strict=True):
        assert (who, update) == ("bob", sample(name).hex())
        assert words in error
    assert "1 documents, 0 not well" in world.server.manage("verify")
