"""Bodies that are made piece by piece, under both kinds of server that Django knows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest


def streamed(
    request: HttpRequest, chunks: Iterator[bytes]
) -> Iterator[bytes] | AsyncIterator[bytes]:
    """Return ``chunks`` in the form that the server of ``request`` passes on as they come.

    Under ASGI each piece is made in the request's own thread, whose database connection is closed
    with the request; given a plain iterator, Django would first put all of it in memory.
    """
    return _in_thread(chunks) if isinstance(request, ASGIRequest) else chunks


async def _in_thread(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    def following() -> bytes | None:
        return next(chunks, None)

    while (chunk := await sync_to_async(following)()) is not None:
        yield chunk
