"""How this process stands, said to Prometheus every second."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from collab import metrics
from collab.realtime.census import resident_bytes

if TYPE_CHECKING:
    from collab.realtime.registry import Registry

EVERY_S = 1.0


async def measure(registry: Registry) -> None:
    """Set the gauges until cancelled."""
    loop = asyncio.get_running_loop()
    metrics.processes.set(1)
    while True:
        metrics.rooms.set(len(registry.rooms))
        metrics.sockets.set(registry.peer_count)
        metrics.waiting_updates.set(registry.committer.waiting_count)
        metrics.log_lag_seconds.set(registry.committer.lag_s(loop.time()))
        metrics.memory_bytes.set(resident_bytes())
        asked = loop.time()
        await asyncio.sleep(EVERY_S)
        metrics.loop_lag_seconds.set(max(0.0, loop.time() - asked - EVERY_S))
