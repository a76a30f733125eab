"""The clock of the run, and waiting for a condition with a bound."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

now = time.monotonic


async def until(claim: Callable[[], bool], within_s: float) -> bool:
    """Return whether ``claim`` came true in time."""
    deadline = now() + within_s
    while not claim():
        if now() > deadline:
            return False
        await asyncio.sleep(0.2)
    return True
