"""ASGI to messages and back: one consumer per websocket. No ORM, no CRDT here.

A Channels consumer that owns its receive loop: the stock dispatch makes a thread hop per message to
close old database connections, about 100 microseconds on the keystroke path (ADR 0004).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from django.http.cookie import parse_cookie
from django.http.request import validate_host

from collab import metrics
from collab.accounts.client_address import socket_address
from collab.protocol.close_codes import CloseCode
from collab.realtime.admission import Knock, Turned
from collab.realtime.config import RealtimeConfig
from collab.realtime.intake import Intake
from collab.realtime.room_socket import RoomSocket, room_socket

if TYPE_CHECKING:
    from collab.realtime.registry import Registry

SUBPROTOCOL = "scriptorium.v1"
#: How long a peer has to answer our close frame before its socket is dropped, in seconds.
CLOSE_WAIT_S = 5.0


class DocumentConsumer(AsyncWebsocketConsumer):
    """The socket of one peer in one document.

    Args:
        document_id: as it stands in the path.
    """

    def __init__(self, *, registry: Registry, document_id: str) -> None:
        super().__init__()
        self.registry = registry
        self.document_id = document_id

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection from handshake to end."""
        # What is only needed to enter is forgotten with the call.
        intake = await self._enter(scope, receive, send)
        if intake is None:
            return
        try:
            await self._serve(intake, receive, room_socket(scope))
        finally:
            intake.leave()

    async def _enter(self, scope: Any, receive: Any, send: Any) -> Intake | None:
        """Let the peer into its room; None: it is turned away, and knows why."""
        config = self.registry.config
        await receive()  # websocket.connect
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        token = _token(scope, headers)
        # A browser always states its origin. Without one a cookie is not believed: only a token is.
        if (origin and not _is_own(origin, headers, config)) or (not origin and token is None):
            await send({"type": "websocket.close", "code": CloseCode.NO_ACCESS})
            return None
        speaks_v1 = SUBPROTOCOL in scope.get("subprotocols", ())
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if speaks_v1 else None})
        entered = await self.registry.enter(
            Knock(
                document_id=self.document_id,
                token=token,
                session_key=None if token is not None else _session_key(headers, config),
                address=socket_address(scope),
            )
        )
        if isinstance(entered, Turned):
            await _refuse(entered, receive, send)
            return None
        runner, peer = entered.runner, entered.peer
        socket = room_socket(scope)
        runner.join(
            peer,
            send,
            entered.admitted,
            speaks_v1=speaks_v1,
            write=None if socket is None else socket.write_frame,
        )
        intake = Intake(runner, peer, config)
        if socket is not None:
            socket.listen(intake.take)
        return intake

    async def _serve(self, intake: Intake, receive: Any, socket: RoomSocket | None) -> None:
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                return
            frame = event.get("bytes")
            if frame is None:
                intake.close(CloseCode.BAD_FRAME, "text frame")
            elif await intake.take_any(frame):
                if socket is not None:
                    socket.listen(intake.take)
                continue
            await _until_closed(receive)
            return


async def _refuse(turned: Turned, receive: Any, send: Any) -> None:
    metrics.sockets_closed.labels(int(turned.code)).inc()
    # Accepted first: a browser cannot read why a handshake was refused.
    await send({"type": "websocket.close", "code": int(turned.code), "reason": turned.reason})
    await _until_closed(receive)


async def _until_closed(receive: Any) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_WAIT_S):
            while (await receive())["type"] != "websocket.disconnect":
                pass


def _token(scope: Any, headers: dict[bytes, bytes]) -> str | None:
    scheme, _, value = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token")
    return given[0] if given else None


def _session_key(headers: dict[bytes, bytes], config: RealtimeConfig) -> str | None:
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    return cookies.get(config.session_cookie)


def _is_own(origin: str, headers: dict[bytes, bytes], config: RealtimeConfig) -> bool:
    """Return whether a page of ours, or of a site that we trust, opened the socket.

    As Django's CSRF check: cookies are shared by all ports of a host, so the port counts too.
    """
    if origin in config.trusted_origins:
        return True
    scheme, _, netloc = origin.partition("://")
    own = headers.get(b"host", b"").decode("latin-1").lower()
    host = own.rpartition(":")[0] if ":" in own.rpartition("]")[2] else own
    return (
        scheme in ("http", "https") and netloc == own and validate_host(host, config.allowed_hosts)
    )
