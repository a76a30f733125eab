"""Measurements of writing: a fixed rate, and a rising one."""

from __future__ import annotations

import asyncio
import gc
import random
from typing import Any

from bench.load.account import Account, ack_delays, percentile_ms
from bench.load.asked import Load
from bench.load.clients import Client, Run, now
from bench.load.stages import Stage, quiet, write_at

#: A stage of a ramp is good up to this p99, in seconds; the ramp ends beyond it.
MAX_P99_S = 1.0
#: Deliveries after which a ramp ends: the generator keeps each in memory until they are counted.
MAX_DELIVERIES = 25_000_000


async def measure_rate(load: Load) -> dict[str, Any]:
    """A fixed rate for a while: latencies and CPU."""
    run = Run(load)
    clients = await run.connect_all()
    writers = _writers(load, clients)
    gc.collect()
    gc.disable()
    warm = await write_at(run, writers, load.rate, min(1.0, load.seconds / 3))
    stage = await write_at(run, writers, load.rate, load.seconds)
    await quiet(run, clients)
    _, result = Account(run, clients, [warm, stage]).results()
    late = await _late_joiner(run, clients)
    waits = ack_delays(clients)
    if len(waits):
        result |= {"ack_p50": percentile_ms(waits, 50), "ack_p99": percentile_ms(waits, 99)}
        result["unacked"] = sum(c.clock // load.length + 1 - c.acked for c in writers)
    for client in clients:
        client.close()
    return result | {"late_joiner_complete": late, "closed": sum(not c.is_open for c in clients)}


async def measure_ramp(load: Load) -> dict[str, Any]:
    """A rising rate, until latency or the generator gives out: the best stage."""
    run = Run(load)
    clients = await run.connect_all()
    writers = _writers(load, clients)
    gc.collect()
    gc.disable()
    stages: list[Stage] = []
    rate = load.rate
    end = "stages"
    for _ in range(load.stages):
        stages.append(await write_at(run, writers, rate, load.stage_s))
        probe = now()
        writers[0].write(load.length)
        arrived = await _arrival(run, writers[0], MAX_P99_S)
        if not arrived:
            end = "latency"
            break
        if stages[-1].gen > 0.95:
            end = "generator"
            break
        if sum(stage.sent for stage in stages) * (load.clients - 1) > MAX_DELIVERIES:
            end = "memory of the generator"
            break
        stages[-1].ended = probe
        rate *= load.factor
    await quiet(run, clients)
    results = Account(run, clients, stages).results()
    good = []
    for result in results:
        if not (result["p99"] <= MAX_P99_S * 1000 and result["complete"] >= 0.999):
            break
        good.append(result)
    late = await _late_joiner(run, clients)
    for client in clients:
        client.close()
    best = max(good, key=lambda r: r["delivered"], default=None)
    return {
        "saturation": best["delivered"] if best else 0.0,
        "per_cpu_s": best["delivered"] / max(best["cpu"], 0.01) if best else 0.0,
        "gen": best["gen"] if best else float("nan"),
        "lost": results[-1]["lost"],
        "late_joiner_complete": late,
        "end": end,
        "stages": results,
    }


async def _arrival(run: Run, writer: Client, within_s: float) -> bool:
    """Return whether the last update of ``writer`` reaches anybody in time."""
    deadline = now() + within_s
    seen = 0
    while now() < deadline:
        await asyncio.sleep(0.01)
        frames = list(run.frames.values())
        for frame in reversed(frames[max(0, seen - 1) :]):
            for number, clock, count in frame.runs:
                if number == writer.number and clock + count >= writer.clock:
                    return True
        seen = len(frames)
    return False


async def _late_joiner(run: Run, clients: list[Client]) -> bool:
    """Return whether somebody who comes afterwards is given all of the first document."""
    place = len(clients) + run.load.clients  # nobody's
    try:
        joiner = await run.connect(place, clients[0].document)
    except (TimeoutError, OSError):
        return False
    await asyncio.sleep(0.2)
    joiner.close()
    length: dict[int, int] = {}
    for frame in [*run.frames.values(), *run.answers]:
        if place in frame.receivers:
            for number, clock, count in frame.runs:
                length[number] = max(length.get(number, 0), clock + count)
    mine = clients[: run.load.clients]
    return all(length.get(client.number, 0) >= client.clock for client in mine)


def _writers(load: Load, clients: list[Client]) -> list[Client]:
    some = [c for c in clients if not load.writers or c.place % load.clients < load.writers]
    random.Random(1).shuffle(some)
    return some
