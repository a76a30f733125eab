"""Group commit: one writer per process takes what waits of all rooms, commits, tells, repeats.

A commit begins at once while commits cost little; under load they rest (``pace.py``), and what
comes meanwhile is one batch.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass
from typing import Protocol

from django.db import OperationalError

from collab import metrics
from collab.realtime.pace import Pace
from collab.realtime.threads import DatabaseThreads
from collab.room.ports import PendingUpdate, UpdateLog
from collab.types import Seq

logger = logging.getLogger(__name__)

#: So that a transaction stays short, and the wait for an acknowledgement with it (ADR 0005).
MAX_BATCH = 500


class CommitListener(Protocol):
    """Who is told what became of its appends."""

    def on_committed(self, appended: list[tuple[int, PendingUpdate, Seq]]) -> None:
        """These are in the database, under these numbers."""

    def on_not_committed(self, reason: str) -> None:
        """Appends of this listener are not, and will not be, in the database."""


@dataclass(slots=True)
class _Waiting:
    #: Counts what was submitted, from 1.
    number: int
    listener: CommitListener
    ticket: int
    pending: PendingUpdate
    #: When it was submitted, by the loop's clock.
    since: float


class Committer:
    """The one writer of a process.

    Args:
        pace: how long it rests between two commits.
    """

    def __init__(self, log: UpdateLog, threads: DatabaseThreads, pace: Pace) -> None:
        self._log = log
        self._threads = threads
        self._pace = pace
        #: CPU that the present batch took, here and in the thread.
        self._cost_s = 0.0
        self._waiting: list[_Waiting] = []
        self._committing: list[_Waiting] = []
        self._submitted_count = 0
        self._wake = asyncio.Event()
        #: Set, and put aside for a new one, when a batch is done with.
        self._progress = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        #: How many records this process has committed.
        self.committed_count = 0

    @property
    def waiting_count(self) -> int:
        """The number of updates that are not committed yet."""
        return len(self._waiting) + len(self._committing)

    def lag_s(self, now: float) -> float:
        """Return how long the oldest of them has waited at ``now``, by the loop's clock."""
        oldest = next((each[0] for each in (self._committing, self._waiting) if each), None)
        return 0.0 if oldest is None else now - oldest.since

    def start(self) -> None:
        """Begin to commit."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Commit what waits, then end."""
        await self.drained()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def drained(self) -> None:
        """Wait until all that was submitted by now is committed, or given up.

        Not until nothing waits: while people write, something always does.
        """
        last = self._submitted_count
        while self._task is not None and self._has_until(last):
            await self._progress.wait()

    def _has_until(self, number: int) -> bool:
        return any(each[0].number <= number for each in (self._committing, self._waiting) if each)

    def submit(self, listener: CommitListener, ticket: int, pending: PendingUpdate) -> None:
        """Commit ``pending`` soon, after all that was submitted before it."""
        self._submitted_count += 1
        since = asyncio.get_running_loop().time()
        self._waiting.append(_Waiting(self._submitted_count, listener, ticket, pending, since))
        self._wake.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            began = loop.time()
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            if not self._waiting:
                self._wake.clear()
            self._committing = batch
            self._cost_s = 0.0
            await self._commit(batch)
            self._committing = []
            progress, self._progress = self._progress, asyncio.Event()
            progress.set()
            rest_s = self._pace.wait_s(began=began, ended=loop.time(), cost_s=self._cost_s)
            if rest_s > 0 and len(batch) < MAX_BATCH:
                await asyncio.sleep(rest_s)

    async def _commit(self, batch: list[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            seqs = await self._threads.run(self._append, [each.pending for each in batch])
        except Exception as error:  # whatever it was, the next batch must come
            by_listener: dict[int, list[_Waiting]] = {}
            for each in batch:
                by_listener.setdefault(id(each.listener), []).append(each)
            if len(by_listener) > 1 and not isinstance(error, OperationalError):
                # One room's update is refused, not the database away: the others are not held up.
                for own in by_listener.values():
                    await self._commit(own)
                return
            logger.exception("%d updates could not be committed", len(batch))
            metrics.commits_failed.inc()
            for own in by_listener.values():
                self._give_up(own[0].listener, error)
            return
        metrics.commit_seconds.observe(loop.time() - began)
        metrics.commit_records.observe(len(batch))
        cost_began = time.thread_time()
        self._tell(batch, seqs)
        self._cost_s += time.thread_time() - cost_began
        metrics.ack_seconds.observe(loop.time() - batch[0].since)

    def _append(self, batch: list[PendingUpdate]) -> list[Seq | None]:
        began = time.thread_time()
        try:
            return self._log.append(batch)
        finally:
            self._cost_s += time.thread_time() - began

    def _give_up(self, listener: CommitListener, error: Exception) -> None:
        self._waiting = [each for each in self._waiting if each.listener is not listener]
        listener.on_not_committed(f"the database refused: {type(error).__name__}")

    def _tell(self, batch: list[_Waiting], seqs: list[Seq | None]) -> None:
        appended: dict[int, list[tuple[int, PendingUpdate, Seq]]] = {}
        gone: set[int] = set()
        listeners = {}
        for each, seq in zip(batch, seqs, strict=True):
            listeners[id(each.listener)] = each.listener
            if seq is None:
                gone.add(id(each.listener))
            else:
                self.committed_count += 1
                appended.setdefault(id(each.listener), []).append((each.ticket, each.pending, seq))
        for key, listener in listeners.items():
            if key in gone:
                listener.on_not_committed("the document is gone")
            else:
                listener.on_committed(appended[key])
