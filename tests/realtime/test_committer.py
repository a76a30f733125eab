from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import pytest
from django.db import OperationalError

from collab.realtime.committer import Committer
from collab.realtime.pace import Pace
from collab.realtime.threads import DatabaseThreads
from collab.room.ports import PendingUpdate
from collab.types import DocumentId, Seq, Update, UserId
from tests.contracts.memory_log import MemoryLog
from tests.contracts.test_update_log import NOBODY, pending

ANN = UserId(1)


class Log(MemoryLog):
    """A log that notes its batches, and is away when told so."""

    def __init__(self) -> None:
        super().__init__()
        self.authors = {ANN}
        self.batches: list[int] = []
        self.is_away = False

    def append(self, batch: Sequence[PendingUpdate]) -> list[Seq | None]:
        self.batches.append(len(batch))
        if self.is_away:
            raise OperationalError("away")
        return super().append(batch)


class Room:
    """Who is told."""

    def __init__(self, log: Log) -> None:
        self.document = DocumentId(uuid4())
        log.add_document(self.document)
        self.kept: list[Seq] = []
        self.told = asyncio.Event()
        self.lost: list[str] = []

    def on_committed(self, appended: list[tuple[int, PendingUpdate, Seq]]) -> None:
        self.kept += [seq for _, _, seq in appended]
        self.told.set()

    def on_not_committed(self, reason: str) -> None:
        self.lost.append(reason)


@pytest.fixture
async def log() -> Log:
    return Log()


@pytest.fixture
async def committer(log: Log) -> AsyncIterator[Committer]:
    threads = DatabaseThreads("test", 1, patience_s=0)
    committer = Committer(log, threads, Pace(0))
    yield committer
    log.is_away = False
    await committer.stop()
    threads.close()


def submit(committer: Committer, room: Room, ticket: int, author: UserId = ANN) -> None:
    committer.submit(room, ticket, pending(room.document, Update(b"\0\0"), author))


async def drained(committer: Committer) -> None:
    async with asyncio.timeout(10):
        committer.start()
        await committer.drained()


async def test_what_waits_of_all_rooms_is_one_commit(committer: Committer, log: Log) -> None:
    one, two = Room(log), Room(log)
    for ticket in range(3):
        submit(committer, one, ticket)
        submit(committer, two, ticket)
    await drained(committer)
    assert log.batches == [6]
    assert one.kept == two.kept == [1, 2, 3]


async def test_a_room_whose_update_is_refused_holds_up_no_other(
    committer: Committer, log: Log
) -> None:
    """A record that the database will not have costs its own room, and nothing of the others."""
    bad, good = Room(log), Room(log)
    submit(committer, good, 1)
    submit(committer, bad, 1, NOBODY)
    submit(committer, good, 2)
    await drained(committer)
    assert (good.kept, good.lost) == ([1, 2], [])
    assert (bad.kept, bad.lost) == ([], ["the database refused: UnknownAuthor"])
    submit(committer, good, 3)
    await drained(committer)
    assert good.kept == [1, 2, 3]


async def test_nothing_is_given_up_while_the_database_is_away(
    committer: Committer, log: Log
) -> None:
    """What waits is tried again until it is committed, once and in its order."""
    one, two = Room(log), Room(log)
    log.is_away = True
    committer.start()
    submit(committer, one, 1)
    submit(committer, two, 1)
    while len(log.batches) < 3:  # the log tells nobody
        submit(committer, one, 2)
        await asyncio.sleep(0.01)
    count = committer.waiting_count - 1
    assert not await committer.drained(within_s=0.01)
    log.is_away = False
    await drained(committer)
    assert one.kept == [*range(1, count + 1)]
    assert (two.kept, one.lost, two.lost) == ([1], [], [])
    assert committer.waiting_count == 0


async def test_a_database_that_comes_back_at_any_moment_finds_a_committer(
    committer: Committer, log: Log
) -> None:
    """Also where a room was given up while its next edit was being submitted."""
    one = Room(log)

    class Refuse(Exception):
        pass

    def refuse(batch: Sequence[PendingUpdate]) -> list[Seq | None]:
        time.sleep(0.05)  # the next edit comes while this one is on its way
        raise Refuse

    log.append = refuse  # type: ignore[method-assign]
    committer.start()
    submit(committer, one, 1)
    await asyncio.sleep(0.02)
    submit(committer, one, 2)
    await drained(committer)
    assert one.lost == ["the database refused: Refuse"]
    del log.append  # as it was
    await asyncio.sleep(0.01)
    submit(committer, one, 3)
    await drained(committer)
    assert one.kept == [1]


async def test_a_room_that_fails_when_it_is_told_costs_nobody_else(
    committer: Committer, log: Log
) -> None:
    class Broken(Room):
        def on_committed(self, appended: list[tuple[int, PendingUpdate, Seq]]) -> None:
            raise RuntimeError("told")

    bad, good = Broken(log), Room(log)
    submit(committer, bad, 1)
    submit(committer, good, 1)
    await drained(committer)
    assert bad.lost == ["what was committed could not be told"]
    assert good.kept == [1]
    submit(committer, good, 2)
    await drained(committer)
    assert good.kept == [1, 2]


class Locked(Exception):
    """As psycopg says that a row's lock is not to be had."""

    sqlstate = "55P03"


async def test_a_locked_document_holds_up_no_other(committer: Committer, log: Log) -> None:
    locked, free = Room(log), Room(log)
    append = log.append
    is_locked = True

    def refuse(batch: Sequence[PendingUpdate]) -> list[Seq | None]:
        if is_locked and any(each.document_id == locked.document for each in batch):
            raise OperationalError("lock timeout") from Locked()
        return append(batch)

    log.append = refuse  # type: ignore[method-assign]
    committer.start()
    for ticket in range(3):
        submit(committer, locked, ticket)
        submit(committer, free, ticket)
        await asyncio.sleep(0.02)
    async with asyncio.timeout(10):
        while len(free.kept) < 3:
            free.told.clear()
            await free.told.wait()
    assert (locked.kept, locked.lost) == ([], [])
    is_locked = False
    await drained(committer)
    assert locked.kept == [1, 2, 3]


async def test_what_waits_for_a_database_that_is_away_is_bounded(log: Log) -> None:
    """A room that goes beyond the bound is told, and its browsers keep what they have."""
    threads = DatabaseThreads("test", 1, patience_s=0)
    committer = Committer(log, threads, Pace(0), max_waiting_bytes=10_000)
    one, two = Room(log), Room(log)
    log.is_away = True
    try:
        committer.start()
        submit(committer, two, 1)
        for ticket in range(18):
            submit(committer, one, ticket)
        await asyncio.sleep(0.1)
        assert one.lost == []
        submit(committer, one, 18)
        async with asyncio.timeout(10):
            while not one.lost:  # noqa: ASYNC110  # a list tells nobody
                await asyncio.sleep(0.01)
        assert one.lost[0] == "too much waits for the database"
        log.is_away = False
        await drained(committer)
        assert two.kept == [1]
        assert committer.waiting_count == 0
    finally:
        log.is_away = False
        await committer.stop()
        threads.close()


async def test_who_writes_on_does_not_keep_a_drain_waiting(log: Log) -> None:
    """Drained means that what was submitted before is committed, whatever comes after it."""
    threads = DatabaseThreads("test", 1, patience_s=0)
    committer = Committer(log, threads, Pace(0.02))
    room = Room(log)
    numbers = itertools.count()

    async def write_on() -> None:
        while True:
            submit(committer, room, next(numbers))
            await asyncio.sleep(0.001)

    writing = asyncio.create_task(write_on())
    try:
        committer.start()
        await room.told.wait()
        before = next(numbers)
        await drained(committer)
        assert len(room.kept) >= before
    finally:
        writing.cancel()
        await committer.stop()
        threads.close()


async def test_what_comes_while_commits_rest_is_one_batch() -> None:
    """A log whose commits cost more than their share: the first is at once, the rest in groups."""

    class Dear(Log):
        def append(self, batch: Sequence[PendingUpdate]) -> list[Seq | None]:
            until = time.thread_time() + 0.01
            while time.thread_time() < until:
                pass
            return super().append(batch)

    log, threads = Dear(), DatabaseThreads("test", 1, patience_s=0)
    committer = Committer(log, threads, Pace(0.2, share=0.01, saved_s=0))
    room = Room(log)
    try:
        committer.start()
        for ticket in range(20):
            submit(committer, room, ticket)
            await asyncio.sleep(0.005)
        await drained(committer)
        assert log.batches[0] == 1
        assert len(log.batches) <= 4
        assert room.kept == [*range(1, 21)]
    finally:
        await committer.stop()
        threads.close()
