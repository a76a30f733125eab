"""Work that should never end is noticed when it does, counted, told, and begun again."""

from __future__ import annotations

import ast
import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from channels.layers import InMemoryChannelLayer
from django.db import DatabaseError, connection
from django.test import RequestFactory

from collab import metrics
from collab.asgi import chores
from collab.operations.checks import Verdict, self_check
from collab.operations.models import ServerProcess
from collab.operations.services import ProcessReport, process_report
from collab.realtime import census, health
from collab.realtime.background import Background, all_ended
from collab.realtime.census import Census
from collab.realtime.chores import Chore
from collab.realtime.committer import Committer
from collab.realtime.config import RealtimeConfig
from collab.realtime.pace import Pace
from collab.realtime.registry import Registry
from collab.realtime.threads import DatabaseThreads
from collab.types import DocumentId
from tests.contracts.memory_log import MemoryLog
from tests.contracts.test_update_log import NOW, pending

ROOT = Path(__file__).resolve().parents[2]


async def until(claim: object) -> None:
    async with asyncio.timeout(20):
        while not claim():  # type: ignore[operator]  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)


# -- the mechanism --------------------------------------------------------------------------------


async def test_work_that_ends_is_begun_again_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    """However it ends: by an exception or by returning."""
    background = Background()
    turns: list[int] = []

    async def work() -> None:
        turns.append(len(turns))
        if len(turns) == 1:
            raise RuntimeError("first")
        if len(turns) == 3:
            await asyncio.sleep(3600)

    before = _count("of a test")
    with caplog.at_level(logging.ERROR):
        background.keep("of a test", work)
        await until(lambda: len(turns) == 3)
    assert _count("of a test") - before == 2
    ended = background.ended["of a test"]
    assert (ended.count, ended.why, ended.is_stopped) == (2, "it returned", False)
    assert "background work of a test has ended" in caplog.text
    await background.end()


def _count(work: str) -> float:
    return float(metrics.background_ended.labels(work)._value.get())


def _readiness() -> tuple[int, dict[str, object]]:
    answer = health.ready(RequestFactory().get("/readyz"))
    return answer.status_code, json.loads(answer.content)


@pytest.mark.django_db(transaction=True)
async def test_readiness_says_which_work_has_stopped() -> None:
    """Only while it has: begun again, the process is ready."""
    background = Background()
    may_live = False

    async def work() -> None:
        if not may_live:
            raise RuntimeError("no")
        await asyncio.sleep(3600)

    background.keep("mine", work)
    await until(lambda: "mine" in all_ended())
    assert _readiness_beside_loop() == (503, {"status": "work has stopped", "stopped": ["mine"]})
    may_live = True
    await until(lambda: not all_ended()["mine"].is_stopped)
    assert await asyncio.to_thread(_readiness) == (200, {"status": "ready"})
    await background.end()
    assert "mine" not in all_ended()


def _readiness_beside_loop() -> tuple[int, dict[str, object]]:
    # Answered before the database is asked, so that no turn of the loop comes between.
    return _readiness()


async def test_readiness_says_that_edits_wait() -> None:
    """A database that answers and takes nothing, such as a locked one, is no ready one."""
    threads = DatabaseThreads("test", 1, patience_s=0)
    committer = Committer(MemoryLog(), threads, Pace(0))

    class Nobody:
        def on_committed(self, appended: object) -> None: ...
        def on_not_committed(self, reason: str) -> None: ...

    committer.submit(Nobody(), 1, pending(DocumentId(uuid4()), b"\0\0", None))  # type: ignore[arg-type]
    committer._waiting[0].since -= 60
    assert _readiness() == (503, {"status": "updates wait for the database", "seconds": 60})
    threads.close()


async def test_readiness_says_that_the_database_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also while nobody types: it takes no report of the process, or does not say."""
    threads = DatabaseThreads("test", 1, patience_s=0)
    config = RealtimeConfig(census_s=0.01)
    registry = Registry(MemoryLog(), InMemoryChannelLayer(), config, [])
    tried = 0

    def refuse(_report: ProcessReport) -> None:
        nonlocal tried
        tried += 1
        raise DatabaseError("attempt to write a readonly database")

    monkeypatch.setattr(census, "process_report", refuse)
    counted = Census(registry, threads, every_s=0.01)
    counting = asyncio.create_task(counted.run())
    await until(lambda: tried)
    assert counted._taken_at is not None
    counted._taken_at -= 60
    assert _readiness() == (503, {"status": "the database takes nothing", "seconds": 60})
    monkeypatch.setattr(census, "process_report", lambda _report: None)
    await until(lambda: census.longest_silence_s() < 1)
    counting.cancel()
    threads.close()


@pytest.mark.django_db(transaction=True)
def test_the_self_check_says_that_the_database_takes_nothing() -> None:
    """One that only reads, as a full disk or a standby does."""
    sqlite = connection.vendor == "sqlite"
    on, off = (
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF")
        if sqlite
        else (f"SET default_transaction_read_only = {each}" for each in ("on", "off"))
    )
    with connection.cursor() as cursor:
        cursor.execute(on)
    try:
        found = {each.detail: each.verdict for each in self_check() if each.name == "Database"}
    finally:
        with connection.cursor() as cursor:
            cursor.execute(off)
    bad = [detail for detail, verdict in found.items() if verdict is Verdict.BAD]
    assert len(bad) == 1
    assert bad[0].startswith("the database answers and takes nothing: ")
    assert not [
        each for each in self_check() if each.name == "Database" and each.verdict is Verdict.BAD
    ]
    assert not ServerProcess.objects.exists()


@pytest.mark.django_db
def test_the_self_check_says_that_nothing_is_heard() -> None:
    """In an outage no report is renewed: that none says anything wrong is no good sign."""

    def work() -> list[tuple[Verdict, str]]:
        return [(e.verdict, e.detail) for e in self_check() if e.name == "Background work"]

    assert work() == [(Verdict.WARNING, "no server process has reported")]
    process_report(ProcessReport("one", "host", 7, NOW, 1, 0, 0, 0, 0, []))
    assert [verdict for verdict, _ in work()] == [Verdict.GOOD]
    ServerProcess.objects.update(seen_at=NOW)
    assert work() == [(Verdict.BAD, "nothing is heard of: host 7")]


@pytest.mark.django_db
def test_the_self_check_names_the_work_of_every_process() -> None:
    ended = {"sweep": {"count": 3, "why": "KeyError: x", "is_stopped": True}}
    process_report(ProcessReport("one", "host", 7, NOW, 1, 0, 12_000, 0, 0, [], ended))
    found = [each for each in self_check() if each.name == "Background work"]
    assert [each.verdict for each in found] == [Verdict.BAD, Verdict.BAD]
    assert found[0].detail == "host 7: sweep has ended 3 times, at last: KeyError: x"
    assert found[1].detail == "host 7: edits wait for the database for 12 s"


# -- every long-lived work of a process -----------------------------------------------------------

#: What a process does as long as it lives. A new one goes here, or the test below fails.
WORK = {
    *("committer", "sweep", "gauges", "watchdog", "census", "bus"),
    *(f"chore {chore.name}" for chore in chores()),
}


@pytest.fixture
async def registry() -> AsyncIterator[Registry]:
    config = RealtimeConfig(room_sweep_s=0.05, census_s=0.05, watchdog_s=3600)
    quick = [Chore(each.name, 0.05, lambda: None) for each in chores()]
    registry = Registry(MemoryLog(), InMemoryChannelLayer(), config, quick)
    await registry.start()
    yield registry
    await registry.stop()


def _tasks() -> dict[str, asyncio.Task[object]]:
    return {task.get_name(): task for task in asyncio.all_tasks()}


@pytest.mark.django_db(transaction=True)
async def test_all_long_lived_work_is_kept(registry: Registry) -> None:
    assert {name for name in _tasks() if not name.startswith("Task-")} == WORK


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", sorted(WORK))
async def test_each_goes_on_after_its_end(registry: Registry, name: str) -> None:
    """Whatever it waits for fails: it is counted where that ends it, and goes on."""
    task, ended = _tasks()[name], registry.background.ended
    await until(lambda: _waits_for(task) is not None)
    waiter = _waits_for(task)
    assert waiter is not None
    waiter.set_exception(RuntimeError("broken by the test"))
    if name != "bus":  # it tries again by itself
        await until(lambda: name in ended)
        await until(lambda: not ended[name].is_stopped)
        assert ended[name].count == 1
    await until(lambda: _waits_for(task) is not None)
    assert not task.done()


def _waits_for(task: asyncio.Task[object]) -> asyncio.Future[object] | None:
    """Return the future that a task waits for."""
    waiter = getattr(task, "_fut_waiter", None)
    return waiter if waiter is not None and not waiter.done() else None


def test_no_task_is_begun_past_the_mechanism() -> None:
    """A task that nobody waits for ends in silence: these few have somebody who waits."""
    allowed = {
        "collab/realtime/background.py": "the mechanism",
        "collab/realtime/outbox.py": "ends with its socket, and catches whatever ends it",
        "collab/realtime/entrance.py": "awaited by those who wait at the door",
        "collab/realtime/threads.py": "ends when nobody asks; who asked is told of any failure",
        "collab/bus/channel_layer.py": "without a keeper only in its own tests",
    }
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "collab").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"create_task", "ensure_future"}
    }
    assert found == set(allowed)
