"""The long-lived work of a process: noticed when it ends, counted, told, and begun again.

A task of asyncio that ends by an exception says so only to who waits for it, and nobody waits for
work that should never end. So all such work is begun here (docs/adr/0070); ``/readyz`` and the
self-check show what has ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

from collab import metrics

logger = logging.getLogger(__name__)

#: How long after its end work is begun again, in seconds: at first, and at most.
PAUSE_S = 0.1
MAX_PAUSE_S = 5.0
#: Work that went on for so long is begun again after the shortest pause, in seconds.
LONG_LIFE_S = 60.0

Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Ended:
    """Work that should not have ended, and has."""

    #: How often, since the process began.
    count: int = 0
    #: Why, the last time.
    why: str = ""
    #: It has not been begun again yet.
    is_stopped: bool = False


class Background:
    """The background work of one process, or of a part of it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        #: By the name of the work.
        self.ended: dict[str, Ended] = {}
        _all.add(self)

    def keep(self, name: str, work: Work) -> asyncio.Task[None]:
        """Do ``work``, which never ends by itself, until the task is cancelled."""
        return self._begin(self._kept(name, work), name)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do ``work``, which ends by itself; its failure is logged."""
        self._begin(work, None).add_done_callback(_log_failure)

    async def end(self) -> None:
        """Cancel all of it, and wait until it has ended."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.ended.clear()

    def _begin(self, work: Coroutine[Any, Any, Any], name: str | None) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _kept(self, name: str, work: Work) -> None:
        loop = asyncio.get_running_loop()
        pause_s = PAUSE_S
        while True:
            began = loop.time()
            try:
                await work()
                why = "it returned"
                logger.error("background work %s has ended, though it should not", name)
            except Exception as error:
                why = f"{type(error).__name__}: {error}"
                logger.exception("background work %s has ended", name)
            metrics.background_ended.labels(name).inc()
            if loop.time() - began >= LONG_LIFE_S:
                pause_s = PAUSE_S
            ended = self.ended.setdefault(name, Ended())
            ended.count += 1
            ended.why, ended.is_stopped = why, True
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, MAX_PAUSE_S)
            ended.is_stopped = False


_all: WeakSet[Background] = WeakSet()


def all_ended() -> dict[str, Ended]:
    """Return what has ended in this process and should not have, by the name of the work."""
    return {name: ended for each in tuple(_all) for name, ended in tuple(each.ended.items())}


def _log_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("background work failed", exc_info=error)
