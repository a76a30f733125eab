"""Websocket routes. A table, no logic."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from collab import metrics
from collab.realtime.consumer import DocumentConsumer
from collab.realtime.registry import Registry

#: A malformed id is answered too: with 4404, like an unknown one.
DOCUMENT = re.compile(r"/ws/documents/(?P<document_id>[^/]{1,64})")

_PLAIN = [(b"content-type", b"text/plain; charset=utf-8")]


def routes(registry: Registry) -> Callable[[Any, Any, Any], Awaitable[None]]:
    """Return the socket routes of a process whose rooms are in ``registry``.

    Not a ``URLRouter``: two frames and two copies of the scope would stand on the stack for as long
    as a connection lives (1.6 KB each).
    """

    def route(scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        found = DOCUMENT.fullmatch(path)
        if found is None:
            return _not_found(scope, receive, send)
        consumer = DocumentConsumer(registry=registry, document_id=found["document_id"])
        return consumer(scope, receive, send)

    return route


async def _not_found(scope: Any, receive: Any, send: Any) -> None:
    """Answer 404 in the handshake: there is no such socket, whoever asks."""
    await receive()  # websocket.connect
    metrics.sockets_unknown.inc()
    if "websocket.http.response" not in scope.get("extensions", {}):
        # A server that can only refuse says 403.
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.http.response.start", "status": 404, "headers": _PLAIN})
    await send({"type": "websocket.http.response.body", "body": b"There is no such socket.\n"})
