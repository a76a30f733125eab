"""Chores go on whatever happens to one of their turns."""

from __future__ import annotations

import asyncio
import logging

import pytest

from collab.realtime.chores import Chore, run_chore
from collab.realtime.threads import DatabaseThreads


async def test_a_chore_that_fails_is_logged_and_runs_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    turns: list[int] = []
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        turns.append(len(turns))
        if len(turns) == 1:
            raise RuntimeError("once")
        loop.call_soon_threadsafe(enough.set)

    threads = DatabaseThreads("test-chore", 1, patience_s=0)
    task = asyncio.create_task(run_chore(Chore("work", 0.001, work), threads))
    with caplog.at_level(logging.ERROR):
        async with asyncio.timeout(10):
            await enough.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    threads.close()
    assert len(turns) >= 2
    assert "chore work failed" in caplog.text
