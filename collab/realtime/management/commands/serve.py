"""``manage.py serve``: the server in the foreground. SIGTERM drains."""

from __future__ import annotations

import argparse
import logging
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from collab.accounts.demo import DEMO_PASSWORD, DEMO_USERNAMES
from collab.accounts.models import User


class _Server(uvicorn.Server):
    """uvicorn, which closes sockets only after the rooms have committed and said goodbye."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # The chores run whether or not anybody opens a document.
            await import_string("collab.asgi.registry").start()
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        registry = import_string("collab.asgi.registry")
        await registry.drain()
        await super().shutdown(sockets)
        await registry.stop()


class Command(BaseCommand):
    """Serve pages, REST and sockets."""

    help = "Serve Scriptorium in the foreground; SIGTERM drains."
    requires_migrations_checks = False
    _has_demo = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare where to listen."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--fd", type=int, default=None, help="serve an inherited socket")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve until a signal ends it."""
        if options["fd"] is None:
            _require_free(options["host"], options["port"])
        # Access lines would name tokens that stand in the query of a socket's address.
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        config = uvicorn.Config(
            "collab.asgi:application",
            host=options["host"],
            port=options["port"],
            fd=options["fd"],
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            # Deflate costs half again the CPU and 2.6 times the memory (research/perf.md).
            ws_per_message_deflate=False,
            # One more than we accept, so that the answer to a large frame is ours, with a reason.
            ws_max_size=settings.ENV.max_frame_bytes + 1024,
            ws_ping_interval=20,
            ws_ping_timeout=20,
            access_log=False,
            log_config=None,
            lifespan="off",
            server_header=False,
            proxy_headers=settings.ENV.behind_tls_proxy,
            timeout_graceful_shutdown=10,
        )
        self._has_demo = User.objects.filter(username__in=DEMO_USERNAMES).exists()
        server = _Server(config, lambda: self._announce(options["host"], options["port"]))
        server.run()
        if not server.started:
            raise CommandError(f"cannot listen on {options['host']}:{options['port']}")

    def _announce(self, host: str, port: int) -> None:
        shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::") else host  # noqa: S104
        self.stdout.write(f"Scriptorium is on http://{shown}:{port} (Ctrl+C stops it)")
        if settings.DEMO_ACCOUNTS_ALLOWED and self._has_demo:
            names = " or ".join(DEMO_USERNAMES)
            self.stdout.write(f"Sign in as {names}, password {DEMO_PASSWORD}")
        self.stdout.flush()


def _require_free(host: str, port: int) -> None:
    """Say in words, before anything is loaded, that the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"cannot listen on {host}:{port}: {error.strerror}. "
                "Another port: manage.py serve --port N, or make run PORT=N"
            ) from error
