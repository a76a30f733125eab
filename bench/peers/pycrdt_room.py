"""pycrdt-websocket as its documentation starts it, under uvicorn."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from pycrdt.websocket import ASGIServer, WebsocketServer

server = WebsocketServer()
rooms = ASGIServer(server)


@contextlib.asynccontextmanager
async def _running() -> AsyncIterator[None]:
    async with server:
        yield


async def application(scope, receive, send) -> None:  # type: ignore[no-untyped-def]  # ASGI
    if scope["type"] != "lifespan":
        await rooms(scope, receive, send)
        return
    await receive()
    async with _running():
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
