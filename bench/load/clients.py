"""The sockets of one measurement, and what comes in through them."""

from __future__ import annotations

import asyncio
import time
from array import array as numbers
from collections.abc import Iterable
from typing import Any

import psutil
from picows import WSListener, WSMsgType, WSTransport, ws_connect

from bench.load.asked import Load
from bench.wire import Flavour, Frame, array, insert, take_apart, varuint

now = time.perf_counter
#: Yjs client id of the first writer of a run.
FIRST_CLIENT = 1 << 20
CONNECT_AT_ONCE = 50
PATIENCE_S = 60.0


class Client(WSListener):  # type: ignore[misc]  # picows has no stubs
    """One socket in one document."""

    def __init__(self, run: Run, place: int, document: str) -> None:
        self.run = run
        self.place = place
        self.document = document
        self.number = FIRST_CLIENT + place
        self.client_id = varuint(self.number)
        self.prefix = run.flavour.prefix(document)
        self.clock = 0
        self.sent_at = numbers("d")
        self.acked = 0
        self.acked_at: list[tuple[int, float]] = []
        self.received_bytes = 0
        self.is_open = False
        self.synced: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.transport: WSTransport | None = None
        self._part: bytearray | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.is_open = True
        for message in self.run.flavour.greeting(self.document):
            transport.send(WSMsgType.BINARY, message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.is_open = False

    def on_ws_frame(self, transport: WSTransport, frame: Any) -> None:
        at = now()
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            transport.disconnect()
            return
        if kind not in (WSMsgType.BINARY, WSMsgType.CONTINUATION):
            return
        payload = frame.get_payload_as_bytes()
        if kind == WSMsgType.CONTINUATION or not frame.fin:
            self._part = (self._part or bytearray()) + payload
            if not frame.fin:
                return
            payload, self._part = bytes(self._part), None
        self.receive(payload, at)

    def receive(self, payload: bytes, at: float) -> None:
        frame = self.run.frame(payload, len(self.prefix))
        kind = frame.kind
        if kind == "update":
            frame.receivers.append(self.place)
            frame.times.append(at)
        elif kind == "ack":
            self.acked = frame.acked
            self.acked_at.append((frame.acked, at))
        elif kind == "state":
            self.received_bytes += len(payload)
            frame.receivers.append(self.place)
            frame.times.append(at)
            if not self.synced.done():
                self.synced.set_result(at)
        elif kind == "ask":
            self.send(self.prefix + b"\x00\x01\x02\x00\x00")

    def send(self, message: bytes) -> None:
        if self.transport is not None:
            self.transport.send(WSMsgType.BINARY, message)

    def write(self, length: int) -> None:
        update = insert(self.client_id, self.clock, length)
        self.sent_at.append(now())
        self.clock += length
        self.send(self.prefix + b"\x00\x02" + array(update))

    def close(self) -> None:
        if self.transport is not None:
            self.transport.disconnect()


class Run:
    """What one measurement asks, received, and sees of the server's processes."""

    def __init__(self, load: Load, *, wants_runs: bool = True) -> None:
        self.load = load
        self.flavour = Flavour(load.named)
        self._wants_runs = wants_runs
        self._urls = [load.url, *load.more_urls]
        self.frames: dict[bytes, Frame] = {}
        self.answers: list[Frame] = []
        self._processes = [psutil.Process(pid) for pid in load.pids]

    def frame(self, payload: bytes, offset: int) -> Frame:
        frame = self.frames.get(payload)
        if frame is None:
            frame = take_apart(payload, offset, wants_runs=self._wants_runs)
            if len(payload) < 65536:
                self.frames[payload] = frame
            else:
                self.answers.append(frame)
        return frame

    async def connect(self, place: int, document: str) -> Client:
        client = Client(self, place, document)
        in_document = place % max(1, self.load.clients)
        headers = []
        if self.load.tokens:
            token = self.load.tokens[in_document % len(self.load.tokens)]
            headers = [
                ("Authorization", f"Bearer {token}"),
                ("Sec-WebSocket-Protocol", "scriptorium.v1"),
            ]
        url = self._urls[in_document % len(self._urls)].replace("{document}", document)
        await ws_connect(
            lambda *_: client,
            url,
            extra_headers=headers or None,
            max_frame_size=256 << 20,
            websocket_handshake_timeout=PATIENCE_S,
        )
        await asyncio.wait_for(client.synced, PATIENCE_S)
        return client

    def places(self) -> list[tuple[int, str]]:
        """Return each client's number in the run, and its document."""
        count = self.load.clients
        return [
            (number * count + each, document)
            for number, document in enumerate(self.load.documents)
            for each in range(count)
        ]

    async def connect_all(self) -> list[Client]:
        """Connect every client; the first of each document before the others.

        Some peers fail when a room is opened twice at once.
        """
        count = self.load.clients
        places = self.places()
        clients: list[Client] = []
        for group in (
            [p for p in places if p[0] % count == 0],
            [p for p in places if p[0] % count],
        ):
            for start in range(0, len(group), CONNECT_AT_ONCE):
                part = group[start : start + CONNECT_AT_ONCE]
                clients += await asyncio.gather(*(self.connect(*each) for each in part))
        return sorted(clients, key=lambda client: client.place)

    def tree(self) -> Iterable[psutil.Process]:
        for process in self._processes:
            try:
                yield process
                yield from process.children(recursive=True)
            except psutil.Error:
                continue

    def cpu_s(self) -> float:
        times = [process.cpu_times() for process in self.tree()]
        return sum(each.user + each.system for each in times)

    def rss(self) -> int:
        return sum(process.memory_info().rss for process in self.tree())
