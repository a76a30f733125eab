from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random
from uuid import UUID

import pytest

from collab.crdt.doc import LiveDoc
from collab.crdt.gate import Gate, GateLimits
from collab.crdt.update import decode_state_vector
from collab.lib0 import MAX_UINT
from collab.protocol.close_codes import CloseCode
from collab.protocol.codec import decode, encode
from collab.protocol.messages import (
    Awareness,
    AwarenessEntry,
    Event,
    Message,
    PermissionDenied,
    Ping,
    Pong,
    QueryAwareness,
    Saved,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
)
from collab.room.access import Access
from collab.room.effects import Append, Broadcast, Close, Effect, RelayAwareness, Send, WantIndex
from collab.room.ports import LogRecord
from collab.room.room import MAX_DEFERRED, MAX_RESYNCS, Room, RoomLimits
from collab.room.session import Identity
from collab.types import ClientId, DocumentId, PeerId, Seq, StateVector, Update, UserId
from tests.crdt.sessions import Writer, session

ANN, BOB, CY = PeerId(1), PeerId(2), PeerId(3)
NOTHING = Update(b"\0\0")


def who(number: int) -> Identity:
    return Identity(UserId(number), f"person {number}", "#1d5fbf")


class Simulation:
    """A room whose effects are done by hand: what each peer gets, and what the log has."""

    def __init__(self, state: Update = NOTHING, bindings: dict[int, int] | None = None) -> None:
        self.gate = Gate(GateLimits())
        self.room = Room(
            document_id=DocumentId(UUID(int=1)),
            document=LiveDoc.load([state]),
            gate=self.gate,
            seq=Seq(0),
            bindings={ClientId(c): UserId(u) for c, u in (bindings or {}).items()},
            size_bytes=len(state),
            limits=RoomLimits(max_document_bytes=100_000),
        )
        self.got: dict[PeerId, list[Message]] = {}
        self.closed: dict[PeerId, CloseCode] = {}
        self.appended: list[Append] = []
        self.relayed: list[RelayAwareness] = []
        self.waiting: list[Append] = []
        self.seq = 0

    def perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(peer, message):
                    assert decode(encode(message)) == message
                    self.got.setdefault(peer, []).append(message)
                case Broadcast(message, except_peer):
                    assert decode(encode(message)) == message
                    for peer in self.room.peers:
                        if peer != except_peer:
                            self.got.setdefault(peer, []).append(message)
                case Append():
                    self.appended.append(effect)
                    self.waiting.append(effect)
                case Close(peer, code, _):
                    self.closed[peer] = code
                case RelayAwareness():
                    self.relayed.append(effect)
                case WantIndex():
                    for _ in self.gate.index(self.room.diff()):
                        pass
                    self.perform(self.room.index_ready())
                case _:
                    pass

    def join(
        self,
        peer: PeerId,
        access: Access = Access.WRITE,
        *,
        person: int | None = None,
        speaks_v1: bool = True,
    ) -> None:
        identity = who(person or peer)
        self.perform(self.room.join(peer, identity, access, speaks_v1=speaks_v1))

    def receive(self, peer: PeerId, message: Message, now: float = 0.0) -> None:
        self.perform(self.room.receive(peer, message, now))

    def flush(self) -> None:
        self.perform(self.room.flush())

    def commit(self) -> None:
        waiting, self.waiting = self.waiting, []
        seqs = [Seq(self.seq + 1 + n) for n in range(len(waiting))]
        self.seq += len(waiting)
        self.perform(self.room.committed([append.ticket for append in waiting], seqs))

    def take(self, peer: PeerId) -> list[Message]:
        return self.got.pop(peer, [])

    def saved(self, peer: PeerId) -> int | None:
        counts = [m.frames for m in self.take(peer) if isinstance(m, Saved)]
        return counts[-1] if counts else None


def one_edit(client: int = 7) -> Update:

    writer = Writer(client)
    writer.edit(Random(1))
    return writer.sent[0]


def edits(client: int, count: int) -> list[Update]:

    writer, dice = Writer(client), Random(client)
    while len(writer.sent) < count:
        writer.edit(dice)
    return writer.sent[:count]


def test_a_peer_is_told_what_we_have_and_who_is_here() -> None:
    simulation = Simulation()
    simulation.join(ANN)
    welcome, step1 = simulation.take(ANN)
    assert isinstance(welcome, Event)
    assert json.loads(welcome.payload)["access"] == "write"
    assert step1 == SyncStep1(StateVector(b"\0"))
    simulation.join(BOB, speaks_v1=False)
    assert simulation.take(BOB) == [SyncStep1(StateVector(b"\0"))]


def test_invariant_1_acknowledged_only_after_commit() -> None:
    """Nothing is acknowledged before the log has it."""
    simulation = Simulation()
    simulation.join(ANN)
    simulation.take(ANN)
    first, second = edits(7, 2)
    simulation.receive(ANN, SyncUpdate(first))
    simulation.flush()
    assert simulation.saved(ANN) is None
    simulation.receive(ANN, SyncUpdate(second))
    simulation.receive(ANN, SyncUpdate(second))  # again: brings nothing, but is not kept yet
    simulation.flush()
    simulation.join(BOB)
    simulation.receive(BOB, SyncStep2(first))
    assert simulation.saved(ANN) is None
    assert simulation.saved(BOB) is None
    simulation.commit()
    assert simulation.saved(ANN) == 3


def test_invariant_1_in_order_of_arrival() -> None:
    """A frame is not acknowledged while one before it is not kept."""
    simulation = Simulation()
    simulation.join(ANN)
    updates = edits(7, 3)
    simulation.receive(ANN, SyncUpdate(updates[2]))  # cannot be placed
    simulation.receive(ANN, SyncUpdate(updates[0]))
    simulation.flush()
    simulation.commit()
    assert simulation.saved(ANN) is None
    simulation.receive(ANN, SyncStep2(LiveDoc.load(updates).diff()))
    simulation.flush()
    assert simulation.saved(ANN) is None
    simulation.commit()
    assert simulation.saved(ANN) == 3


def test_invariant_2_a_remote_record_is_not_appended_again() -> None:
    source, target = Simulation(), Simulation()
    source.join(ANN)
    source.receive(ANN, SyncUpdate(one_edit()))
    source.flush()
    target.join(BOB)
    target.take(BOB)

    record = LogRecord(
        target.room.document_id,
        Seq(1),
        source.appended[0].update,
        UserId(1),
        (ClientId(7),),
        False,
        "live",
        datetime.now(UTC),
    )
    target.perform(target.room.receive_remote([record]))
    assert [type(m) for m in target.take(BOB)] == [SyncUpdate]
    assert target.appended == []
    target.perform(target.room.receive_remote([record]))
    assert target.take(BOB) == []
    assert target.room.seq == 1
    assert target.room.diff() == source.room.diff()


def test_invariant_3_no_echo() -> None:
    """A lone writer's update goes to the others only."""
    simulation = Simulation()
    simulation.join(ANN)
    simulation.join(BOB)
    simulation.take(ANN), simulation.take(BOB)
    simulation.receive(ANN, SyncUpdate(one_edit()))
    simulation.flush()
    assert simulation.take(ANN) == []
    assert [type(m) for m in simulation.take(BOB)] == [SyncUpdate]


ACCESS_TABLE = [(Access.READ, False), (Access.COMMENT, False), (Access.WRITE, True)]


@pytest.mark.parametrize(("access", "may_write"), ACCESS_TABLE)
@pytest.mark.parametrize("kind", [SyncUpdate, SyncStep2])
def test_invariant_4_who_may_not_write_changes_nothing(
    access: Access, may_write: bool, kind: type[SyncUpdate] | type[SyncStep2]
) -> None:
    simulation = Simulation()
    simulation.join(ANN, access)
    before = simulation.room.diff()
    simulation.take(ANN)
    simulation.receive(ANN, kind(one_edit()))
    simulation.flush()
    simulation.commit()
    got = simulation.take(ANN)
    assert bool(simulation.appended) is may_write
    assert (simulation.room.diff() != before) is may_write
    assert (PermissionDenied("permission denied") in got) is not may_write
    assert (Saved(1) in got) is may_write
    assert simulation.closed == {}


def test_a_reader_that_repeats_what_is_known_is_not_told_off() -> None:
    """A browser answers step 1 with what it has; that is no write."""
    state = LiveDoc.load(session(3)).diff()
    simulation = Simulation(state)
    simulation.join(ANN, Access.READ)
    simulation.take(ANN)
    simulation.receive(ANN, SyncStep2(state))
    simulation.receive(ANN, SyncStep2(NOTHING))
    assert simulation.saved(ANN) == 2


def test_invariant_6_a_hostile_update_closes_its_sender_only() -> None:
    simulation = Simulation()
    simulation.join(ANN)
    simulation.join(BOB)
    simulation.receive(ANN, SyncUpdate(Update(b"\xff\xff")))
    assert simulation.closed == {ANN: CloseCode.UPDATE_REFUSED}
    assert simulation.room.peers == (BOB,)
    simulation.receive(ANN, SyncUpdate(one_edit()))
    simulation.flush()
    assert simulation.appended == []


def test_what_cannot_be_placed_is_asked_for_and_not_for_ever() -> None:
    simulation = Simulation()
    simulation.join(ANN)
    simulation.take(ANN)
    late = edits(7, 2)[1]
    simulation.receive(ANN, SyncUpdate(late))
    assert [type(m) for m in simulation.take(ANN)] == [SyncStep1]
    for _ in range(MAX_RESYNCS + 1):
        simulation.receive(ANN, SyncStep2(late))
    assert simulation.closed == {ANN: CloseCode.TRY_AGAIN}
    assert simulation.appended == []


def test_a_peer_that_never_answers_is_not_remembered_for_ever() -> None:
    """Frames that cannot be placed, or may not, take no memory without end."""
    simulation = Simulation()
    simulation.join(ANN)
    simulation.join(BOB, Access.READ)
    update = SyncUpdate(edits(7, 2)[1])
    for _ in range(MAX_DEFERRED + 1):
        simulation.receive(ANN, update)
        simulation.receive(BOB, update)
    assert simulation.closed == {ANN: CloseCode.TRY_AGAIN}
    assert len(simulation.room._sessions[BOB].frames) == 1


def test_nobody_writes_in_the_name_of_one_who_is_here() -> None:
    """An id that another writes under is put off while that one is connected, then relayed."""
    update = one_edit(7)
    simulation = Simulation(bindings={7: int(BOB)})
    simulation.join(ANN)
    simulation.join(BOB)
    simulation.receive(BOB, Awareness((AwarenessEntry(7, 1, "{}"),)))
    simulation.receive(ANN, SyncUpdate(update))
    simulation.flush()
    assert simulation.appended == []
    simulation.perform(simulation.room.leave(BOB))
    simulation.receive(ANN, SyncStep2(update))
    simulation.flush()
    assert [a.is_relayed for a in simulation.appended] == [True]
    assert simulation.appended[0].author_id == UserId(ANN)
    simulation.commit()
    assert simulation.saved(ANN) == 2


def test_an_id_is_bound_by_its_announcement() -> None:
    simulation = Simulation()
    simulation.join(ANN)
    simulation.receive(ANN, Awareness((AwarenessEntry(7, 1, "{}"),)))
    mine, other = edits(7, 1)[0], edits(8, 1)[0]
    simulation.receive(ANN, SyncStep2(mine))
    simulation.receive(ANN, SyncStep2(other))
    simulation.flush()
    assert [(a.binds, a.is_relayed) for a in simulation.appended] == [((7,), False), ((), True)]


def test_one_author_s_neighbours_are_one_record() -> None:
    simulation = Simulation()
    simulation.join(ANN)
    simulation.join(BOB)
    a, b = edits(7, 3), edits(8, 1)
    for peer, update in [(ANN, a[0]), (ANN, a[1]), (BOB, b[0]), (ANN, a[2])]:
        simulation.receive(peer, SyncUpdate(update))
    simulation.flush()
    assert [append.author_id for append in simulation.appended] == [
        UserId(p) for p in (ANN, BOB, ANN)
    ]
    assert LiveDoc.load([x.update for x in simulation.appended]).diff() == simulation.room.diff()


def test_awareness_is_echoed_stamped_and_of_one_s_own() -> None:
    simulation = Simulation()
    simulation.join(ANN)
    simulation.join(BOB)
    simulation.take(ANN), simulation.take(BOB)
    forged = json.dumps({"user": {"name": "Bob", "id": "2"}, "cursor": 4})
    simulation.receive(ANN, Awareness((AwarenessEntry(7, 1, forged),)))
    simulation.flush()
    for peer in (ANN, BOB):
        (message,) = simulation.take(peer)
        assert isinstance(message, Awareness)
        state = json.loads(message.entries[0].state)
        assert state == {
            "user": {"id": "1", "name": "person 1", "color": "#1d5fbf"},
            "cursor": 4,
        }
    pictured = Identity(UserId(3), "Cy", "#1d5fbf", "/avatars/3-ab.webp")
    assert pictured.shown()["avatar"] == "/avatars/3-ab.webp"
    # Bob sends back what he has received, as stock clients do, and it changes nothing.
    simulation.receive(BOB, Awareness((AwarenessEntry(7, 9, "{}"),)))
    simulation.flush()
    assert simulation.take(ANN) == []
    simulation.receive(BOB, QueryAwareness())
    (answer,) = simulation.take(BOB)
    assert isinstance(answer, Awareness)
    assert [entry.client_id for entry in answer.entries] == [7]


def test_who_leaves_is_gone_for_all() -> None:
    simulation = Simulation()
    simulation.join(ANN)
    simulation.join(BOB)
    simulation.receive(ANN, Awareness((AwarenessEntry(7, 1, "{}"),)))
    simulation.flush()
    simulation.take(BOB)
    simulation.perform(simulation.room.leave(ANN))
    simulation.flush()
    assert simulation.take(BOB) == [Awareness((AwarenessEntry(7, 2, "null"),))]
    assert len(simulation.relayed) == 2


NO_STATES = {
    "number": "5",
    "list": "[]",
    "string": '"x"',
    "broken": "{",
    "deep": '{"a":' + "[" * 2000 + "]" * 2000 + "}",
    "long": '{"a":"' + "x" * 5000 + '"}',
    "long in bytes": '{"a":"' + "你" * 1400 + '"}',
    "half a character": '{"a":"\\ud800"}',
    "no number": '{"a":NaN}',
    "no finite number": '{"a":1e999}',
}


@pytest.mark.parametrize("state", NO_STATES.values(), ids=NO_STATES.keys())
def test_a_state_that_is_none_shows_who_is_here_and_no_more(state: str) -> None:
    simulation = Simulation()
    simulation.join(ANN)
    simulation.receive(ANN, Awareness((AwarenessEntry(7, 1, state),)))
    (entry,) = simulation.room.awareness().entries
    assert (entry.client_id, entry.clock, list(json.loads(entry.state))) == (7, 1, ["user"])
    assert simulation.closed == {}


def test_who_comes_back_is_told_with_a_clock_that_all_take() -> None:
    """Behind that of the departure; what comes back from the client itself is no news."""
    simulation = Simulation()
    simulation.join(ANN)
    simulation.receive(ANN, Awareness((AwarenessEntry(7, 5, "{}"),)))
    simulation.perform(simulation.room.leave(ANN))
    simulation.join(ANN)
    simulation.receive(ANN, Awareness((AwarenessEntry(7, 5, "{}"),)))
    (entry,) = simulation.room.awareness().entries
    assert entry.clock == 7
    simulation.flush()
    before = len(simulation.relayed)
    simulation.receive(ANN, Awareness((entry,)))
    assert len(simulation.relayed) == before
    simulation.receive(ANN, Awareness((AwarenessEntry(7, 6, '{"cursor":1}'),)))
    assert simulation.room.awareness().entries[0].clock == 8


def test_the_largest_clock_that_can_be_said_costs_nobody_the_room() -> None:
    """Each word of ours goes on from it, and has to be one that can be sent."""
    simulation = Simulation()
    simulation.join(ANN)
    simulation.join(BOB)
    for state in ("{}", '{"cursor":1}', '{"cursor":2}', "null", "{}"):
        simulation.receive(ANN, Awareness((AwarenessEntry(7, MAX_UINT, state),)))
        simulation.flush()
    simulation.take(BOB)
    simulation.perform(simulation.room.leave(ANN))
    simulation.flush()
    (told,) = simulation.take(BOB)
    assert isinstance(told, Awareness)
    assert [(entry.client_id, entry.state) for entry in told.entries] == [(7, "null")]
    # Whose id it really is goes on behind that, and has numbers left.
    simulation.receive(BOB, Awareness((AwarenessEntry(7, told.entries[0].clock, "{}"),)))
    (entry,) = simulation.room.awareness().entries
    assert told.entries[0].clock < entry.clock < MAX_UINT // 2


def test_no_number_of_leaps_takes_a_clock_to_where_it_cannot_be_sent() -> None:
    simulation = Simulation()
    entry = AwarenessEntry(9, MAX_UINT, "{}")
    simulation.join(ANN)
    simulation.perform(simulation.room.receive_remote_awareness([(entry, UserId(5))], 0.0))
    simulation.perform(simulation.room.expire(46.0))
    simulation.receive(ANN, Awareness((AwarenessEntry(9, 1, "{}"),)))
    simulation.receive(ANN, Awareness((AwarenessEntry(9, 1, '{"cursor":1}'),)))
    simulation.perform(simulation.room.leave(ANN))
    simulation.flush()


def test_a_peer_of_a_process_that_died_is_forgotten() -> None:
    simulation = Simulation()
    entry = AwarenessEntry(9, 1, "{}")
    simulation.perform(simulation.room.receive_remote_awareness([(entry, UserId(5))], 0.0))
    assert simulation.room.awareness().entries == (entry,)
    simulation.perform(simulation.room.expire(46.0))
    assert simulation.room.awareness().entries == ()


def test_ping_is_answered_and_server_messages_are_refused() -> None:
    simulation = Simulation()
    simulation.join(ANN)
    simulation.take(ANN)
    simulation.receive(ANN, Ping(5))
    assert simulation.take(ANN) == [Pong(5)]
    simulation.receive(ANN, Saved(1))
    assert simulation.closed == {ANN: CloseCode.BAD_FRAME}


def test_a_change_of_access_counts_from_the_next_frame() -> None:
    simulation = Simulation()
    simulation.join(ANN)
    simulation.take(ANN)
    simulation.perform(simulation.room.set_access(ANN, Access.READ))
    (event,) = simulation.take(ANN)
    assert event == Event('{"type": "access", "access": "read"}')
    simulation.receive(ANN, SyncUpdate(one_edit()))
    assert simulation.take(ANN) == [PermissionDenied("permission denied")]


def test_a_freeze_is_told_once_and_to_those_who_come_later() -> None:
    simulation = Simulation()
    simulation.join(ANN)
    simulation.take(ANN)
    simulation.perform(simulation.room.set_frozen(True))
    simulation.perform(simulation.room.set_frozen(True))
    assert simulation.take(ANN) == [Event('{"type": "frozen", "frozen": true}')]
    simulation.join(BOB)
    welcome = simulation.take(BOB)[0]
    assert isinstance(welcome, Event)
    assert json.loads(welcome.payload)["frozen"] is True


def test_too_much_is_refused() -> None:
    simulation = Simulation()
    simulation.join(ANN)
    simulation.receive(ANN, SyncUpdate(Update(bytes(1024 * 1024 + 1))))
    assert simulation.closed == {ANN: CloseCode.FRAME_TOO_BIG}


def test_step_1_is_answered_with_what_is_missing() -> None:
    updates = session(3)
    simulation = Simulation(LiveDoc.load(updates).diff())
    simulation.join(ANN)
    simulation.take(ANN)
    behind = LiveDoc.load(updates[: len(updates) // 2])
    simulation.receive(ANN, SyncStep1(behind.state_vector()))
    (answer,) = simulation.take(ANN)
    assert isinstance(answer, SyncStep2)
    behind.apply([answer.update])
    seen = [decode_state_vector(v.state_vector()) for v in (behind, simulation.room)]
    assert seen[0] == seen[1]
    simulation.receive(ANN, SyncStep1(StateVector(b"\xff\xff")))
    assert simulation.closed == {ANN: CloseCode.BAD_FRAME}
