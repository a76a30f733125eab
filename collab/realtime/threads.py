"""Threads for the database, so that the event loop never waits for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Generic, ParamSpec, TypeVar
from weakref import WeakSet

from django.db import InterfaceError, InternalError, OperationalError, connections

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Question = TypeVar("Question")
Answer = TypeVar("Answer")

#: For so long a thread whose connection was closed takes no other job, so that the next such job
#: finds another thread.
_REST_S = 0.02


class DatabaseThreads:
    """A pool whose threads keep their connections, and make new ones when the database was away."""

    def __init__(self, name: str, size: int, *, patience_s: float) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._patience_s = patience_s
        self._is_closed = False
        self._closings: list[Future[None]] = []
        _all.add(self)

    async def run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``job`` in a thread; try again for ``patience_s`` while the database is away.

        Raises:
            OperationalError: the database stayed away.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: self._patiently(job, *args, **kwargs))

    def _patiently(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        deadline = time.monotonic() + self._patience_s
        pause_s = 0.05
        while True:
            try:
                return job(*args, **kwargs)
            except (OperationalError, InterfaceError) as error:
                connections.close_all()
                if _is_read_only(error):
                    _close_those_at_rest()
                if self._is_closed or time.monotonic() + pause_s > deadline:
                    raise
                logger.warning("database does not answer, trying again: %s", error)
                time.sleep(pause_s)
                pause_s = min(pause_s * 2, 1.0)
            except InternalError:
                # Such as a server that only reads now: a new connection may reach one that writes.
                connections.close_all()
                raise

    def close_those_at_rest(self) -> None:
        """Close the connections of the threads that have nothing to do; wait for nothing."""
        if all(each.done() for each in self._closings):
            with suppress(RuntimeError):  # the pool was closed meanwhile
                self._closings = [
                    self._pool.submit(_close_and_rest) for _ in range(self._pool._max_workers)
                ]

    def close(self, *, within_s: float = 5.0) -> bool:
        """Close the threads' connections and end the threads.

        Returns:
            False where one is still at work after ``within_s`` seconds, such as on a database that
            does not answer. It ends when that work does.
        """
        self._is_closed = True
        ends = [self._pool.submit(connections.close_all) for _ in range(self._pool._max_workers)]
        _, still = wait(ends, within_s)
        self._pool.shutdown(wait=not still, cancel_futures=True)
        return not still


_all: WeakSet[DatabaseThreads] = WeakSet()


def _is_read_only(error: Exception) -> bool:
    return getattr(error.__cause__, "sqlite_errorname", "").startswith("SQLITE_READONLY")


def _close_those_at_rest() -> None:
    """Close the connections that no thread of this process uses now.

    SQLite's files for writing ahead are shared by all connections of a process, and stay open as
    long as one of them is. What was opened while it could only be read stays so: a single idle
    connection of those would keep every new one from writing, for ever.
    """
    for threads in tuple(_all):
        threads.close_those_at_rest()


def _close_and_rest() -> None:
    connections.close_all()
    time.sleep(_REST_S)


class Together(Generic[Question, Answer]):
    """Answers in a thread, one call at a time: what is asked during a call is in the next one.

    A thousand that ask at once cost as many queries as a few. Each call begins after all that it
    answers were asked, so no answer is older than its question.

    Args:
        answer: gives an answer to each of several questions, in order.
        at_most: questions of one call; a bound on how long it takes.
    """

    def __init__(
        self,
        threads: DatabaseThreads,
        answer: Callable[[Sequence[Question]], Sequence[Answer]],
        *,
        at_most: int,
    ) -> None:
        self._threads = threads
        self._answer = answer
        self._at_most = at_most
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Answer:
        """Return the answer.

        Raises:
            Exception: what ``answer`` raised for this question.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, future))
        if self._task is None:
            self._task = loop.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[: self._at_most]
                del self._waiting[: self._at_most]
                await self._settle(batch)
        finally:
            self._task = None
            # Only when the process ends: nobody is left waiting for an answer that cannot come.
            for _, future in self._waiting:
                future.cancel()
            self._waiting = []

    async def _settle(self, batch: list[tuple[Question, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._threads.run(self._answer, [question for question, _ in batch])
            if len(answers) != len(batch):
                raise RuntimeError("not as many answers as questions")
        except Exception as error:  # noqa: BLE001  # whatever it was, it is told to who asked
            is_away = isinstance(error, OperationalError | InterfaceError)
            if len(batch) > 1 and not is_away:
                # One question may be bad: the others are not refused for it.
                for each in batch:
                    await self._settle([each])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
