"""How much of the machine a run had, and how much other work took of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable

import psutil


class Machine:
    """Adds up, sample by sample, what the CPUs did for the run and for others.

    Args:
        database: the name of the run's own: PostgreSQL names it in the titles of its processes.
    """

    def __init__(self, database: str) -> None:
        self._database = database
        self._seen: dict[tuple[int, float], float] = {}
        self._own_s = 0.0
        self._began = time.monotonic()
        self._busy_before_s = _busy_s()

    def sample(self, roots: Iterable[psutil.Process]) -> None:
        """Look at the processes of the run: ``roots`` with all below them, and the database's."""
        for process in self._own(roots):
            with contextlib.suppress(psutil.Error):
                key = process.pid, process.create_time()
                spent = sum(process.cpu_times()[:2])
                # Of one that is met for the first time, what it spent before is the run's too.
                self._own_s += max(0.0, spent - self._seen.get(key, 0.0))
                self._seen[key] = spent

    def _own(self, roots: Iterable[psutil.Process]) -> Iterable[psutil.Process]:
        found = {}
        for root in roots:
            with contextlib.suppress(psutil.Error):
                found |= {each.pid: each for each in (root, *root.children(recursive=True))}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if self._database in " ".join(process.cmdline()):
                    found[process.pid] = process
        return found.values()

    @property
    def others(self) -> float:
        """The share of all CPUs that went to other work since the beginning, between 0 and 1."""
        whole_s = (time.monotonic() - self._began) * (psutil.cpu_count() or 1)
        return max(0.0, _busy_s() - self._busy_before_s - self._own_s) / whole_s


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))
