"""Questions that are asked at once are answered in one call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import pytest
from django.db import OperationalError

from collab.realtime.threads import DatabaseThreads, Together


class Oracle:
    """Doubles numbers, as slowly as it is told; notes what it is asked together."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.is_away = False

    def answer(self, questions: Sequence[int]) -> list[int]:
        self.calls.append([*questions])
        assert self.may_go_on.wait(10)
        if self.is_away:
            raise OperationalError("away")
        if 13 in questions:
            raise ValueError("13")
        return [2 * each for each in questions]


@pytest.fixture
async def threads() -> AsyncIterator[DatabaseThreads]:
    threads = DatabaseThreads("test", 2, patience_s=0)
    yield threads
    threads.close()


async def ask(together: Together[int, int], *questions: int) -> list[int | BaseException]:
    async with asyncio.timeout(10):
        asked = (together.ask(each) for each in questions)
        return await asyncio.gather(*asked, return_exceptions=True)


async def test_what_is_asked_during_a_call_is_in_the_next(threads: DatabaseThreads) -> None:
    """Never in the one that is under way: its answer would be older than the question."""
    oracle = Oracle()
    together = Together(threads, oracle.answer, at_most=3)
    oracle.may_go_on.clear()
    first = asyncio.create_task(ask(together, 1, 2))
    while not oracle.calls:  # noqa: ASYNC110  # the thread tells nobody that it has begun
        await asyncio.sleep(0.001)
    others = asyncio.create_task(ask(together, 3, 4, 5, 6))
    await asyncio.sleep(0.01)
    oracle.may_go_on.set()
    assert await first == [2, 4]
    assert await others == [6, 8, 10, 12]
    assert oracle.calls == [[1, 2], [3, 4, 5], [6]]
    assert await ask(together, 7) == [14]


async def test_a_bad_question_is_refused_alone(threads: DatabaseThreads) -> None:
    together = Together(threads, Oracle().answer, at_most=10)
    good, bad, after = await ask(together, 1, 13, 3)
    assert (good, after) == (2, 6)
    assert isinstance(bad, ValueError)


async def test_all_are_told_once_that_the_database_is_away(threads: DatabaseThreads) -> None:
    """Not one after the other: each would wait for as long as the first."""
    oracle = Oracle()
    oracle.is_away = True
    together = Together(threads, oracle.answer, at_most=10)
    answers = await ask(together, 1, 2, 3)
    assert [type(each) for each in answers] == [OperationalError] * 3
    assert oracle.calls == [[1, 2, 3]]
    oracle.is_away = False
    assert await ask(together, 1) == [2]


async def test_who_gives_up_does_not_stop_the_others(threads: DatabaseThreads) -> None:
    oracle = Oracle()
    oracle.may_go_on.clear()
    together = Together(threads, oracle.answer, at_most=10)
    impatient = asyncio.create_task(together.ask(1))
    patient = asyncio.create_task(together.ask(2))
    await asyncio.sleep(0.01)
    impatient.cancel()
    oracle.may_go_on.set()
    assert await patient == 4
