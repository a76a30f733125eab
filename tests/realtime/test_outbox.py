from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from collab.realtime.outbox import MAX_KEPT, MAX_KEPT_BYTES, Outbox


class Socket:
    """A socket that takes nothing until it is told to."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.drained = 0
        self.outbox = Outbox(self.send, on_blocked=lambda: None, on_drained=self._drained)

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        self.sent.append(message)

    def _drained(self) -> None:
        self.drained += 1


async def settled(claim: Callable[[], bool]) -> None:
    """Let the loop turn until the claim holds."""
    for _ in range(100):
        if claim():
            return
        await asyncio.sleep(0)
    raise AssertionError


def frame(size: int = 1) -> dict[str, Any]:
    return {"type": "websocket.send", "bytes": b"x" * size}


async def test_what_can_be_made_up_for_is_not_kept() -> None:
    socket = Socket()
    assert socket.outbox.offer(frame())
    assert not any(socket.outbox.offer(frame()) for _ in range(1000))
    assert socket.outbox.blocked_since is not None
    socket.reads.set()
    await settled(lambda: socket.drained == 1)
    assert len(socket.sent) == 1
    assert socket.outbox.blocked_since is None


async def test_answers_are_kept_up_to_a_number_and_to_a_size() -> None:
    many, large = Socket(), Socket()
    for _ in range(MAX_KEPT + 1):
        many.outbox.put(frame())
    assert not many.outbox.is_overfull
    many.outbox.put(frame())
    assert many.outbox.is_overfull
    # One answer may be as large as the document is; two of them are too much.
    large.outbox.put(frame(10))
    large.outbox.put(frame(2 * MAX_KEPT_BYTES))
    assert not large.outbox.is_overfull
    large.outbox.put(frame(10))
    assert large.outbox.is_overfull
    many.outbox.abandon()
    large.outbox.abandon()


async def test_what_is_kept_goes_in_order_and_the_goodbye_last() -> None:
    socket = Socket()
    for size in (1, 2, 3):
        socket.outbox.put(frame(size))
    socket.outbox.close(1013, "长" * 100)
    socket.outbox.put(frame(4))
    socket.reads.set()
    await settled(lambda: len(socket.sent) == 4)
    assert [len(m.get("bytes", b"")) for m in socket.sent] == [1, 2, 3, 0]
    assert len(socket.sent[-1]["reason"].encode()) <= 123
