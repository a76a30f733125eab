"""Measurements of those who only read: resting, joining, and not reading at all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from bench.load.asked import Load
from bench.load.clients import CONNECT_AT_ONCE, Client, Run, now
from bench.load.stages import write_at
from bench.wire import array


async def measure_idle(load: Load) -> dict[str, Any]:
    """Connections that do nothing: how many a second, and what each costs."""
    run = Run(load)
    rss_before, cpu_before, began = run.rss(), run.cpu_s(), now()
    limit = asyncio.Semaphore(CONNECT_AT_ONCE)
    clients: list[Client] = []
    failed = 0

    async def one(place: int, document: str) -> None:
        nonlocal failed
        async with limit:
            try:
                clients.append(await run.connect(place, document))
            except (TimeoutError, OSError):
                failed += 1

    await asyncio.gather(*(one(*each) for each in run.places()))
    took = now() - began
    cpu = run.cpu_s() - cpu_before
    await asyncio.sleep(2)
    rss = run.rss()
    resting, at = run.cpu_s(), now()
    await asyncio.sleep(3)
    idle_cpu = (run.cpu_s() - resting) / (now() - at)
    for client in clients:
        client.close()
    await asyncio.sleep(0.3)
    return {
        "connects_per_s": len(clients) / took,
        "kib_each": (rss - rss_before) / 1024 / max(1, len(clients)),
        "cpu_ms_each": cpu * 1000 / max(1, len(clients)),
        "idle_cpu": idle_cpu,
        "failed": failed,
    }


async def measure_join(load: Load) -> dict[str, Any]:
    """People who open a large document, one after the other and all at once."""
    run = Run(load, wants_runs=False)
    document = load.documents[0]
    seed = await asyncio.to_thread(Path(load.seed).read_bytes)
    expected = len(seed)
    began = now()
    cold = await run.connect(0, document)
    cold_ms = (now() - began) * 1000
    if cold.received_bytes < expected / 2:
        # This server has no store: what it holds is given to it first.
        cold_ms = float("nan")
        cold.send(cold.prefix + b"\x00\x02" + array(seed))
        for _ in range(300):
            probe = await run.connect(1, document)
            probe.close()
            if probe.received_bytes > expected / 2:
                break
            await asyncio.sleep(0.2)
    waits = []
    cpu_before = run.cpu_s()
    for each in range(load.repetitions):
        began = now()
        client = await run.connect(2 + each, document)
        waits.append(client.synced.result() - began)
        client.close()
        await asyncio.sleep(0.05)
    cpu_ms = (run.cpu_s() - cpu_before) * 1000 / load.repetitions
    began, cpu_before = now(), run.cpu_s()
    many = await asyncio.gather(*(run.connect(100 + each, document) for each in range(20)))
    together_ms = (now() - began) * 1000
    together_cpu_ms = (run.cpu_s() - cpu_before) * 1000
    complete = all(client.received_bytes > expected / 2 for client in many)
    for client in (cold, *many):
        client.close()
    await asyncio.sleep(0.1)
    return {
        "cold_ms": cold_ms,
        "warm_ms": sorted(waits)[len(waits) // 2] * 1000,
        "cpu_ms": cpu_ms,
        "together_ms": together_ms,
        "together_cpu_ms": together_cpu_ms,
        "bytes": many[0].received_bytes,
        "complete": complete,
    }


async def measure_stall(load: Load) -> dict[str, Any]:
    """Readers that stop reading while others write: the server's memory."""
    run = Run(load, wants_runs=False)
    clients = await run.connect_all()
    stalled = [
        await run.connect(len(clients) + load.clients + each, load.documents[0])
        for each in range(load.stalled)
    ]
    await write_at(run, clients, load.rate, 1.0)
    for client in stalled:
        assert client.transport is not None
        client.transport.underlying_transport.pause_reading()
    before = run.rss()
    stage = await write_at(run, clients, load.rate, load.seconds)
    growth = run.rss() - before
    for client in (*clients, *stalled):
        client.close()
    await asyncio.sleep(0.1)
    written = stage.sent * load.length
    return {
        "growth_mib": growth / 2**20,
        "written_mib": written / 2**20,
        "per_written": growth / written / max(1, load.stalled),
        "gen": stage.gen,
    }
