"""What this process says of itself to administrators: a report every few seconds, in a thread."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

from django.db import DatabaseError

from collab.operations.services import (
    PeerReport,
    ProcessReport,
    RoomReport,
    process_forget,
    process_report,
)
from collab.realtime.background import all_ended
from collab.realtime.threads import DatabaseThreads

if TYPE_CHECKING:
    from collab.realtime.registry import Registry
    from collab.realtime.runner import RoomRunner

logger = logging.getLogger(__name__)

#: The loop is asked this often how late it is, in seconds.
LAG_PROBE_S = 0.25


class Census:
    """Counts what goes on in a process, and reports it."""

    def __init__(self, registry: Registry, threads: DatabaseThreads, *, every_s: float) -> None:
        self._registry = registry
        self._threads = threads
        self._every_s = every_s
        self._id = secrets.token_hex(16)
        self._started_at = datetime.now(UTC)
        self._lag_s = 0.0
        self._reported_records = 0
        #: When the database last took a report; None: none was tried yet.
        self._taken_at: float | None = None
        _all.add(self)

    def silence_s(self, now: float) -> float:
        """Return for how long the database has taken no report, beyond the time between two."""
        return 0.0 if self._taken_at is None else max(0.0, now - self._taken_at - self._every_s)

    async def run(self) -> None:
        """Report until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        if self._taken_at is None:
            self._taken_at = time.monotonic()
        while True:
            asked = loop.time()
            await asyncio.sleep(LAG_PROBE_S)
            self._lag_s = max(self._lag_s, loop.time() - asked - LAG_PROBE_S)
            if loop.time() >= due:
                due = loop.time() + self._every_s
                await self._report()

    async def _report(self) -> None:
        report = self._take()
        try:
            await self._threads.run(process_report, report)
            self._taken_at = time.monotonic()
        except DatabaseError as error:
            logger.warning("census put off, the database does not answer: %s", error)

    def _take(self) -> ProcessReport:
        committer = self._registry.committer
        lag_s, self._lag_s = self._lag_s, 0.0
        committed = committer.committed_count
        new, self._reported_records = committed - self._reported_records, committed
        return ProcessReport(
            process_id=self._id,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=self._started_at,
            memory_bytes=resident_bytes(),
            waiting_updates=committer.waiting_count,
            log_lag_ms=round(committer.lag_s(asyncio.get_running_loop().time()) * 1000),
            loop_lag_ms=round(lag_s * 1000),
            new_records=new,
            rooms=[_room(runner) for runner in self._registry.rooms],
            ended_work={name: asdict(ended) for name, ended in all_ended().items()},
        )

    async def end(self) -> None:
        """Take this process off the list."""
        self._taken_at = None
        try:
            await self._threads.run(process_forget, self._id)
        except DatabaseError:
            logger.warning("the census still names this process, for half a minute")


_all: WeakSet[Census] = WeakSet()


def longest_silence_s() -> float:
    """Return for how long the database has taken no report of this process, nor said why not."""
    now = time.monotonic()
    return max((each.silence_s(now) for each in tuple(_all)), default=0.0)


def _room(runner: RoomRunner) -> RoomReport:
    return RoomReport(
        document_id=runner.document_id,
        opened_at=runner.opened_at,
        peers=tuple(
            PeerReport(
                connection.identity.user_id,
                connection.identity.name,
                access.value,
                connection.joined_at,
            )
            for peer, connection in runner.connections.items()
            if (access := runner.room.access_of(peer)) is not None
        ),
        seq=int(runner.room.seq),
        waiting_updates=runner.room.waiting_count,
        size_bytes=runner.room.size_bytes,
    )


def resident_bytes() -> int:
    """Return the memory that this process holds; 0 where the system does not say."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
