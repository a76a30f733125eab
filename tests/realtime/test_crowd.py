"""No person and no address takes the places of others; members come before who has the link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer

from collab.accounts.models import User
from collab.accounts.tokens import token_create
from collab.documents.models import LinkReach, Role
from collab.documents.sharing import guest_create, link_set, link_visit
from collab.protocol.close_codes import CloseCode
from collab.realtime.admission import Knock, Turned
from collab.realtime.config import RealtimeConfig
from collab.realtime.entrance import Entered
from collab.realtime.registry import Registry
from collab.types import DocumentId, PeerId
from tests.contracts.memory_log import MemoryLog
from tests.factories import make_document, make_user
from tests.realtime.test_admission import session_of

pytestmark = pytest.mark.django_db(transaction=True)
BOUNDS = RealtimeConfig(
    room_sweep_s=3600,
    watchdog_s=0,
    census_s=0,
    max_peers_per_room=20,
    max_peers=30,
    max_peers_per_person=12,
    max_peers_per_address=25,
    max_room_peers_per_person=8,
    max_room_peers_per_address=14,
    members_share=0.2,
)


class Hall:
    """Two documents of ann's with open links; bob is a member of both."""

    def __init__(self) -> None:
        self.ann, self.bob = make_user(), make_user()
        self.log = MemoryLog()
        self.rooms = [make_document(self.ann, members={self.bob: Role.VIEWER}) for _ in range(2)]
        for document in self.rooms:
            self.log.add_document(DocumentId(document.pk))
            link_set(
                document=document,
                reach=LinkReach.ANYONE,
                role=Role.EDITOR,
                expires_at=None,
                password="",
                actor=self.ann,
            )
        self.keys: dict[int, str] = {}
        self.registry = Registry(self.log, InMemoryChannelLayer(), BOUNDS)

    def somebody(self) -> User:
        """Return a person with an account who came by the links."""
        return self._came(make_user())

    def guest(self) -> User:
        return self._came(guest_create(name="Mia", language=""))

    def _came(self, user: User) -> User:
        for document in self.rooms:
            link_visit(document=document, user=user)
        return user

    def key(self, user: User) -> str:
        if user.pk not in self.keys:
            self.keys[user.pk] = session_of(user)
        return self.keys[user.pk]

    async def enter(self, user: User, address: str, room: int = 0) -> str:
        """Open a socket; return why not, or nothing."""
        key = await sync_to_async(self.key)(user)
        knock = Knock(str(self.rooms[room].pk), session_key=key, address=address)
        entered = await self.registry.enter(knock)
        if isinstance(entered, Turned):
            assert entered.code is CloseCode.TRY_AGAIN
            return entered.reason
        await join(entered)
        return ""

    async def many(self, count: int, user: User, address: str, room: int = 0) -> list[str]:
        """Open many at the same moment; return why some were turned away."""
        await sync_to_async(self.key)(user)
        answers = await asyncio.gather(*(self.enter(user, address, room) for _ in range(count)))
        return [why for why in answers if why]


async def _send(_message: dict[str, Any]) -> None:
    pass


async def join(entered: Entered) -> None:
    entered.runner.join(entered.peer, _send, entered.admitted, speaks_v1=True)


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    hall = await sync_to_async(Hall)()
    yield hall
    await hall.registry.stop()


async def test_one_guest_leaves_room_for_the_owner(hall: Hall) -> None:
    """However many sockets at once: a person has so many in a document, and so many in all."""
    mia = await sync_to_async(hall.guest)()
    turned = await hall.many(50, mia, "10.0.0.1")
    assert turned == ["you have too many connections to this document"] * 42
    turned = await hall.many(50, mia, "10.0.0.2", room=1)
    assert turned == ["you have too many connections"] * 46
    assert hall.registry.peer_count == 12
    assert await hall.enter(hall.ann, "10.0.0.1") == ""


async def test_one_address_leaves_room_for_others(hall: Hall) -> None:
    """Guests as many as it likes: so many from there in a document, and so many in all."""
    guests = [await sync_to_async(hall.guest)() for _ in range(4)]
    turned = [why for mia in guests for why in await hall.many(8, mia, "10.0.0.1")]
    assert {*turned} == {"too many connections to this document from your network"}
    assert hall.registry.peer_count == 14
    assert await hall.enter(hall.ann, "10.0.0.2") == ""
    members = [hall.ann, hall.bob]
    turned = [why for each in members for why in await hall.many(8, each, "10.0.0.1", room=1)]
    assert "too many connections from your network" in turned
    assert await hall.enter(hall.bob, "10.0.0.3", room=1) == ""


@pytest.mark.parametrize("kind", ["guest", "somebody"])
async def test_the_last_places_are_for_members(hall: Hall, kind: str) -> None:
    """Of visitors of a link, with and without an account, from as many addresses as they like."""
    visitors = [await sync_to_async(getattr(hall, kind))() for _ in range(4)]
    for number, each in enumerate(visitors):
        await hall.many(8, each, f"10.0.0.{number}")
    assert hall.registry.peer_count == 16
    why = await hall.enter(visitors[3], "10.0.0.9")
    assert why == "the last places in this document are for its members"
    for each in (hall.ann, hall.bob, hall.ann, hall.bob):
        assert await hall.enter(each, "10.0.0.20") == ""
    assert await hall.enter(hall.ann, "10.0.0.21") == "too many connections to this document"
    # In the process the same: 24 of 30 are for anybody.
    for number, each in enumerate(visitors):
        await hall.many(4, each, f"10.0.1.{number}", room=1)
    assert hall.registry.peer_count == 24
    why = await hall.enter(visitors[3], "10.0.0.9", room=1)
    assert why == "the last places on this server are for members"
    assert (
        await hall.many(8, hall.bob, "10.0.0.22", room=1)
        == ["too many connections to this server"] * 2
    )


async def test_who_leaves_gives_the_place_back(hall: Hall) -> None:
    """Nothing is left of who is gone, however they went."""
    mia = await sync_to_async(hall.guest)()
    for _ in range(3):
        assert len(await hall.many(10, mia, "10.0.0.1")) == 2
        (runner,) = hall.registry.rooms
        for peer in tuple(runner.connections):
            runner.leave(PeerId(peer))
            runner.leave(PeerId(peer))
        assert hall.registry.peer_count == 0
        assert not hall.registry.crowd._counts


async def test_a_token_is_counted_as_its_person(hall: Hall) -> None:
    tokens = [await sync_to_async(token_create)(hall.bob) for _ in range(12)]
    knocks = [Knock(str(hall.rooms[0].pk), token=each, address="10.0.0.1") for each in tokens]
    for knock in knocks[:8]:
        entered = await hall.registry.enter(knock)
        assert isinstance(entered, Entered)
        await join(entered)
    turned = await hall.registry.enter(knocks[8])
    assert isinstance(turned, Turned)
