"""What goes to one peer. Never queued without limit: a peer that does not read falls behind.

A frame is written at once, without a task, while the socket takes it. When the socket blocks, the
rest of the document's updates are not kept for the peer: once it reads again it is given the
difference between what it was last sent and what the document is then, in one frame.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from collab.realtime.room_socket import server_frame

Send = Callable[[dict[str, Any]], Awaitable[None]]
#: Writes a whole encoded frame; returns False where the socket does not take it now.
Write = Callable[[bytes], bool]

#: Replies, acknowledgements and events kept for a peer that does not read; more closes it.
MAX_KEPT = 256
#: Their bytes, beside the one that is being sent: a peer that asks for the whole document again and
#: again, and reads none of it, does not fill the memory.
MAX_KEPT_BYTES = 4 * 1024 * 1024


class Outbox:
    """The sending side of one peer's socket."""

    __slots__ = (
        "_is_closed",
        "_kept",
        "_kept_bytes",
        "_on_blocked",
        "_on_drained",
        "_send",
        "_task",
        "_write",
        "blocked_since",
    )

    def __init__(
        self,
        send: Send,
        *,
        write: Write | None = None,
        on_blocked: Callable[[], None],
        on_drained: Callable[[], None],
    ) -> None:
        self._send = send
        self._write = write
        self._on_blocked = on_blocked
        self._on_drained = on_drained
        # Bounded and mostly empty: a deque would take 700 bytes more.
        self._kept: list[dict[str, Any]] = []
        self._kept_bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False
        #: When the socket stopped taking frames, on the loop's clock; None while it takes them.
        self.blocked_since: float | None = None

    @property
    def is_overfull(self) -> bool:
        """Whether more is kept for the peer than it may ask for without reading."""
        return len(self._kept) > MAX_KEPT or (
            len(self._kept) > 1 and self._kept_bytes > MAX_KEPT_BYTES
        )

    def offer(self, message: dict[str, Any], framed: bytes = b"") -> bool:
        """Send a frame that may be made up for later; return False where it was passed over.

        Args:
            framed: the same, encoded once for a whole room.
        """
        if self._is_closed or self._task is not None:
            return False
        if not (framed and self._write is not None and self._write(framed)):
            self._start(message)
        return True

    def put(self, message: dict[str, Any]) -> None:
        """Send a frame that must arrive, in its turn."""
        if self._is_closed:
            return
        if self._task is not None:
            self._kept.append(message)
            self._kept_bytes += len(message.get("bytes", b""))
        elif not (
            self._write is not None
            and "bytes" in message
            and self._write(server_frame(message["bytes"]))
        ):
            self._start(message)

    def close(self, code: int, reason: str) -> None:
        """Say goodbye; nothing is sent afterwards."""
        if not self._is_closed:
            # A control frame's payload holds 125 bytes, two of them the code (RFC 6455, 5.5).
            short = reason.encode()[:120].decode(errors="ignore")
            self.put({"type": "websocket.close", "code": code, "reason": short})
            self._is_closed = True

    def abandon(self) -> None:
        """The socket is gone: forget what was kept."""
        self._is_closed = True
        self._kept.clear()
        self._kept_bytes = 0
        if self._task is not None:
            self._task.cancel()

    def _start(self, message: dict[str, Any]) -> None:
        # The first step is run here: a socket that takes the frame is done with it, and no task
        # was made (100 receivers would be 100 tasks per keystroke).
        coroutine = self._coroutine(message)
        try:
            waits_for = coroutine.send(None)
        except StopIteration:
            return
        except Exception:  # noqa: BLE001  # the server raises its own kinds when a socket is gone
            self.abandon()
            return
        loop = asyncio.get_running_loop()
        self.blocked_since = loop.time()
        self._task = loop.create_task(self._finish(coroutine, waits_for))
        self._on_blocked()

    async def _coroutine(self, message: dict[str, Any]) -> None:
        await self._send(message)

    async def _finish(self, coroutine: Generator[Any, Any, None] | Any, waits_for: Any) -> None:
        try:
            await _resumed(coroutine, waits_for)
            while self._kept:
                message = self._kept.pop(0)
                self._kept_bytes -= len(message.get("bytes", b""))
                await self._send(message)
        except Exception:  # noqa: BLE001  # as above: the socket is gone, its consumer will know
            self._task = None
            self.abandon()
            return
        self._task = None
        self.blocked_since = None
        if not self._is_closed:
            self._on_drained()


@types.coroutine
def _resumed(coroutine: Any, waits_for: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that was stepped by hand, inside a task."""
    while True:
        try:
            value = yield waits_for
        except BaseException as error:  # noqa: BLE001  # handed on to the coroutine, as await does
            step = lambda error=error: coroutine.throw(error)  # noqa: E731
        else:
            step = lambda value=value: coroutine.send(value)  # noqa: E731
        try:
            waits_for = step()  # type: ignore[no-untyped-call]
        except StopIteration:
            return
