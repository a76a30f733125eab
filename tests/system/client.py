"""A small Python peer that speaks the socket's protocol frame by frame, well or badly."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from pycrdt import Doc, Text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from collab.protocol.codec import decode, encode
from collab.protocol.messages import (
    Awareness,
    Event,
    Message,
    PermissionDenied,
    Ping,
    Pong,
    Saved,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
)
from collab.types import StateVector, Update

PATIENCE_S = 30.0


class Peer:
    """A connection with a document behind it; use it as an async context manager.

    Args:
        url: of the document's socket.
        token: sent as a bearer token, if given.
        headers: others, such as Cookie and Origin.
    """

    def __init__(
        self, url: str, token: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self._url = url
        self._headers = dict(headers or {})
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self.doc: Doc[Text] = Doc(client_id=random.getrandbits(32))
        self.text = self.doc.get("notes", type=Text)
        self.saved = 0
        self.sent = 0
        self.events: list[dict[str, Any]] = []
        self.states: dict[int, str] = {}
        self.is_synced = False
        self.is_closed = False
        self.is_denied = False
        self.pong = 0
        self.patience_s = PATIENCE_S
        self._changed = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def socket(self) -> ClientConnection:
        assert self._socket is not None
        return self._socket

    async def __aenter__(self) -> Self:
        self._socket = await connect(
            self._url,
            additional_headers=self._headers,
            subprotocols=[Subprotocol("scriptorium.v1")],
            max_size=None,
        )
        self._task = asyncio.create_task(self._receive())
        with suppress(ConnectionClosed):  # refused at once: closed() tells how
            await self.send(SyncStep1(StateVector(self.doc.get_state())))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.socket.close()
        assert self._task is not None
        self._task.cancel()

    async def send(self, message: Message) -> None:
        await self.socket.send(encode(message))
        self.sent += isinstance(message, SyncStep2 | SyncUpdate)

    async def write(self, words: str) -> None:
        """Append words and wait until they are acknowledged."""
        await self.type(words)
        await self.until(lambda: self.saved >= self.sent)

    async def type(self, words: str) -> None:
        """Append words; the connection may be gone, then they are sent by the next one."""
        before = self.doc.get_state()
        self.text += words
        with suppress(ConnectionClosed):
            await self.send(SyncUpdate(Update(self.doc.get_update(before))))

    def use(self, doc: Doc[Text]) -> None:
        """Go on with the document of an earlier connection."""
        self.doc = doc
        self.text = doc.get("notes", type=Text)

    async def until(self, claim: Any) -> None:
        """Wait until ``claim`` holds; fail when it does not in time."""
        async with asyncio.timeout(self.patience_s):
            while not claim():
                self._changed.clear()
                await self._changed.wait()

    async def synced(self) -> Self:
        await self.until(lambda: self.is_synced or self.is_closed)
        return self

    def stall(self) -> None:
        """Read nothing more from the socket."""
        self.socket.transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        self.socket.transport.resume_reading()

    async def is_heard(self) -> bool:
        """Wait until all that was sent is dealt with; return False when we were closed for it."""
        token = self.pong + 1
        with suppress(ConnectionClosed):
            await self.send(Ping(token))
            await self.until(lambda: self.pong == token or self.is_closed)
        return self.pong == token

    async def closed(self) -> tuple[int | None, str]:
        """Wait for the other side to close; return its code and reason."""
        async with asyncio.timeout(PATIENCE_S):
            await self.socket.wait_closed()
        return self.socket.close_code, self.socket.close_reason or ""

    async def _receive(self) -> None:
        try:
            async for frame in self.socket:
                assert isinstance(frame, bytes)
                await self._take(decode(frame))
                self._changed.set()
        except ConnectionClosed:
            pass
        finally:
            self.is_closed = True
            self._changed.set()

    async def _take(self, message: Message) -> None:
        match message:
            case SyncStep1(vector):
                await self.send(SyncStep2(Update(self.doc.get_update(vector))))
            case SyncStep2(update):
                self.doc.apply_update(update)
                self.is_synced = True
            case SyncUpdate(update):
                self.doc.apply_update(update)
            case Saved(frames):
                self.saved = frames
            case Awareness(entries):
                self.states.update((e.client_id, e.state) for e in entries)
            case PermissionDenied():
                self.is_denied = True
            case Pong(token):
                self.pong = token
            case Event(payload):
                self.events.append(json.loads(payload))
            case _:
                pass
