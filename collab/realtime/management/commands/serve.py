"""``manage.py serve``: the server in the foreground. SIGTERM drains.

What is wrong is said first. Then this process becomes a small supervisor, and its child, which has
all loaded, the worker that serves (docs/adr/0091); with ``--workers N`` there are N (ADR 0011).
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
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils.module_loading import import_string

from collab.accounts.demo import DEMO_PASSWORD, DEMO_USERNAMES, demo_fault
from collab.accounts.models import User
from collab.realtime.http_socket import BoundedHttp
from collab.realtime.memory import give_large_blocks_back
from collab.realtime.migrated import database_fault
from collab.realtime.room_socket import RoomSocket
from collab.realtime.supervisor import Line, become, open_listener
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

    def __init__(self, config: uvicorn.Config, line: Line) -> None:
        super().__init__(config)
        self._line = line

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # The chores run whether or not anybody opens a document.
            await import_string("collab.asgi.registry").start()
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
        if options["fd"] is not None:
            # Nothing is looked up: the database may be away when a worker is started again.
            self._serve(socket.socket(fileno=options["fd"]), Line(options["line"]))
        else:
            _require_fit(host)
            self._supervise(_listener(host, port), options["workers"], _announcement(host, port))

    def _supervise(self, listener: socket.socket, workers: int, announcement: str) -> None:
        """Become the supervisor; return only in a child, when it has served."""
        connections.close_all()
        command = [sys.executable, sys.argv[0], "serve"]
        if workers > 1:
            # Whichever is asked for the metrics answers for all: they count into files here, and
            # must know where before they load anything.
            counts = tempfile.mkdtemp(prefix="scriptorium-metrics-")
            environment = inherited(PROMETHEUS_MULTIPROC_DIR=counts)
            become(command, listener, workers, announcement, counts=counts, environment=environment)
        ours, theirs = socket.socketpair()
        if pid := os.fork():
            become(command, listener, 1, announcement, adopted=(pid, ours), environment=inherited())
        # The worker: a group of its own, since a terminal's Ctrl+C is for the supervisor.
        os.setpgid(0, 0)
        ours.close()
        self._serve(listener, Line(theirs.detach()))

    def _serve(self, listener: socket.socket, line: Line) -> None:
        # Access lines would name tokens that stand in the query of a socket's address.
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        config = uvicorn.Config(
            "collab.asgi:application",
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
        server = _Server(config, line)
        server.run(sockets=[listener])
        if not server.started:
            raise CommandError("the server could not be started")


def _announcement(host: str, port: int) -> str:
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::") else host  # noqa: S104
    said = f"Scriptorium is on http://{shown}:{port} (Ctrl+C stops it)"
    if settings.DEMO_ACCOUNTS_ALLOWED and _has_demo():
        names = " or ".join(DEMO_USERNAMES)
        said += f"\nSign in as {names}, password {DEMO_PASSWORD}"
    return said


def _has_demo() -> bool:
    return User.objects.filter(username__in=DEMO_USERNAMES).exists()


def _require_fit(host: str) -> None:
    """Say in words what an operator has forgotten, before anything is served."""
    fault = settings.SERVING_FAULT
    if fault is None and settings.LOOPBACK_ONLY:
        fault = listening_fault(host, settings.ENV)
    fault = fault or database_fault()
    if fault is None and not settings.DEMO_ACCOUNTS_ALLOWED:
        fault = demo_fault()
    if fault is not None:
        raise CommandError(fault)


def _listener(host: str, port: int) -> socket.socket:
    """Return the socket that workers accept from; say in words that the port is taken."""
    try:
        return open_listener(host, port)
    except OSError as error:
        raise CommandError(
            f"cannot listen on {host}:{port}: {error.strerror}. "
            "Another port: manage.py serve --port N, or make run PORT=N"
        ) from error
