from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from channels.layers import InMemoryChannelLayer

from collab.realtime.config import RealtimeConfig
from collab.realtime.registry import Registry
from collab.types import DocumentId, UserId
from tests.contracts.memory_log import MemoryLog
from tests.contracts.test_update_log import pending
from tests.crdt.sessions import session

ANN = UserId(1)
DOCUMENT = DocumentId(uuid4())


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def registry() -> AsyncIterator[Registry]:
    """A registry on a log in memory, with a document that people have written."""
    log = MemoryLog()
    log.authors = {ANN}
    log.add_document(DOCUMENT)
    log.append([pending(DOCUMENT, update, ANN) for update in session(1)])
    # It sweeps nothing by itself: people are not looked up.
    registry = Registry(
        log, InMemoryChannelLayer(), RealtimeConfig(room_sweep_s=3600, watchdog_s=0)
    )
    yield registry
    await registry.stop()


async def test_a_room_that_is_what_its_log_makes_stays(registry: Registry) -> None:
    runner = await registry.open(DOCUMENT)
    await registry.compare_rooms()
    assert registry.rooms == (runner,)


async def test_a_room_that_is_not_is_thrown_away(registry: Registry) -> None:
    """A document that went another way than the log is built anew from it."""
    runner = await registry.open(DOCUMENT)
    assert runner is not None
    runner.room._document.apply(session(2))  # past the gate and the log, as no code does
    await registry.compare_rooms()
    assert runner not in registry.rooms
    again = await registry.open(DOCUMENT)
    assert again is not None
    await registry.compare_rooms()
    assert registry.rooms == (again,)
