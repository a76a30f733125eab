"""The short way through the socket gives what the library's way gives, in the same order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from collab.realtime.room_socket import Flag, Mailbox, RoomSocket, room_socket, server_frame
from tests.system.conftest import free_port

MAX_SIZE = 100_000


class App:
    """Notes what arrives, by the short way and by ASGI's; closes when it is told to."""

    def __init__(self) -> None:
        self.short: list[bytes] = []
        self.all: list[bytes | str] = []
        self.closed: int | None = None
        self.socket: RoomSocket | None = None
        self.ended = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.socket = room_socket(scope)
        assert self.socket is not None
        self.socket.listen(self.take)
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                self.closed = event.get("code")
                self.ended.set()
                return
            self.all.append(event.get("bytes") or event.get("text"))
            if event.get("text") == "end":
                await send({"type": "websocket.close", "code": 4000})

    def take(self, frame: bytes) -> bool:
        if frame == b"refuse":
            return False
        self.short.append(frame)
        self.all.append(frame)
        return True


async def until(claim: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not claim():  # noqa: ASYNC110  # what is waited for tells nobody
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served() -> AsyncIterator[tuple[App, str]]:
    app, port = App(), free_port()
    config = uvicorn.Config(
        app, port=port, ws=RoomSocket, ws_max_size=MAX_SIZE, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield app, f"ws://127.0.0.1:{port}/"
    server.should_exit = True
    await task


def masked(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def conversation(chance: random.Random) -> tuple[bytes, list[bytes | str]]:
    """Return bytes of a client, and the messages in them: all sizes, texts, pings, fragments."""
    stream = b""
    messages: list[bytes | str] = []
    for number in range(60):
        size = chance.choice([0, 1, 5, 125, 126, 300, 65_535, 65_536, 70_000])
        data = bytes([97 + number % 26]) * size + b"."
        kind = chance.random()
        if kind < 0.6:
            stream += masked(Opcode.BINARY, data)
            messages.append(data)
        elif kind < 0.7:
            stream += masked(Opcode.TEXT, data)
            messages.append(data.decode())
        elif kind < 0.85:
            stream += masked(Opcode.PING, b"?")
        else:
            half = len(data) // 2
            stream += masked(Opcode.BINARY, data[:half], fin=False)
            stream += masked(Opcode.PING, b"between")
            stream += masked(Opcode.CONT, data[half:])
            messages.append(data)
    return stream, messages


async def write(client: ClientConnection, stream: bytes, chance: random.Random) -> None:
    """Write bytes in pieces that end anywhere, in the midst of headers too."""
    at = 0
    while at < len(stream):
        piece = chance.choice([1, 2, 3, 7, 100, 5_000, 100_000])
        client.transport.write(stream[at : at + piece])
        at += piece
        if chance.random() < 0.3:
            await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(6))
async def test_every_message_arrives_once_and_in_order(seed: int) -> None:
    chance = random.Random(seed)
    async with served() as (app, url), connect(url, compression=None) as client:
        stream, messages = conversation(chance)
        await write(client, stream, chance)
        # Binary and text messages go two ways; each keeps its order, and a text waits its turn.
        await until(lambda: len(app.all) == len(messages))
        for kind in (bytes, str):
            assert [m for m in app.all if isinstance(m, kind)] == [
                m for m in messages if isinstance(m, kind)
            ]


async def test_what_the_application_refuses_goes_the_asgi_way_and_so_does_the_rest() -> None:
    async with served() as (app, url), connect(url, compression=None) as client:
        for data in (b"one", b"refuse", b"three"):
            await client.send(data)
        await until(lambda: len(app.all) == 3)
        assert app.short == [b"one"]
        assert app.all == [b"one", b"refuse", b"three"]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (Frame(Opcode.BINARY, b"x" * (MAX_SIZE + 1)).serialize(mask=True), 1009),
        (Frame(Opcode.BINARY, b"unmasked").serialize(mask=False), 1002),
        (b"\xf2" + masked(Opcode.BINARY, b"reserved bits")[1:], 1002),
        (masked(Opcode.TEXT, b"\xff"), 1007),
        (masked(Opcode.BINARY, b"a", fin=False) + masked(Opcode.BINARY, b"b"), 1002),
    ],
    # Masks are random, and ids made of frames with them: every worker must collect the same ids.
    ids=["too large", "unmasked", "reserved bits", "no UTF-8", "begun anew"],
)
async def test_broken_frames_are_refused_as_the_library_refuses_them(
    frame: bytes, code: int
) -> None:
    async with served() as (app, url), connect(url, compression=None) as client:
        await client.send(b"before")
        await until(lambda: app.short == [b"before"])
        client.transport.write(frame)
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == code
        await app.ended.wait()


async def test_nothing_is_written_past_a_full_buffer_or_after_a_close() -> None:
    async with served() as (app, url), connect(url, compression=None) as client:
        await until(lambda: app.socket is not None)
        assert app.socket is not None
        assert app.socket.write_frame(server_frame(b"hello"))
        assert await client.recv() == b"hello"
        client.transport.pause_reading()
        frame = server_frame(b"x" * 60_000)
        taken = 0
        while app.socket.write_frame(frame):
            taken += 1
            assert taken < 1000
            await asyncio.sleep(0)
        client.transport.resume_reading()
        for _ in range(taken):
            assert len(await client.recv()) == 60_000
        await client.send("end")
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == 4000
        assert not app.socket.write_frame(frame)


def test_frames_of_all_lengths() -> None:
    for size in (0, 125, 126, 65_535, 65_536):
        data = b"x" * size
        assert server_frame(data) == Frame(Opcode.BINARY, data).serialize(mask=False)


# -- what an idle connection holds -------------------------------------------------------------


async def test_an_idle_connection_holds_no_headers_and_no_dictionary() -> None:
    """A browser's headers are read once. A new uvicorn may set names that are no slots of ours."""
    cookie = {"Cookie": "x" * 4000}
    async with served() as (app, url), connect(url, additional_headers=cookie) as peer:
        await peer.send(b"one")
        await until(lambda: app.short == [b"one"])
        socket = app.socket
        assert socket is not None
        headers = [*socket.request.headers, *socket.response.headers, *socket.scope["headers"]]
        assert (socket.__dict__, headers) == ({}, [])


async def test_a_flag_lets_go_all_who_wait_and_nobody_after_it_is_cleared() -> None:
    flag = Flag()
    waits = [asyncio.create_task(flag.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    assert (flag.is_set(), [each.done() for each in waits]) == (False, [False] * 3)
    waits[1].cancel()
    flag.set()
    one, given_up, two = await asyncio.gather(*waits, return_exceptions=True)
    assert (one, two) == (True, True)
    assert isinstance(given_up, asyncio.CancelledError)
    assert await flag.wait() is True
    flag.clear()
    late = asyncio.create_task(flag.wait())
    await asyncio.sleep(0)
    assert not late.done()
    flag.set()
    assert await late is True
    assert "set" in repr(flag)


async def test_a_mailbox_gives_all_in_order_and_loses_nothing_to_a_reader_who_gives_up() -> None:
    box = Mailbox()
    reader = asyncio.create_task(box.get())
    await asyncio.sleep(0)
    reader.cancel()
    for number in range(3):
        box.put_nowait(number)
    await asyncio.gather(reader, return_exceptions=True)
    assert (box.qsize(), box.empty()) == (3, False)
    assert [await box.get(), box.get_nowait(), await box.get()] == [0, 1, 2]
    waiting = asyncio.create_task(box.get())
    await asyncio.sleep(0)
    box.put_nowait("late")
    assert await waiting == "late"
    assert box.empty()
    assert "Mailbox" in repr(box)
