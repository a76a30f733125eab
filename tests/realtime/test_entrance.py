"""The door: what changes while somebody stands in it still counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer

from collab.accounts.models import User
from collab.accounts.tokens import token_create
from collab.bus.doorbell import group_name
from collab.bus.events import AccessChanged, BusEvent, RecordsCommitted
from collab.documents.models import Document, Membership, Role
from collab.protocol.close_codes import CloseCode
from collab.realtime.admission import Knock, Turned
from collab.realtime.config import RealtimeConfig
from collab.realtime.entrance import Entered
from collab.realtime.registry import Registry
from collab.room.access import Access
from collab.room.ports import StoredDocument
from collab.types import EVERY_DOCUMENT, DocumentId, Seq, UserId
from tests.contracts.memory_log import MemoryLog
from tests.contracts.test_update_log import pending
from tests.crdt.test_doc import typed
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db(transaction=True)


class Log(MemoryLog):
    """A log that does something just after it was read, and counts how often that is."""

    def __init__(self) -> None:
        super().__init__()
        self.then: Callable[[], None] = lambda: None
        self.loads: list[list[DocumentId]] = []

    def load_many(self, document_ids: Collection[DocumentId]) -> dict[DocumentId, StoredDocument]:
        self.loads.append([*document_ids])
        found = super().load_many(document_ids)
        then, self.then = self.then, lambda: None
        then()
        return found


class Door:
    """A registry, a document of ann's, and bob, who may read it."""

    def __init__(self) -> None:
        self.ann, self.bob = make_user(), make_user()
        self.document = make_document(self.ann, members={self.bob: Role.VIEWER})
        self.id = DocumentId(self.document.pk)
        self.log = Log()
        self.log.authors = {UserId(self.ann.pk)}
        self.log.add_document(self.id)
        self.tokens = {user.pk: token_create(user) for user in (self.ann, self.bob)}
        self.layer = InMemoryChannelLayer()
        self.registry: Registry
        self.loop: asyncio.AbstractEventLoop

    async def enter(self, user: User, document: Document | None = None) -> Entered | Turned:
        document_id = str((document or self.document).pk)
        async with asyncio.timeout(20):
            return await self.registry.enter(Knock(document_id, token=self.tokens[user.pk]))

    def ring(self, event: BusEvent) -> None:
        """Ring from the thread of the log, as a view in another process does."""
        self.loop.call_soon_threadsafe(self.registry._hear, event)

    def is_heard(self, document_id: DocumentId) -> bool:
        return bool(self.layer.groups.get(group_name(document_id)))


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    door = await sync_to_async(Door)()
    door.loop = asyncio.get_running_loop()
    config = RealtimeConfig(room_sweep_s=3600, watchdog_s=0, census_s=0)
    door.registry = Registry(door.log, door.layer, config)
    yield door
    await door.registry.stop()


async def test_a_crowd_opens_a_room_once(door: Door) -> None:
    """The load of all that come at once is one; each has what is theirs."""
    entered = await asyncio.gather(*(door.enter(user) for user in (door.ann, door.bob) * 10))
    assert door.log.loads == [[door.id]]
    rooms = {each.runner for each in entered if isinstance(each, Entered)}
    assert rooms == {*door.registry.rooms}
    assert len(rooms) == 1
    accesses = [each.admitted.access for each in entered if isinstance(each, Entered)]
    assert accesses == [Access.WRITE, Access.READ] * 10


@pytest.mark.parametrize("is_everywhere", [False, True])
async def test_rights_that_go_while_the_room_is_opened_are_gone(
    door: Door, is_everywhere: bool
) -> None:
    """Admitted, then shut out before there is a room that the bell could ring in."""

    def revoke() -> None:
        Membership.objects.filter(user=door.bob).delete()
        door.ring(AccessChanged(EVERY_DOCUMENT if is_everywhere else door.id, None))

    door.log.then = revoke
    turned = await door.enter(door.bob)
    assert isinstance(turned, Turned)
    assert turned.code is CloseCode.NO_ACCESS


async def test_what_is_committed_while_the_room_is_opened_is_in_it(door: Door) -> None:
    """The record missed the load, and its bell rang before there was a room."""
    first, second = typed("ab")
    ann = UserId(door.ann.pk)
    door.log.append([pending(door.id, first, ann)])

    def commit() -> None:
        door.log.append([pending(door.id, second, ann)])
        door.ring(RecordsCommitted(door.id, Seq(2), Seq(2), ()))

    door.log.then = commit
    entered = await door.enter(door.bob)
    assert isinstance(entered, Entered)
    async with asyncio.timeout(10):
        while entered.runner.room.seq < 2:  # noqa: ASYNC110  # a room tells nobody
            await asyncio.sleep(0.01)


async def test_who_is_turned_leaves_nothing_behind(door: Door) -> None:
    """No room, and no ear for a document that a stranger has named."""
    other = await sync_to_async(make_document)()
    door.log.add_document(DocumentId(other.pk))
    turned = await door.enter(door.bob, other)
    assert isinstance(turned, Turned)
    assert turned.code is CloseCode.NO_ACCESS
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        while door.is_heard(DocumentId(other.pk)):  # noqa: ASYNC110  # the layer tells nobody
            await asyncio.sleep(0.01)
    assert (door.log.loads, door.registry.rooms) == ([], ())
    assert isinstance(await door.enter(door.bob), Entered)
    assert door.is_heard(door.id)


async def test_who_shows_nothing_is_asked_nothing(door: Door) -> None:
    turned = await door.registry.enter(Knock(str(door.id)))
    assert isinstance(turned, Turned)
    assert turned.code is CloseCode.NOT_SIGNED_IN
    assert not door.is_heard(door.id)
