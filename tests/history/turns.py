"""How long work in another thread keeps an event loop from its turn.

Measured in CPU time of the process: what other processes take of a busy machine does not count.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time

from collab.realtime.management.commands.serve import SWITCH_INTERVAL_S

EVERY_S = 0.001


class Turns:
    """A loop in a thread of its own, as a server has it, while the block of ``with`` runs."""

    def __init__(self) -> None:
        #: CPU seconds of the process between two turns of the loop, at most.
        self.longest_s = 0.0
        #: How often Python looked through all objects for cycles: nothing else runs meanwhile.
        self.full_collections = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._turn()))
        self._switch_s = sys.getswitchinterval()

    def __enter__(self) -> Turns:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        gc.callbacks.append(self._note)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        gc.callbacks.remove(self._note)
        self._is_over.set()
        self._thread.join()
        sys.setswitchinterval(self._switch_s)

    def _note(self, phase: str, info: dict[str, int]) -> None:
        self.full_collections += phase == "start" and info["generation"] == 2

    async def _turn(self) -> None:
        await asyncio.sleep(EVERY_S)
        before = time.process_time()
        while not self._is_over.is_set():
            await asyncio.sleep(EVERY_S)
            now = time.process_time()
            self.longest_s = max(self.longest_s, now - before)
            before = now
