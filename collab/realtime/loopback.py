"""Under the development settings only this machine is answered, whatever server listens where.

``manage.py serve`` refuses another address before it listens; other servers (uvicorn, daphne's
``runserver``) are not asked, so that each connection is looked at, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collab.settings.guards import is_loopback

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Any, Receive, Send], Awaitable[None]]

SENTENCE = (
    b"The development settings answer this machine only. Set "
    b"DJANGO_SETTINGS_MODULE=collab.settings.prod, or DEVELOPMENT_ON_NETWORK=true.\n"
)


def loopback_only(app: App) -> App:
    """Return ``app``, which answers connections from this machine only."""

    async def guarded(scope: Message, receive: Receive, send: Send) -> None:
        # Where the connection arrived: an address of the network is how others get here.
        host, _port = scope.get("server") or ("", None)
        if not host or host.startswith("/") or is_loopback(host):
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4403})
        else:
            headers = [(b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": SENTENCE})

    return guarded
