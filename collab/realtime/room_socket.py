"""uvicorn's WebSocket, with a short way in and out for what a room says often. See docs/adr/0010.

The library keeps the handshake, limits, pings, closing and conformance. Two things go past it:
whole, unfragmented binary frames are handed to a callback as they arrive, and frames that were
encoded once for a whole room are written to the transport, but only while it takes them: beyond
its high-water mark a frame goes the ASGI way, which waits.

An application finds the socket in ``scope["extensions"]``; on another server it is not there, and
plain ASGI does the same, slower.

Most connections do nothing most of the time, so what one holds is kept small (docs/adr/0010): no
queues that are never filled, no headers once they are read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import State
from websockets.speedups import apply_mask

EXTENSION = "scriptorium.room_socket"

#: Takes a message; returns False to have it, and all that follow, delivered the ASGI way.
Sink = Callable[[bytes], bool]

_BINARY = 0x82
_MASKED = 0x80
#: How long frames of one read are handed on before the other connections have their turn.
TURN_S = 0.005
#: The most fragments of one message.
MAX_FRAGMENTS = 10_000
#: A connection that has failed is read until nothing has come for so long, and up to so much.
QUIET_S = 1.0
MAX_IGNORED_BYTES = 64 * 1024 * 1024
#: Longer frames, and their limit, are the library's.
_LONGEST = 0xFFFF


def server_frame(payload: bytes) -> bytes:
    """Return ``payload`` as a whole binary frame of a server (RFC 6455, 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((_BINARY, length)) + payload
    if length <= _LONGEST:
        return bytes((_BINARY, 126)) + length.to_bytes(2, "big") + payload
    return bytes((_BINARY, 127)) + length.to_bytes(8, "big") + payload


class Flag(asyncio.Event):
    """An ``asyncio.Event`` that takes 700 bytes less: it has a list of who waits only if any do."""

    def __init__(self) -> None:
        self._value = False
        self._waiters: list[asyncio.Future[None]] | None = None  # type: ignore[assignment]

    def is_set(self) -> bool:
        """Return whether it is set."""
        return self._value

    def set(self) -> None:
        """Let go all who wait."""
        self._value = True
        waiters, self._waiters = self._waiters, None
        for future in waiters or ():
            if not future.done():
                future.set_result(None)

    def clear(self) -> None:
        """Let those wait who come from now on."""
        self._value = False

    async def wait(self) -> Literal[True]:
        """Return once it is set."""
        if not self._value:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters = [*(self._waiters or ()), future]
            await future
        return True


class Mailbox(asyncio.Queue[Any]):
    """An ``asyncio.Queue`` of one reader, mostly empty, in a tenth of the memory."""

    # What the library's own methods read.
    _maxsize = _unfinished_tasks = 0
    _getters = _putters = ()

    def __init__(self) -> None:
        self._queue: list[Any] = []
        self._reader: asyncio.Future[None] | None = None

    def qsize(self) -> int:
        """Return how many events wait."""
        return len(self._queue)

    def empty(self) -> bool:
        """Return whether none does."""
        return not self._queue

    def put_nowait(self, item: Any) -> None:
        """Add an event; wake the reader."""
        self._queue.append(item)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def get_nowait(self) -> Any:
        """Return the oldest event."""
        return self._queue.pop(0)

    async def get(self) -> Any:
        """Return the oldest event, once there is one."""
        while not self._queue:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._queue.pop(0)


class RoomSocket(WebSocketsSansIOProtocol):
    """One connection."""

    # The names that the library sets, too: as slots of ours they need no dictionary (1.6 KB).
    __slots__ = (
        "_head",
        "_left_to_ignore",
        "_owed",
        "_rest",
        "_sink",
        *("app", "app_state", "asgi_version", "client", "close_sent", "close_timeout"),
        *("close_timer", "config", "conn", "connections", "curr_msg_data_type"),
        *("default_headers", "disconnected", "frames", "handshake_complete"),
        *("handshake_initiated", "initial_response", "last_ping_rtt", "logger", "loop"),
        *("pending_ping_payload", "ping_interval", "ping_sent_at", "ping_timeout"),
        *("ping_timer", "pong_timer", "queue", "read_paused", "request", "response"),
        *("root_path", "scheme", "scope", "server", "tasks", "transport", "writable"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue = Mailbox()
        self.writable = Flag()
        self.writable.set()
        self._sink: Sink | None = None
        #: What is still to come of a frame that the library reads; None: from now on it reads all.
        self._owed: int | None = 0
        #: A frame's header that has not all arrived.
        self._head = b""
        #: What has arrived and waits for the next turn of the loop; None: nothing does.
        self._rest: bytes | None = None
        #: After a failure: how much of what is still under way is read, and thrown away.
        self._left_to_ignore: int | None = None

    # -- out -------------------------------------------------------------------------------

    def write_frame(self, framed: bytes) -> bool:
        """Write a whole frame; return False where the socket does not take it now."""
        if self.close_sent or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(framed)
        return True

    # -- in --------------------------------------------------------------------------------

    def listen(self, sink: Sink) -> None:
        """Hand binary messages to ``sink`` from now on, those that wait in the queue first.

        The handshake is over, so its headers go: 6 KB of a browser's.
        """
        self._sink = sink
        self.request.headers.clear()
        self.response.headers.clear()
        headers: Any = self.scope["headers"]
        headers.clear()
        waiting = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        for event in waiting:
            payload = event.get("bytes")
            if not (isinstance(payload, bytes) and self._deliver(payload)):
                self.queue.put_nowait(event)
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self.transport.resume_reading()

    def handle_connect(self, event: Request) -> None:
        """Let the application find this socket."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: Any = self.scope["extensions"]
            extensions[EXTENSION] = self

    def data_received(self, data: bytes) -> None:
        """Deliver what stands here in whole frames; the library reads everything else."""
        if not self.handshake_initiated:
            super().data_received(data)
            if not data.endswith(b"\r\n\r\n"):
                self._owed = None
            return
        if self._left_to_ignore is not None:
            self._ignore(data)
            return
        if self._rest is not None:
            self._rest += data
            return
        began = time.perf_counter()
        if self._head:
            data, self._head = self._head + data, b""
        at, end = 0, len(data)
        while at < end and self._owed is not None:
            if self._owed:
                part = data[at : at + self._owed]
                self._owed -= len(part)
                at += len(part)
                self._read(part)
                continue
            start, stop = _bounds(data, at)
            if not start:
                self._head = data[at:]
                return
            is_plain = data[at] == _BINARY and data[at + 1] & _MASKED and stop - start <= _LONGEST
            if self._sink is not None and is_plain and stop <= end:
                self._receive(apply_mask(data[start:stop], data[start - 4 : start]))
                at = stop
                if at < end and time.perf_counter() - began > TURN_S:
                    self._go_on_later(data[at:])
                    return
            else:
                self._owed = stop - at
        if at < end:
            self._read(data[at:])

    def _go_on_later(self, rest: bytes) -> None:
        """Let the others have their turn: one read may hold thousands of frames."""
        self._rest = rest
        self.transport.pause_reading()
        self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        rest, self._rest = self._rest or b"", None
        if self.transport.is_closing():
            return
        if not self.read_paused:
            self.transport.resume_reading()
        self.data_received(rest)

    def handle_cont(self, event: Frame) -> None:
        """Take a part of a message; too many parts are refused, however small each is."""
        super().handle_cont(event)
        if len(self.frames) > MAX_FRAGMENTS:
            self.frames = []
            self.conn.fail(1009, "too many fragments")
            self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        """Say goodbye, and read on for a while without listening.

        Were the connection closed at once, the system would answer what is still under way with a
        reset, which takes our close frame with it: the peer would see 1006 and try again.
        """
        if self._left_to_ignore is not None:
            return
        closed = self.conn.close_sent
        code, reason = (1006, "") if closed is None else (closed.code, closed.reason)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._left_to_ignore = MAX_IGNORED_BYTES
        self.close_timer = self.loop.call_later(QUIET_S, self.transport.close)
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def _ignore(self, data: bytes) -> None:
        self._left_to_ignore = (self._left_to_ignore or 0) - len(data)
        if self._left_to_ignore <= 0:
            self.transport.close()
        elif self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = self.loop.call_later(QUIET_S, self.transport.close)

    def _read(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.state is not State.OPEN or self.conn.current_size is not None:
            # Closing, or in the middle of a message of several frames.
            self._owed = None

    def _receive(self, payload: bytes) -> None:
        if not self._deliver(payload):
            self.frames, self.curr_msg_data_type = [payload], "bytes"
            super().send_receive_event_to_app()

    def send_receive_event_to_app(self) -> None:
        """Hand on a whole message that the library has read."""
        if self._sink is None or self.curr_msg_data_type != "bytes":
            super().send_receive_event_to_app()
            return
        frames, self.frames = self.frames, []
        self._receive(bytes(frames[0]) if len(frames) == 1 else b"".join(frames))

    def _deliver(self, payload: bytes) -> bool:
        if self._sink is None:
            return False
        if self.close_sent or self.disconnected:
            return True  # dropped, as the library does
        if self._sink(payload):
            return True
        self._sink = None
        return False


def _bounds(data: bytes, at: int) -> tuple[int, int]:
    """Return where the payload of the frame at ``at`` starts and stops; zeros: header cut off."""
    if at + 2 > len(data):
        return 0, 0
    length = data[at + 1] & 0x7F
    start = at + 2
    if length > 125:
        start += 2 if length == 126 else 8
        length = int.from_bytes(data[at + 2 : start], "big")
    if data[at + 1] & _MASKED:
        start += 4
    return (start, start + length) if start <= len(data) else (0, 0)


def room_socket(scope: Mapping[str, Any]) -> RoomSocket | None:
    """Return the socket of a connection, where the server has this kind."""
    found = scope.get("extensions", {}).get(EXTENSION)
    return found if isinstance(found, RoomSocket) else None
