"""The writers: each is a replica without a CRDT, whose every letter can be accounted for."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from picows import WSListener, WSMsgType, WSTransport, ws_connect

from bench.soak.waiting import now
from bench.wire import array, insert, read_varuint, runs_of, varuint

#: Yjs client id of the first writer.
FIRST_CLIENT = 1 << 20


@dataclass(slots=True)
class World:
    """What all writers of a run share."""

    url: str
    documents: list[str]
    #: One per writer of a document.
    tokens: list[str]
    #: Whether the time for writing is over: now they only wait for what is under way.
    ends: bool = False
    #: When each letter left, by client and clock; how long the latest took to the probes.
    sent_at: dict[tuple[int, int], float] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    #: How often a connection ended, by close code or by what failed.
    closes: Counter[str] = field(default_factory=Counter)
    #: The longest that anybody has waited for an acknowledgement.
    unsaved_s: float = 0.0


class Writer(WSListener):  # type: ignore[misc]  # picows has no stubs
    """A replica that adds to its own run of text, and keeps it until the server has it."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.document = world.documents[number % len(world.documents)]
        self.token = world.tokens[number // len(world.documents)]
        self.number = FIRST_CLIENT + number
        self.client = varuint(self.number)
        self.clock = 0
        #: How far the server says that it has committed; and since when there is more.
        self.kept = 0
        self.unsaved_since: float | None = None
        #: What this replica has of each client, its own included.
        self.vector: dict[int, int] = {}
        #: Two writers of each document measure how long the others' updates take.
        self.is_probe = number < 2 * len(world.documents)
        self._covers: deque[int] = deque()
        self._acked = 0
        self._transport: WSTransport | None = None
        self._closed = asyncio.Event()
        self._is_synced = False
        #: What came of a message whose last frame has not.
        self._part = b""

    # -- the socket ------------------------------------------------------------------------

    async def live(self, rate: float) -> None:
        """Write until the run ends, over as many connections as it takes."""
        while not (self.world.ends and self.is_saved):
            try:
                await self._connected(rate)
            except (OSError, TimeoutError):
                self.world.closes["no connection"] += 1
            except Exception as error:  # noqa: BLE001  # picows raises its own on a refused handshake
                self.world.closes[type(error).__name__] += 1
            await asyncio.sleep(random.uniform(0.1, 1.0))

    async def _connect(self) -> None:
        self._closed.clear()
        self._covers.clear()
        self._acked = 0
        await ws_connect(
            lambda *_: self,
            self.world.url.replace("{document}", self.document),
            extra_headers=[
                ("Authorization", f"Bearer {self.token}"),
                ("Sec-WebSocket-Protocol", "scriptorium.v1"),
            ],
            max_frame_size=64 << 20,
            websocket_handshake_timeout=15,
            enable_auto_ping=True,
            auto_ping_idle_timeout=20,
            auto_ping_reply_timeout=20,
        )

    async def _connected(self, rate: float) -> None:
        """Write over one connection, until it closes."""
        await self._connect()
        closed = asyncio.ensure_future(self._closed.wait())
        try:
            while not self._closed.is_set():
                if self.world.ends and self.is_saved:
                    # Stay: what others wrote last may still be on its way.
                    await closed
                    return
                await asyncio.wait([closed], timeout=random.uniform(0.5, 1.5) / rate)
                if not self._closed.is_set() and not self.world.ends and self._is_synced:
                    self._write()
        finally:
            closed.cancel()

    @property
    def is_saved(self) -> bool:
        return self.kept >= self.clock

    @property
    def is_connected(self) -> bool:
        return self._transport is not None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.disconnect()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._is_synced = False
        parts = [varuint(client) + varuint(clock) for client, clock in self.vector.items()]
        vector = varuint(len(parts)) + b"".join(parts)
        self._send(b"\x00\x00" + array(vector))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = None
        self._closed.set()

    def _send(self, message: bytes) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.BINARY, message)

    def on_ws_frame(self, transport: WSTransport, frame: Any) -> None:
        kind = frame.msg_type
        if kind == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif kind == WSMsgType.CLOSE:
            code = int(frame.get_close_code() or 1005)
            self.world.closes[str(code)] += 1
            transport.disconnect()
        elif kind in (WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._part += frame.get_payload_as_bytes()
            if frame.fin:
                payload, self._part = self._part, b""
                self._take(payload)

    def _take(self, payload: bytes) -> None:
        kind, at = read_varuint(payload, 0)
        if kind == 100:
            self._take_ack(read_varuint(payload, at)[0])
        elif kind == 0:
            step, at = read_varuint(payload, at)
            _, at = read_varuint(payload, at)
            if step == 0:
                self._answer(payload, at)
            else:
                self._is_synced |= step == 1
                self._apply(payload, at)

    # -- the replica -----------------------------------------------------------------------

    def _write(self) -> None:
        self.world.sent_at[self.number, self.clock] = now()
        update = insert(self.client, self.clock)
        self.clock += 1
        self._offer(2, update)

    def _offer(self, step: int, update: bytes) -> None:
        """Send what an acknowledgement will count: an update (step 2) or an answer (step 1)."""
        self._covers.append(self.clock)
        if self.unsaved_since is None:
            self.unsaved_since = now()
        self.vector[self.number] = self.clock
        self._send(b"\x00" + bytes([step]) + array(update))

    def _answer(self, payload: bytes, at: int) -> None:
        """The server says what it has: give it what it lacks of ours."""
        count, at = read_varuint(payload, at)
        theirs = 0
        for _ in range(count):
            client, at = read_varuint(payload, at)
            clock, at = read_varuint(payload, at)
            if client == self.number:
                theirs = clock
        lacks = self.clock - theirs
        self._offer(1, insert(self.client, theirs, lacks) if lacks > 0 else b"\x00\x00")

    def _take_ack(self, frames: int) -> None:
        while self._acked < frames:
            self._acked += 1
            self.kept = max(self.kept, self._covers.popleft())
        if self.unsaved_since is not None:
            self.world.unsaved_s = max(self.world.unsaved_s, now() - self.unsaved_since)
        self.unsaved_since = None if self.is_saved else now()

    def _apply(self, payload: bytes, at: int) -> None:
        for client, clock, length in runs_of(payload, at):
            has = self.vector.get(client, 0)
            # A gap would be a lost update: the vector stops there and the comparison finds it.
            if clock <= has:
                self.vector[client] = max(has, clock + length)
            if self.is_probe and client != self.number:
                for each in range(clock, clock + length):
                    sent = self.world.sent_at.get((client, each))
                    if sent is not None:
                        self.world.delays.append(now() - sent)
