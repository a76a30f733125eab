"""Websocket routes. A table, no logic."""

from __future__ import annotations

from channels.routing import URLRouter
from django.urls import re_path

from collab.realtime.consumer import DocumentConsumer
from collab.realtime.registry import Registry


def routes(registry: Registry) -> URLRouter:
    """Return the socket routes of a process whose rooms are in ``registry``."""
    return URLRouter(
        [
            # A malformed id is answered too: with 4404, like an unknown one.
            re_path(  # type: ignore[list-item]
                r"^ws/documents/(?P<document_id>[^/]{1,64})$",
                DocumentConsumer.as_asgi(registry=registry),  # type: ignore[arg-type]
            ),
        ]
    )
