"""An hour of writing while things break: `make soak`, or SOAK_MINUTES=5 for the short form.

A hundred writers, two server processes behind one port on PostgreSQL and a Redis of the run's own.
Every so often a process is killed or frozen, Redis is killed, the database's connections are cut,
or all processes are rolled (`faults.py`). At the end, after a restart of everything, each claim is
checked (`claims.py`) and the last line says how many held: `N passed, N failed`. The exit status is
0 when none failed.

One claim is about time: how long anybody waited for an acknowledgement. Where other work had more
of the CPUs than `MAX_OTHERS`, a long wait says nothing about this server and is not judged; the
last line says so.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import sys
from pathlib import Path

import uvloop

from bench.machine import Machine
from bench.soak.claims import (
    MAX_UNSAVED_S,
    Report,
    judge_closes,
    judge_content,
    judge_faults,
    judge_log,
    judge_memory,
    judge_waiting,
)
from bench.soak.cluster import LOG, Services, services
from bench.soak.faults import Faults
from bench.soak.samples import Sample, draw, watch
from bench.soak.waiting import now, until
from bench.soak.writer import World, Writer

WRITERS = 100
DOCUMENTS = 2
#: Once writing has ended, what is under way must have reached everybody, in seconds.
MAX_SPREAD_S = 60.0


async def soak(minutes: float, rate: float, plot: Path | None) -> int:
    """Return the exit status; each writer writes ``rate`` times a second."""
    report = Report()
    with services(DOCUMENTS, WRITERS // DOCUMENTS) as running:
        url = f"ws://127.0.0.1:{running.cluster.port}/ws/documents/{{document}}"
        world = World(url, running.documents, running.tokens)
        writers = [Writer(world, number) for number in range(WRITERS)]
        faults = Faults(running.cluster, running.redis, running.database)
        samples: list[Sample] = []
        lives = [asyncio.create_task(writer.live(rate)) for writer in writers]
        await _write_while_things_break(
            report, running, world, writers, faults, samples, seconds=minutes * 60
        )
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        for writer in writers:
            writer.close()
        await asyncio.to_thread(running.cluster.stop)
        await asyncio.to_thread(running.cluster.start)
        await judge_content(report, running.cluster, world, writers)
        await asyncio.to_thread(judge_log, report, running.cluster, world.documents, writers)
    sent = sum(writer.clock for writer in writers)
    print(f"{sent} updates, {len(faults.happened)} faults, closes {dict(world.closes)}")
    if plot is not None:
        what = f"{WRITERS} writers, {sent:,} updates, {len(faults.happened)} faults"
        await asyncio.to_thread(draw, plot, samples, faults.happened, what)
    return report.end()


async def _write_while_things_break(
    report: Report,
    running: Services,
    world: World,
    writers: list[Writer],
    faults: Faults,
    samples: list[Sample],
    *,
    seconds: float,
) -> None:
    """Go through the run up to its end, and judge what can be judged without a restart."""
    machine = Machine(running.database)
    began = now()
    watching = asyncio.create_task(watch(world, writers, running.cluster, machine, samples, began))
    every_s = min(150.0, max(15.0, seconds / 25))
    breaking = asyncio.create_task(faults.run(began, seconds, every_s))
    print(
        f"{WRITERS} writers for {seconds / 60:g} minutes, a fault every {every_s:.0f} s", flush=True
    )
    await asyncio.sleep(seconds)
    await breaking
    world.ends = True
    are_saved = await until(lambda: all(writer.is_saved for writer in writers), MAX_UNSAVED_S)
    are_equal = await until(lambda: _replicas_are_equal(world, writers), MAX_SPREAD_S)
    watching.cancel()
    judge_faults(report, faults)
    report.claim("everything written was acknowledged in the end", are_saved)
    judge_waiting(report, world.unsaved_s, machine.others)
    report.claim("all replicas are equal without a reload", are_equal)
    judge_closes(report, world.closes)
    judge_memory(report, samples, seconds)


def _replicas_are_equal(world: World, writers: list[Writer]) -> bool:
    for document in world.documents:
        vectors = [writer.vector for writer in writers if writer.document == document]
        if any(vector != vectors[0] for vector in vectors):
            return False
    return True


def _troubles(log: list[str]) -> list[str]:
    """The last lines that tell of a fault, each once."""
    words = ("ERROR", "CRITICAL", "Error:", "thrown away", "Timeout")
    found = dict.fromkeys(line for line in log if any(word in line for word in words))
    return list(found)[-30:]


def main() -> int:
    minutes = float(os.environ.get("SOAK_MINUTES", "60"))
    rate = float(os.environ.get("SOAK_RATE", "1"))
    if shutil.which("redis-server") is None:
        print("not run: redis-server is not installed")
        return 1
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    plot = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    status = uvloop.run(soak(minutes, rate, plot))
    if status:
        print(f"The servers' log is {LOG}; what went wrong in it:")
        print("\n".join(_troubles(LOG.read_text("utf-8", "replace").splitlines())))
    else:
        LOG.unlink()
    return status


if __name__ == "__main__":
    sys.exit(main())
