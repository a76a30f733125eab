from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Collection
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer

from collab.bus.events import RecordsCommitted
from collab.crdt import keystroke
from collab.crdt.doc import CrdtFailure, LiveDoc
from collab.crdt.gate import Accepted, Gate, Verdict
from collab.crdt.split import split
from collab.crdt.update import DecodedUpdate
from collab.operations.models import QuarantinedUpdate
from collab.protocol.codec import decode
from collab.protocol.messages import SyncStep1, SyncUpdate
from collab.realtime.admission import Admitted, Credential
from collab.realtime.config import RealtimeConfig
from collab.realtime.intake import LARGE_BYTES
from collab.realtime.registry import Registry
from collab.realtime.runner import RoomRunner
from collab.room.access import Access
from collab.room.session import Identity
from collab.types import DocumentId, PeerId, Seq, StateVector, Update, UserId
from tests.contracts.memory_log import MemoryLog
from tests.contracts.test_update_log import pending
from tests.crdt.sessions import Writer, session
from tests.crdt.test_gate import BASE, SAMPLES
from tests.factories import make_document, make_user
from tests.history.scenes import line, paragraph

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


class CountingLog(MemoryLog):
    """Counts the sweeps: each looks the heads up."""

    sweeps = 0

    def heads(self, document_ids: Collection[DocumentId]) -> dict[DocumentId, Seq]:
        self.sweeps += 1
        return super().heads(document_ids)


@pytest.mark.parametrize("room_compare_s", [0.01, 0.0])
async def test_rooms_are_compared_by_the_clock(room_compare_s: float) -> None:
    """The sweep does it, and 0 turns it off."""
    log = CountingLog()
    log.authors = {ANN}
    document = DocumentId((await sync_to_async(make_document)()).pk)
    log.add_document(document)
    log.append([pending(document, update, ANN) for update in session(1)])
    config = RealtimeConfig(room_sweep_s=0.01, room_compare_s=room_compare_s, watchdog_s=0)
    registry = Registry(log, InMemoryChannelLayer(), config)
    runner = await registry.open(document)
    assert runner is not None
    runner.room._document.apply(session(2))
    await settled(lambda: runner not in registry.rooms or log.sweeps > 20)
    assert (runner in registry.rooms) == (room_compare_s == 0)
    await registry.stop()


class CheckpointingLog(MemoryLog):
    """Notes after which record each checkpoint was made."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[Seq] = []

    def checkpoint(self, document_id: DocumentId) -> Seq:
        self.made.append(super().checkpoint(document_id))
        return self.made[-1]


async def test_one_process_makes_the_checkpoint_that_is_due() -> None:
    """The one whose record has the number; the others, which have the room too, make none."""
    log = CheckpointingLog()
    log.authors = {ANN}
    log.add_document(DOCUMENT)
    config = RealtimeConfig(room_sweep_s=3600, watchdog_s=0, checkpoint_every=4)
    registry = Registry(log, InMemoryChannelLayer(), config)
    runner = await registry.open(DOCUMENT)
    assert runner is not None
    peer, _socket = enter(runner, registry, ANN)
    edits = session(1)
    for seq, edit in enumerate(edits[:12], start=1):
        if seq in (3, 4, 8):
            log.append([pending(DOCUMENT, edit, ANN)])
            runner.on_records(RecordsCommitted(DOCUMENT, Seq(seq), Seq(seq), ()))
        else:
            runner.receive(peer, SyncUpdate(edit))
        await settled(lambda seq=seq: runner.room.seq == seq)
    await settled(lambda: log.made)
    await registry.stop()
    assert log.made[0] == 12
    assert len(edits) >= 12


async def test_a_large_checkpoint_is_applied_in_portions(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room is the one that its log makes, with other work between the portions."""
    await registry.write_checkpoint(DOCUMENT)
    whole = await registry.open(DOCUMENT)
    assert whole is not None
    state = whole.room.diff()
    registry._release(whole)
    monkeypatch.setattr("collab.realtime.registry.SPLIT_BYTES", 0)
    monkeypatch.setattr("collab.crdt.split.split.__defaults__", (3,))
    turns = 0

    async def other_work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    working = asyncio.create_task(other_work())
    parts = len(split(state))
    assert parts > 5
    again = await registry.open(DOCUMENT)
    working.cancel()
    assert again is not None
    assert turns > parts
    assert again.room.diff() == state
    await registry.compare_rooms()
    assert registry.rooms == (again,)


class Socket:
    """A socket that takes everything, and knows what, and how it was closed."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.updates: list[Update] = []

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.code = message["code"]
        elif isinstance(shown := decode(message["bytes"]), SyncUpdate):
            self.updates.append(shown.update)


def enter(runner: RoomRunner, registry: Registry, user_id: int) -> tuple[PeerId, Socket]:
    peer, socket = registry.new_peer(), Socket()
    identity = Identity(UserId(user_id), f"user {user_id}", "#123456")
    admitted = Admitted(runner.document_id, identity, Access.WRITE, "", False, Credential())
    runner.join(peer, socket.send, admitted, speaks_v1=True)
    return peer, socket


async def settled(claim: Any) -> None:
    """Let the loop turn until the claim holds."""
    async with asyncio.timeout(10):
        while not claim():  # noqa: ASYNC110  # nothing tells of a socket's end
            await asyncio.sleep(0.001)


async def test_among_several_the_one_that_breaks_the_document_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two updates are applied at once and pycrdt fails: nobody is closed for good, nothing kept.

    In the next room they are applied one at a time: the culprit is closed with 4422, what it sent
    is in quarantine, and the other's update is in the document after that.
    """
    ann, bob = await sync_to_async(make_user)(), await sync_to_async(make_user)()
    document = DocumentId((await sync_to_async(make_document)(owner=ann)).pk)
    log = MemoryLog()
    log.authors = {UserId(ann.pk), UserId(bob.pk)}
    log.add_document(document)
    log.append([pending(document, BASE, UserId(ann.pk))])
    registry = Registry(
        log, InMemoryChannelLayer(), RealtimeConfig(room_sweep_s=3600, watchdog_s=0)
    )
    honest = session(1)[0]
    path = next(each for each in SAMPLES if "X5_half_applied" in each.name)
    hostile = Update(bytes.fromhex(path.read_text().partition("#")[0]))
    accepted = Accepted(frozenset(), False, {}, {}, ())
    monkeypatch.setattr(Gate, "check", lambda *_: accepted)
    codes = []
    for _ in range(2):
        runner = await registry.open(document)
        assert runner is not None
        (one, a), (two, b) = (enter(runner, registry, each.pk) for each in (ann, bob))
        runner.receive(one, SyncUpdate(honest))
        runner.receive(two, SyncUpdate(hostile))
        await settled(lambda a=a, b=b: a.code and b.code)
        codes.append((a.code, b.code))
    assert codes == [(1012, 1012), (1012, 4422)]
    runner = await registry.open(document)
    assert runner is not None
    one, _a = enter(runner, registry, ann.pk)
    runner.receive(one, SyncUpdate(honest))
    await settled(lambda: runner.room.seq == 2)
    await registry.stop()
    rows = [row async for row in QuarantinedUpdate.objects.all()]
    assert [(row.author_id, bytes(row.update), row.after_seq) for row in rows] == [
        (bob.pk, hostile, 1)
    ]
    assert "block parent" in rows[0].error
    assert [record.update for record in log.read_after(document, Seq(1), 9)] == [honest]


async def test_a_room_that_rests_sends_what_came_meanwhile_in_one_frame(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first edit after a pause is shown at once, those that come in its rest together."""
    runner = await registry.open(DOCUMENT)
    assert runner is not None
    peer, _socket = enter(runner, registry, ANN)
    _other, reader = enter(runner, registry, ANN)
    monkeypatch.setattr(registry.spacing, "rest_s", lambda *_, **__: 0.3)
    now = asyncio.get_running_loop().time
    edits = session(2)[:3]
    runner.receive(peer, SyncUpdate(edits[0]))
    await settled(lambda: reader.updates)
    began = now()
    assert reader.updates == edits[:1]
    for edit in edits[1:]:
        runner.receive(peer, SyncUpdate(edit))
        await asyncio.sleep(0.005)
    await settled(lambda: len(reader.updates) > 1)
    assert now() - began > 0.2
    assert LiveDoc.load(reader.updates).is_same_as(LiveDoc.load(edits))
    assert len(reader.updates) == 2


async def test_a_document_that_cannot_be_read_is_built_anew(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure while a state is read is nobody's fault: all come back, to another room."""
    runner = await registry.open(DOCUMENT)
    assert runner is not None
    peer, socket = enter(runner, registry, ANN)
    _other, witness = enter(runner, registry, ANN)

    def fail(*_: object) -> None:
        raise CrdtFailure("PanicException: as yrs does")

    with monkeypatch.context() as broken:
        broken.setattr(LiveDoc, "diff", fail)
        runner.receive(peer, SyncStep1(StateVector(b"\x00")))
        await settled(lambda: socket.code and witness.code)
    assert (socket.code, witness.code) == (1012, 1012)
    assert runner not in registry.rooms
    again = await registry.open(DOCUMENT)
    assert again is not None
    assert again.room.diff()


async def test_a_large_record_of_another_process_is_taken_apart_beside_the_event_loop(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a rescue of a thousand pieces; small ones before and behind it keep their order."""
    runner = await registry.open(DOCUMENT)
    assert runner is not None
    runner._perform(runner.room.want_index())
    await runner.indexed()
    on_loop: list[int] = []
    here = threading.get_ident()
    plain, checked = keystroke.decode, Gate.check

    def decode_noting(update: Update, most: int | None = None) -> DecodedUpdate:
        if threading.get_ident() == here:
            on_loop.append(len(update))
        return plain(update, most)

    def check_noting(gate: Gate, decoded: DecodedUpdate) -> Verdict:
        if threading.get_ident() == here:
            on_loop.append(len(decoded.structs))
        return checked(gate, decoded)

    monkeypatch.setattr(keystroke, "decode", decode_noting)
    monkeypatch.setattr(Gate, "check", check_noting)
    log = registry._log
    writer = Writer(99)
    writer.hear(runner.room.diff())
    writer.body.children.append(paragraph("before"))
    with writer.doc.transaction():
        for _ in range(3000):
            writer.body.children.append(paragraph("x"))
    line(writer).insert(0, "behind")
    sizes = [len(update) for update in writer.sent]
    assert max(sizes) > 8 * LARGE_BYTES
    seqs = await sync_to_async(log.append)([pending(DOCUMENT, each, ANN) for each in writer.sent])
    records = tuple((bytes(each), ANN, (99,), False) for each in writer.sent)
    runner.on_records(RecordsCommitted(DOCUMENT, seqs[0], seqs[-1], records))  # type: ignore[arg-type]
    async with asyncio.timeout(30):
        while runner.room.seq < seqs[-1]:  # type: ignore[operator]  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert on_loop
    assert max(on_loop) < LARGE_BYTES
    assert runner.room.state_vector() == writer.doc.get_state()
    assert LiveDoc.load([runner.room.diff()]).is_same_as(
        LiveDoc.load([Update(writer.doc.get_update())])
    )
