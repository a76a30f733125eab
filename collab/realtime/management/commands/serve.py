"""``manage.py serve``: the server in the foreground. SIGTERM drains.

With ``--workers N`` it is a supervisor of N processes behind the one port (docs/adr/0011).
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils.module_loading import import_string
from prometheus_client.multiprocess import mark_process_dead

from collab.accounts.demo import DEMO_PASSWORD, DEMO_USERNAMES, demo_fault
from collab.accounts.models import User
from collab.realtime.http_socket import BoundedHttp
from collab.realtime.memory import give_large_blocks_back
from collab.realtime.room_socket import RoomSocket
from collab.realtime.supervisor import Line, Supervisor, open_listener
from collab.settings.env import inherited
from collab.settings.guards import listening_fault

logger = logging.getLogger(__name__)

#: How long a busy event loop keeps the interpreter from the thread that commits. At Python's 5 ms a
#: commit of ten steps waits ten times as long, and acknowledgements with it.
SWITCH_INTERVAL_S = 0.0005


#: A process that was told to end and has not ended after so long is ended, in seconds: whatever a
#: thread waits for, such as a database that took its question and does not answer.
END_WITHIN_S = 25.0


class _Server(uvicorn.Server):
    """uvicorn, which closes sockets only after the rooms have committed and said goodbye."""

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], None], line: Line | None
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._line = line

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # The chores run whether or not anybody opens a document.
            await import_string("collab.asgi.registry").start()
            self._announce()
            if self._line is not None:
                self._line.say_ready()
                asyncio.get_running_loop().add_reader(self._line, _drain_alone, self._line)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        _end_within(END_WITHIN_S)
        for server in self.servers:
            server.close()
        registry = import_string("collab.asgi.registry")
        await registry.drain()
        await super().shutdown(sockets)
        await registry.stop()


def _end_within(seconds: float) -> None:
    """End this process after so long, whatever it waits for."""

    def end() -> None:
        logger.error("not ended within %d s, ending now", seconds)
        logging.shutdown()
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def _drain_alone(line: Line) -> None:
    """The supervisor is gone: end as it would have ended us."""
    asyncio.get_running_loop().remove_reader(line)
    os.kill(os.getpid(), signal.SIGTERM)


class Command(BaseCommand):
    """Serve pages, REST and sockets."""

    help = "Serve Scriptorium in the foreground; SIGTERM drains."
    requires_migrations_checks = False
    _has_demo = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare where to listen."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--workers", type=int, default=1, help="processes; more than one need Redis"
        )
        parser.add_argument("--fd", type=int, help="serve an inherited listening socket")
        parser.add_argument("--line", type=int, help="a worker's line to its supervisor")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve until a signal ends it."""
        host, port = options["host"], options["port"]
        if options["workers"] > 1 and not settings.ENV.redis_url:
            raise CommandError(
                "Several processes tell each other by Redis what was written: "
                "set REDIS_URL, or serve with one worker."
            )
        if options["fd"] is None:
            _require_fit(host)
            _require_free(host, port)
        self._has_demo = User.objects.filter(username__in=DEMO_USERNAMES).exists()
        if options["workers"] > 1:
            self._supervise(host, port, options["workers"])
        else:
            self._serve(host, port, options["fd"], options["line"])

    def _supervise(self, host: str, port: int, workers: int) -> None:
        connections.close_all()
        command = [sys.executable, sys.argv[0], "serve"]
        # Whichever worker is asked for the metrics answers for all: they count into files here.
        with tempfile.TemporaryDirectory(prefix="scriptorium-metrics-") as counts:
            supervisor = Supervisor(
                command,
                open_listener(host, port),
                workers,
                announce=lambda: self._announce(host, port),
                on_ended=lambda pid: mark_process_dead(pid, counts),  # type: ignore[no-untyped-call]
                environment=inherited(PROMETHEUS_MULTIPROC_DIR=counts),
            )
            status = supervisor.run()
        sys.exit(status)

    def _serve(self, host: str, port: int, fd: int | None, line: int | None) -> None:
        # Access lines would name tokens that stand in the query of a socket's address.
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        config = uvicorn.Config(
            "collab.asgi:application",
            host=host,
            port=port,
            loop="uvloop",
            http=BoundedHttp,
            ws=RoomSocket,
            # Deflate costs half again the CPU and 2.6 times the memory (ADR 0006).
            ws_per_message_deflate=False,
            # One more than we accept, so that the answer to a large frame is ours, with a reason.
            ws_max_size=settings.ENV.max_frame_bytes + 1024,
            ws_ping_interval=20,
            ws_ping_timeout=20,
            access_log=False,
            log_config=None,
            lifespan="off",
            server_header=False,
            # Whose address a request has, NUM_PROXIES says, for all: accounts/client_address.py.
            proxy_headers=False,
            timeout_graceful_shutdown=10,
        )
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        give_large_blocks_back()
        server = _Server(
            config,
            # The supervisor announces for its workers.
            (lambda: None) if line is not None else lambda: self._announce(host, port),
            None if line is None else Line(line),
        )
        server.run(sockets=None if fd is None else [socket.socket(fileno=fd)])
        if not server.started:
            raise CommandError(f"cannot listen on {host}:{port}")

    def _announce(self, host: str, port: int) -> None:
        shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::") else host  # noqa: S104
        self.stdout.write(f"Scriptorium is on http://{shown}:{port} (Ctrl+C stops it)")
        if settings.DEMO_ACCOUNTS_ALLOWED and self._has_demo:
            names = " or ".join(DEMO_USERNAMES)
            self.stdout.write(f"Sign in as {names}, password {DEMO_PASSWORD}")
        self.stdout.flush()


def _require_fit(host: str) -> None:
    """Say in words what an operator has forgotten, before anything is served."""
    fault = settings.SERVING_FAULT
    if fault is None and settings.LOOPBACK_ONLY:
        fault = listening_fault(host, settings.ENV)
    if fault is None and not settings.DEMO_ACCOUNTS_ALLOWED:
        fault = demo_fault()
    if fault is not None:
        raise CommandError(fault)


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
