"""The review of many rooms: none is passed over, and none has to wait for all the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer

from collab.accounts.tokens import token_create
from collab.documents.models import Membership, Role
from collab.protocol.close_codes import CloseCode
from collab.realtime import review
from collab.realtime.admission import Knock
from collab.realtime.config import RealtimeConfig
from collab.realtime.entrance import Entered
from collab.realtime.registry import Registry
from collab.types import DocumentId
from tests.contracts.memory_log import MemoryLog
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db(transaction=True)

ROOMS = 7


class House:
    """Some rooms, with bob in each of them."""

    def __init__(self) -> None:
        self.bob, ann, log = make_user(), make_user(), MemoryLog()
        self.documents = [make_document(ann, members={self.bob: Role.VIEWER}) for _ in range(ROOMS)]
        for document in self.documents:
            log.add_document(DocumentId(document.pk))
        self.token = token_create(self.bob)
        #: Rooms that bob was closed in, in order, and why.
        self.closed: list[tuple[int, int]] = []
        config = RealtimeConfig(room_sweep_s=3600, watchdog_s=0, census_s=0)
        self.registry = Registry(log, InMemoryChannelLayer(), config)

    async def fill(self) -> None:
        for number, document in enumerate(self.documents):
            entered = await self.registry.enter(Knock(str(document.pk), token=self.token))
            assert isinstance(entered, Entered)

            async def send(message: dict[str, Any], number: int = number) -> None:
                if message["type"] == "websocket.close":
                    self.closed.append((number, message["code"]))

            entered.runner.join(entered.peer, send, entered.admitted, speaks_v1=True)


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(review, "ROOMS_AT_ONCE", 3)
    house = await sync_to_async(House)()
    await house.fill()
    yield house
    await house.registry.stop()


async def test_every_room_is_reviewed_in_whatever_part_it_is(house: House) -> None:
    await house.registry.review.of(house.registry.rooms)
    assert house.closed == []
    await Membership.objects.filter(user=house.bob).adelete()
    await house.registry.review.of(house.registry.rooms)
    assert house.closed == [(number, CloseCode.NO_ACCESS) for number in range(ROOMS)]


async def test_a_room_whose_bell_rings_does_not_wait_for_all_the_others(house: House) -> None:
    """Bob is shut out of the last room while a sweep is at the first."""
    last = house.registry.rooms[-1]
    await Membership.objects.filter(user=house.bob, document_id=last.document_id).adelete()
    sweep = asyncio.create_task(house.registry.review.of(house.registry.rooms))
    await asyncio.sleep(0)
    await house.registry.review.of([last])
    assert house.closed == [(ROOMS - 1, CloseCode.NO_ACCESS)]
    assert not sweep.done()
    await sweep
