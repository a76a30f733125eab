"""Group commit: one writer per process takes what waits of all rooms, commits, tells, repeats.

A commit begins at once while commits cost little; under load they rest (``pace.py``), and what
comes meanwhile is one batch.

While the database is away nothing is given up, however long that is (docs/adr/0070): what waits is
kept, up to a number of bytes, and tried again. Only a record that is refused for what is in it
costs its room what waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakSet

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError

from collab import metrics
from collab.realtime.background import Background
from collab.realtime.pace import Pace
from collab.realtime.threads import DatabaseThreads
from collab.room.ports import PendingUpdate, UpdateLog
from collab.types import Seq

logger = logging.getLogger(__name__)

#: So that a transaction stays short, and the wait for an acknowledgement with it (ADR 0005).
MAX_BATCH = 500
#: How long after a failure the database is tried again, in seconds: at first, and at most.
PAUSE_S = 0.05
MAX_PAUSE_S = 2.0
#: An outage is said in the log when it begins, and then so often, in seconds.
SAID_EVERY_S = 30.0
#: What an update takes in memory while it waits, beside its bytes.
OVERHEAD_BYTES = 500

#: What PostgreSQL says where others may be served: the lock of one document is not to be had
#: (lock_not_available, deadlock_detected, query_canceled).
_ONE_DOCUMENT = frozenset({"55P03", "40P01", "57014"})
#: What it says of a record that is beyond its limits (class 54), which no waiting mends.
_BEYOND_LIMITS = "54"


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
        background: keeps it going.
        max_waiting_bytes: what may wait while the database is away. A room that goes beyond is
            told that its edits are not kept: its browsers have them.
    """

    def __init__(
        self,
        log: UpdateLog,
        threads: DatabaseThreads,
        pace: Pace,
        background: Background | None = None,
        *,
        max_waiting_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._log = log
        self._threads = threads
        self._pace = pace
        self._background = background or Background()
        self._max_waiting_bytes = max_waiting_bytes
        #: CPU that the present batch took, here and in the thread.
        self._cost_s = 0.0
        self._waiting: list[_Waiting] = []
        self._waiting_bytes = 0
        self._committing: list[_Waiting] = []
        self._submitted_count = 0
        self._wake = asyncio.Event()
        #: Set, and put aside for a new one, when a batch is done with.
        self._progress = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        #: Since when the database takes nothing, by the loop's clock; None: it takes what comes.
        self._away_since: float | None = None
        self._said_at = float("-inf")
        self._pause_s = PAUSE_S
        #: Listeners whose document is locked by somebody, and when each is tried again.
        self._held: dict[int, float] = {}
        #: How many records this process has committed.
        self.committed_count = 0
        _all.add(self)

    @property
    def waiting_count(self) -> int:
        """The number of updates that are not committed yet."""
        return len(self._waiting) + len(self._committing)

    def lag_s(self, now: float) -> float:
        """Return how long the oldest of them has waited at ``now``, by ``time.monotonic``."""
        oldest = next((each[0] for each in (self._committing, self._waiting) if each), None)
        return 0.0 if oldest is None else now - oldest.since

    def start(self) -> None:
        """Begin to commit."""
        if self._task is None:
            self._task = self._background.keep("committer", self._run)

    async def stop(self, *, within_s: float | None = None) -> None:
        """Commit what waits, for so long at most, then end."""
        await self.drained(within_s=within_s)
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def drained(self, *, within_s: float | None = None) -> bool:
        """Wait until all that was submitted by now is committed, or given up.

        Not until nothing waits: while people write, something always does.

        Returns:
            False where it is not, after ``within_s`` seconds.
        """
        last = self._submitted_count
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._task is not None and self._has_until(last):
                    await self._progress.wait()
        return not self._has_until(last)

    def _has_until(self, number: int) -> bool:
        return any(each[0].number <= number for each in (self._committing, self._waiting) if each)

    def submit(self, listener: CommitListener, ticket: int, pending: PendingUpdate) -> None:
        """Commit ``pending`` soon, after all that was submitted before it."""
        self._submitted_count += 1
        loop = asyncio.get_running_loop()
        self._waiting.append(
            _Waiting(self._submitted_count, listener, ticket, pending, loop.time())
        )
        self._waiting_bytes += len(pending.update) + OVERHEAD_BYTES
        if self._waiting_bytes > self._max_waiting_bytes:
            # Not now: the listener is in the middle of what made it submit.
            loop.call_soon(self._give_up, listener, "too much waits for the database")
        self._wake.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        # It was ended in the middle of a batch: whether that is in the log, is not known.
        left, self._committing = self._committing, []
        self._waiting_bytes -= sum(map(_bytes, left))
        for listener in _listeners(left):
            self._give_up(listener, "the commit was broken off")
        self._wake.set()
        while True:
            await self._wake.wait()
            began = loop.time()
            batch = self._next_batch(began)
            if not batch:
                self._wake.clear()
                continue
            self._committing = batch
            self._cost_s = 0.0
            await self._commit(batch)
            self._committing = []
            self._note_progress()
            if self._away_since is not None:
                await asyncio.sleep(self._pause_s)
                self._pause_s = min(self._pause_s * 2, MAX_PAUSE_S)
                continue
            rest_s = self._pace.wait_s(began=began, ended=loop.time(), cost_s=self._cost_s)
            if rest_s > 0 and len(batch) < MAX_BATCH:
                await asyncio.sleep(rest_s)

    def _note_progress(self) -> None:
        progress, self._progress = self._progress, asyncio.Event()
        progress.set()

    def _next_batch(self, now: float) -> list[_Waiting]:
        if not self._held:
            first, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            return first
        due = [key for key, until in self._held.items() if until <= now]
        for key in due:
            del self._held[key]
        batch: list[_Waiting] = []
        rest: list[_Waiting] = []
        for each in self._waiting:
            is_taken = len(batch) < MAX_BATCH and id(each.listener) not in self._held
            (batch if is_taken else rest).append(each)
        self._waiting = rest
        return batch

    async def _commit(self, batch: list[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            seqs = await self._threads.run(self._append, [each.pending for each in batch])
        except Exception as error:  # noqa: BLE001  # whatever it was, the next batch must come
            await self._not_committed(batch, error)
            return
        if self._away_since is not None:
            logger.warning("the database takes updates again")
        self._away_since, self._pause_s = None, PAUSE_S
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

    async def _not_committed(self, batch: list[_Waiting], error: Exception) -> None:
        listeners = _listeners(batch)
        is_away, is_of_one = _is_away(error), _is_of_one(error)
        if len(listeners) > 1 and (is_of_one or not is_away):
            # One room's update is refused, or its document locked: the others are not held up.
            for listener in listeners:
                await self._commit([each for each in batch if each.listener is listener])
            return
        metrics.commits_failed.inc()
        if not is_away:
            logger.error("%d updates could not be committed", len(batch), exc_info=error)
            self._waiting_bytes -= sum(map(_bytes, batch))
            for listener in listeners:
                self._give_up(listener, f"the database refused: {type(error).__name__}")
            return
        now = asyncio.get_running_loop().time()
        # Still the oldest first.
        self._waiting = sorted([*batch, *self._waiting], key=lambda each: each.number)
        if is_of_one:
            self._held[id(batch[0].listener)] = now + MAX_PAUSE_S
            asyncio.get_running_loop().call_later(MAX_PAUSE_S, self._wake.set)
        elif self._away_since is None:
            self._away_since = now
        if now - self._said_at > SAID_EVERY_S:
            self._said_at = now
            logger.warning(
                "%d updates wait, the database does not take them: %s", self.waiting_count, error
            )

    def _give_up(self, listener: CommitListener, reason: str) -> None:
        kept = [each for each in self._waiting if each.listener is not listener]
        self._waiting_bytes -= sum(map(_bytes, self._waiting)) - sum(map(_bytes, kept))
        self._waiting = kept
        self._note_progress()
        try:
            listener.on_not_committed(reason)
        except Exception:  # of this room only
            logger.exception("a room could not be told that its edits are not kept")

    def _tell(self, batch: list[_Waiting], seqs: list[Seq | None]) -> None:
        appended: dict[int, list[tuple[int, PendingUpdate, Seq]]] = {}
        gone: set[int] = set()
        self._waiting_bytes -= sum(map(_bytes, batch))
        for each, seq in zip(batch, seqs, strict=True):
            if seq is None:
                gone.add(id(each.listener))
            else:
                self.committed_count += 1
                appended.setdefault(id(each.listener), []).append((each.ticket, each.pending, seq))
        for listener in _listeners(batch):
            if id(listener) in gone:
                self._give_up(listener, "the document is gone")
                continue
            try:
                listener.on_committed(appended[id(listener)])
            except Exception:
                # What the room holds of it is unknown; what the log holds is not.
                logger.exception("a room could not be told what was committed")
                self._give_up(listener, "what was committed could not be told")


_all: WeakSet[Committer] = WeakSet()


def longest_lag_s() -> float:
    """Return how long the oldest update of this process has waited for its commit."""
    now = time.monotonic()  # the clock of the event loop, too
    return max((each.lag_s(now) for each in tuple(_all)), default=0.0)


def _bytes(each: _Waiting) -> int:
    return len(each.pending.update) + OVERHEAD_BYTES


def _listeners(batch: list[_Waiting]) -> list[CommitListener]:
    return list({id(each.listener): each.listener for each in batch}.values())


def _sqlstate(error: Exception) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def _is_away(error: Exception) -> bool:
    """Return whether the database cannot take records now, rather than this record ever."""
    if isinstance(error, DataError | IntegrityError) or _sqlstate(error).startswith(_BEYOND_LIMITS):
        return False
    # Locked, full, read-only, gone, without its tables while a backup is put back.
    return isinstance(error, DatabaseError | InterfaceError)


def _is_of_one(error: Exception) -> bool:
    return _sqlstate(error) in _ONE_DOCUMENT
