"""The bus on both layers: the one in memory and Redis sit the same exam."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import pytest
from channels.layers import BaseChannelLayer, InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from collab.bus.channel_layer import ChannelLayerBus
from collab.bus.events import BusEvent, TitleChanged
from collab.types import DocumentId
from tests.parts import REDIS_URL

PATIENCE_S = 30.0

Member = tuple[ChannelLayerBus, list[BusEvent]]


def document() -> DocumentId:
    return DocumentId(uuid4())


def title(document_id: DocumentId, text: str = "T") -> TitleChanged:
    return TitleChanged(document_id, text)


async def eventually(claim: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not claim():  # noqa: ASYNC110  # the claim is about a list, which tells nobody
            await asyncio.sleep(0.01)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.needs("redis"))])
async def member(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[], Member]]:
    """Makes buses of several processes: on Redis each has a layer of its own, as processes have."""
    prefix = f"test-{secrets.token_hex(4)}"
    memory = InMemoryChannelLayer()
    layers: list[BaseChannelLayer] = []
    buses: list[ChannelLayerBus] = []

    def make() -> Member:
        if request.param == "memory":
            layer: BaseChannelLayer = memory
        else:
            layer = RedisPubSubChannelLayer(hosts=[REDIS_URL], prefix=prefix)
            layers.append(layer)
        heard: list[BusEvent] = []
        bus = ChannelLayerBus(
            layer, is_shared=True, on_event=heard.append, on_recovered=lambda: None
        )
        buses.append(bus)
        return bus, heard

    yield make
    for bus in buses:
        await bus.stop()
    for layer in layers:
        await layer.flush()


async def started(member: Callable[[], Member], *documents: DocumentId) -> Member:
    bus, heard = member()
    await bus.start()
    for each in documents:
        await bus.join(each)
    return bus, heard


async def test_members_of_a_document_hear_each_other(member: Callable[[], Member]) -> None:
    one = document()
    ann, _ = await started(member, one)
    _, heard = await started(member, one)
    await ann.publish(title(one))
    await eventually(lambda: heard == [title(one)])


async def test_nobody_hears_himself(member: Callable[[], Member]) -> None:
    one = document()
    ann, heard_by_ann = await started(member, one)
    bob, heard_by_bob = await started(member, one)
    await ann.publish(title(one, "from ann"))
    await bob.publish(title(one, "from bob"))
    await eventually(lambda: bool(heard_by_ann and heard_by_bob))
    assert heard_by_ann == [title(one, "from bob")]
    assert heard_by_bob == [title(one, "from ann")]


async def test_only_documents_that_were_joined_are_heard(member: Callable[[], Member]) -> None:
    """The near miss: an id that differs in its last digit."""
    one = document()
    other = DocumentId(UUID(int=one.int ^ 1))
    ann, _ = await started(member, one, other)
    _, heard = await started(member, one)
    await ann.publish(title(other, "not for you"))
    await ann.publish(title(one, "for you"))
    await eventually(lambda: bool(heard))
    assert heard == [title(one, "for you")]


async def test_who_has_left_hears_no_more(member: Callable[[], Member]) -> None:
    one, two = document(), document()
    ann, _ = await started(member, one, two)
    bob, heard = await started(member, one, two)
    await bob.leave(one)
    await ann.publish(title(one, "too late"))
    await ann.publish(title(two, "in time"))
    await eventually(lambda: bool(heard))
    assert heard == [title(two, "in time")]


async def test_who_leaves_and_comes_back_at_once_hears(member: Callable[[], Member]) -> None:
    """However the two cross on their way to the layer, the last word counts."""
    one = document()
    ann, _ = await started(member, one)
    bob, heard = await started(member, one)
    for turn in range(20):
        async with asyncio.TaskGroup() as crossing:
            crossing.create_task(bob.leave(one))
            crossing.create_task(bob.join(one))
        await ann.publish(title(one, str(turn)))
        await eventually(lambda turn=turn: len(heard) == turn + 1)  # type: ignore[misc]


async def test_a_message_that_is_no_event_harms_nobody(member: Callable[[], Member]) -> None:
    one = document()
    ann, _ = await started(member, one)
    _, heard = await started(member, one)
    layer = ann._layer
    await layer.group_send(f"document.{one.hex}", {"type": "bus.event", "kind": "?"})
    await ann.publish(title(one))
    await eventually(lambda: heard == [title(one)])
