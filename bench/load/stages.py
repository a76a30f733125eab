"""Writing at a constant rate for a while."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from bench.load.clients import Client, Run, now


@dataclass(slots=True)
class Stage:
    """One span of a constant rate."""

    rate: float
    began: float
    ended: float
    sent: int
    cpu: float
    gen: float


async def write_at(run: Run, writers: list[Client], rate: float, seconds: float) -> Stage:
    """Let each writer write ``rate`` times a second, in random order, evenly spread."""
    interval = 1.0 / (rate * len(writers))
    cpu_before, own_before = run.cpu_s(), time.process_time()
    began = due = now()
    sent = 0
    length = run.load.length
    while True:
        at = now()
        if at >= began + seconds:
            break
        burst = 0
        while due <= at and burst < 400:
            writers[sent % len(writers)].write(length)
            sent += 1
            due += interval
            burst += 1
        # Never a bare yield: the generator must not spin, or its own load could not be told.
        await asyncio.sleep(max(due - now(), 0.001))
    ended = now()
    span = ended - began
    return Stage(
        rate=rate,
        began=began,
        ended=ended,
        sent=sent,
        cpu=(run.cpu_s() - cpu_before) / span,
        gen=(time.process_time() - own_before) / span,
    )


async def quiet(run: Run, clients: list[Client], within_s: float = 40.0) -> None:
    """Wait until nothing arrives any more."""
    deadline = now() + within_s
    before, still = -1, 0
    while now() < deadline and still < 8:
        await asyncio.sleep(0.4)
        arrived = sum(len(frame.times) for frame in run.frames.values())
        arrived += sum(client.acked for client in clients)
        still = still + 1 if arrived == before else 0
        before = arrived
