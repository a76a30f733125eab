"""Looks of the law of merging, as processes take them: each document once at a time, none twice."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async

from collab.history.merge_models import MergeWatch
from collab.history.models import UpdateRecord
from collab.realtime import rescues as module
from collab.realtime.background import Background
from collab.realtime.rescues import Rescues
from collab.realtime.threads import DatabaseThreads
from collab.types import Seq
from tests.history.merging import Crossing, crossed

pytestmark = pytest.mark.django_db(transaction=True)


async def rescued(scene: Crossing, *, times: int = 300) -> str:
    """What the document says once a rescue is there."""
    for _ in range(times):
        found = UpdateRecord.objects.filter(document=scene.document, kind="rescue")
        if await found.aexists():
            break
        await asyncio.sleep(0.02)
    return await sync_to_async(scene.plain)()


class Process:
    """What a process has for it."""

    def __init__(self) -> None:
        self.threads = DatabaseThreads("rescuer", 2, patience_s=5.0)
        self.background = Background()
        self.rescues = Rescues(self.threads, self.background.spawn)

    async def end(self) -> None:
        await self.background.end()
        await asyncio.to_thread(self.threads.close)


async def test_two_processes_that_are_asked_at_once_write_one() -> None:
    scene = await sync_to_async(crossed)()
    processes = [Process(), Process()]
    for each in processes:
        for _ in range(3):
            each.rescues.ask(scene.key)
    assert await rescued(scene) == "hello dear world"
    await asyncio.sleep(0.3)
    for each in processes:
        await each.end()
    written = UpdateRecord.objects.filter(kind="rescue").values_list("seq", flat=True)
    assert [seq async for seq in written] == [4]


async def test_what_the_process_of_a_record_did_not_know_is_looked_into_by_who_hears_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both let an update in before they had heard of the other's: neither noted a concern."""
    monkeypatch.setattr(module, "TURN_S", 0.05)
    scene = await sync_to_async(crossed)()
    await MergeWatch.objects.all().adelete()
    process = Process()
    process.rescues.heard(scene.key, Seq(2))
    process.rescues.heard(scene.key, Seq(3))
    assert await rescued(scene) == "hello dear world"
    watch = await MergeWatch.objects.aget(pk=scene.key)
    assert (watch.wanted, watch.upto) == (3, 3)
    await process.end()
