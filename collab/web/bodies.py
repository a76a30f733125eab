"""How large, and how slow, the body of a request may be: looked at before Django has any of it.

Django reads a whole body into memory, then into a file, before it looks at the address. So the
limit is here, by route: what no route takes is not read (docs/adr/0072).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

#: Methods whose requests have no use for a body.
_WITHOUT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
#: What a request without a use for it may have all the same: some clients send ``{}``.
LEAST = 64 * 1024


class BodyLimits:
    """An ASGI application in front of another.

    Args:
        routes: patterns of paths, the first that fits counts, with the most bytes of each.
        otherwise: the most bytes where none fits.
        session_cookie: its name: who has neither it nor a token is nobody, and sends little.
        idle_s: how long a body may bring nothing.
        rate: bytes a second that a body must bring on average, after ``idle_s``.
    """

    def __init__(
        self,
        app: App,
        routes: Sequence[tuple[str, int]],
        *,
        otherwise: int,
        session_cookie: str,
        idle_s: float = 30.0,
        rate: float = 4096.0,
    ) -> None:
        self._app = app
        self._routes = [(re.compile(pattern), limit) for pattern, limit in routes]
        self._otherwise = otherwise
        self._session = f"{session_cookie}=".encode()
        self._idle_s = idle_s
        self._rate = rate

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass the request on, or say why it is not taken."""
        headers = dict(scope["headers"])
        limit = self.limit(scope["method"], scope["path"])
        if not (headers.get(b"authorization") or self._session in headers.get(b"cookie", b"")):
            # Who is nobody uploads nothing: a form to sign in or up is small.
            limit = min(limit, LEAST)
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit():
            await _refuse(send, 400, "Bad request", "Content-Length is no number.")
            return
        # Compared by its digits first: a number of a megabyte is dear to read.
        if len(declared.lstrip(b"0")) > len(str(limit)) or int(declared) > limit:
            await _too_large(send, limit)
            return
        body = _Body(receive, limit, self._idle_s, self._rate)
        answer = _Answer(send)
        await self._app(scope, body.receive, answer.send)
        if answer.has_begun:
            return
        if body.is_too_large:
            await _too_large(send, limit)
        elif body.is_too_slow:
            await _refuse(send, 408, "Request timeout", "The body came too slowly.")

    def limit(self, method: str, path: str) -> int:
        """Return how many bytes the body of such a request may have."""
        if method in _WITHOUT:
            return LEAST
        for pattern, limit in self._routes:
            if pattern.fullmatch(path):
                return limit
        return self._otherwise


class _Body:
    """What comes in of a request, counted; one that is refused ends as if the client had gone."""

    def __init__(self, receive: Receive, limit: int, idle_s: float, rate: float) -> None:
        self._receive = receive
        self._limit = limit
        self._idle_s = idle_s
        self._rate = rate
        self._size = 0
        self._began = asyncio.get_running_loop().time()
        self._is_complete = False
        self.is_too_large = False
        self.is_too_slow = False

    async def receive(self) -> Any:
        if self._is_complete:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        until = self._began + self._idle_s + self._size / self._rate
        try:
            async with asyncio.timeout(min(self._idle_s, max(0.0, until - now))):
                message = await self._receive()
        except TimeoutError:
            self.is_too_slow = True
            return {"type": "http.disconnect"}
        if message["type"] != "http.request":
            return message
        self._size += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        if self._size > self._limit:
            self.is_too_large = True
            return {"type": "http.disconnect"}
        return message


class _Answer:
    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def send(self, message: Any) -> None:
        self.has_begun = True
        await self._send(message)


async def _too_large(send: Send, limit: int) -> None:
    await _refuse(
        send, 413, "Content too large", f"The body of this request may have {limit} bytes."
    )


async def _refuse(send: Send, status: int, title: str, detail: str) -> None:
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body = json.dumps(problem).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        # What is still to come of the body is not read.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
