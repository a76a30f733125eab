"""uvicorn's WebSocket, with a short way in and out for what a room says often. See docs/adr/0010.

The library keeps the handshake, limits, pings, closing and conformance. Two things go past it:
whole, unfragmented binary frames are handed to a callback as they arrive, and frames that were
encoded once for a whole room are written to the transport, but only while it takes them: beyond
its high-water mark a frame goes the ASGI way, which waits.

An application finds the socket in ``scope["extensions"]``; on another server it is not there, and
plain ASGI does the same, slower.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State
from websockets.speedups import apply_mask

EXTENSION = "scriptorium.room_socket"

#: Takes a message; returns False to have it, and all that follow, delivered the ASGI way.
Sink = Callable[[bytes], bool]

_BINARY = 0x82
_MASKED = 0x80
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


class RoomSocket(WebSocketsSansIOProtocol):
    """One connection."""

    _sink: Sink | None = None
    #: What is still to come of a frame that the library reads; None: from now on it reads all.
    _owed: int | None = 0
    #: A frame's header that has not all arrived.
    _head: bytes = b""

    # -- out -------------------------------------------------------------------------------

    def write_frame(self, framed: bytes) -> bool:
        """Write a whole frame; return False where the socket does not take it now."""
        if self.close_sent or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(framed)
        return True

    # -- in --------------------------------------------------------------------------------

    def listen(self, sink: Sink) -> None:
        """Hand binary messages to ``sink`` from now on, those that wait in the queue first."""
        self._sink = sink
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
            else:
                self._owed = stop - at
        if at < end:
            self._read(data[at:])

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
