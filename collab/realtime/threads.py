"""Threads for the database, so that the event loop never waits for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseThreads:
    """A pool whose threads keep their connections, and make new ones when the database was away."""

    def __init__(self, name: str, size: int, *, patience_s: float) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._patience_s = patience_s

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
                if time.monotonic() + pause_s > deadline:
                    raise
                logger.warning("database does not answer, trying again: %s", error)
                time.sleep(pause_s)
                pause_s = min(pause_s * 2, 1.0)

    def close(self) -> None:
        """Close the threads' connections and end the threads."""
        for _ in range(self._pool._max_workers):
            self._pool.submit(connections.close_all)
        self._pool.shutdown(wait=True)
