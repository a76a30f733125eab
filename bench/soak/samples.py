"""Latency and memory, looked at every few seconds of the run, and drawn at its end."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.machine import Machine
from bench.soak.cluster import Cluster
from bench.soak.waiting import now
from bench.soak.writer import World, Writer

SAMPLE_S = 5.0


@dataclass(slots=True)
class Sample:
    """One look: latencies since the look before, memory of each process now."""

    at: float
    p50_ms: float
    p99_ms: float
    rss_mib: dict[int, float]
    connected: int


async def watch(
    world: World,
    writers: list[Writer],
    cluster: Cluster,
    machine: Machine,
    samples: list[Sample],
    began: float,
) -> None:
    """Add a sample every `SAMPLE_S`, until it is cancelled."""
    own = psutil.Process()  # servers and Redis are below it
    while True:
        await asyncio.sleep(SAMPLE_S)
        await asyncio.to_thread(machine.sample, [own])
        delays, world.delays = sorted(world.delays), []
        rss = {}
        for worker in cluster.workers:
            with contextlib.suppress(psutil.Error):
                rss[worker.pid] = worker.memory_info().rss / 2**20
        samples.append(
            Sample(
                at=now() - began,
                p50_ms=delays[len(delays) // 2] * 1000 if delays else float("nan"),
                p99_ms=delays[int(len(delays) * 0.99)] * 1000 if delays else float("nan"),
                rss_mib=rss,
                connected=sum(writer.is_connected for writer in writers),
            )
        )
        for writer in writers:
            if writer.unsaved_since is not None:
                world.unsaved_s = max(world.unsaved_s, now() - writer.unsaved_since)
        old = now() - 120
        world.sent_at = {key: sent for key, sent in world.sent_at.items() if sent > old}


def draw(path: Path, samples: list[Sample], faults: list[tuple[float, str]], what: str) -> None:
    """Draw memory and latency over the run; ``what`` it was stands below."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    minutes = [sample.at / 60 for sample in samples]
    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(9, 6), layout="constrained")
    above.plot(minutes, [s.p50_ms for s in samples], label="p50", color="#2b6cb0")
    above.plot(minutes, [s.p99_ms for s in samples], label="p99", color="#c05621", lw=0.8)
    above.set_yscale("log")
    above.set_ylabel("latency, ms")
    above.legend(loc="upper right")
    colours = {"kill": "#e53e3e", "roll": "#805ad5", "freeze": "#3182ce"}
    for at, name in faults:
        for axis in (above, below):
            axis.axvline(at / 60, color=colours.get(name, "#718096"), lw=0.6, ls=":")
        above.annotate(
            name,
            (at / 60, 1.0),
            xycoords=("data", "axes fraction"),
            fontsize=5,
            rotation=60,
            annotation_clip=False,
        )
    for pid in sorted({pid for sample in samples for pid in sample.rss_mib}):
        line = [(s.at / 60, s.rss_mib[pid]) for s in samples if pid in s.rss_mib]
        below.plot([x for x, _ in line], [y for _, y in line], lw=1)
    below.set_ylabel("memory of each process, MiB")
    below.set_ylim(bottom=0)
    below.set_xlabel(f"minutes; {what}")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
