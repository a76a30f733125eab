"""Background work that belongs to no room: each chore runs in a database thread, again and again.

``asgi.py`` names the chores. Every process runs all of them, so that none depends on one process: a
chore takes what it works on by a row lock (``select_for_update(skip_locked=True)``) or is harmless
when two do it at once. A chore that fails is logged and tried again at its next turn.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass

from collab.realtime.threads import DatabaseThreads

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """Work to be done every ``every_s`` seconds.

    ``run`` blocks; it should return within a second, leave the rest to its next turn, and not
    call pycrdt on a large document: that holds the GIL (ADR 0012).
    """

    name: str
    every_s: float
    run: Callable[[], None]


async def run_chore(chore: Chore, threads: DatabaseThreads) -> None:
    """Run ``chore`` until cancelled."""
    while True:
        # Jitter, so that the processes of a cluster do not all look at once.
        await asyncio.sleep(chore.every_s * random.uniform(0.8, 1.2))  # noqa: S311
        try:
            await threads.run(chore.run)
        except Exception:  # whatever it was, the next turn must come
            logger.exception("chore %s failed", chore.name)
