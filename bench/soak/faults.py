"""What breaks during the run."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import signal

import psutil

from bench.servers import psql
from bench.soak.cluster import WORKERS, Cluster, Redis
from bench.soak.waiting import now, until

#: The longest that it may take to replace all processes, in seconds: each is drained.
MAX_ROLL_S = 120.0


class Faults:
    """What breaks, in turn. In the second half nobody is killed, so that memory can be judged."""

    def __init__(self, cluster: Cluster, redis: Redis, database: str) -> None:
        self._cluster = cluster
        self._redis = redis
        self._database = database
        self.happened: list[tuple[float, str]] = []
        self.unfinished_rolls = 0

    async def run(self, began: float, seconds: float, every_s: float) -> None:
        deadly = itertools.cycle(
            [self.kill, self.redis_gone, self.freeze, self.cut_database, self.roll]
        )
        mild = itertools.cycle([self.redis_gone, self.freeze, self.cut_database])
        # The last fifth is quiet, and so are the first seconds.
        while (at := now() - began) < seconds * 0.8 - every_s:
            await asyncio.sleep(every_s)
            fault = next(deadly if at < seconds * 0.4 else mild)
            self.happened.append((now() - began, fault.__name__))
            await fault()

    async def kill(self) -> None:
        if workers := self._cluster.workers:
            random.choice(workers).kill()

    async def freeze(self) -> None:
        if workers := self._cluster.workers:
            worker = random.choice(workers)
            with contextlib.suppress(psutil.Error):
                worker.suspend()
                await asyncio.sleep(5)
                worker.resume()

    async def redis_gone(self) -> None:
        await asyncio.to_thread(self._redis.kill)
        await asyncio.sleep(5)
        await asyncio.to_thread(self._redis.start)

    async def cut_database(self) -> None:
        await asyncio.to_thread(
            psql,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "  # noqa: S608  # the run's own name
            f"WHERE datname = '{self._database}'",
        )

    async def roll(self) -> None:
        before = {worker.pid for worker in self._cluster.workers}
        self._cluster.signal(signal.SIGHUP)

        def is_over() -> bool:
            return len(after := {w.pid for w in self._cluster.workers}) == WORKERS and not (
                after & before
            )

        self.unfinished_rolls += not await until(is_over, MAX_ROLL_S)
