"""What a frame costs grows with its size, whatever is in it: counted, not timed.

Each kind of frame, against a document that has as much of what the frame is about as the frame
itself: a product of the two would show as a square.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from uuid import uuid4

import pytest

from collab.crdt.doc import LiveDoc
from collab.crdt.gate import Gate, GateLimits
from collab.crdt.update import UpdateError, decode_update
from collab.lib0 import string, uint
from collab.protocol.codec import FrameError, decode, encode
from collab.protocol.messages import Awareness, AwarenessEntry, Message, SyncStep1, SyncStep2
from collab.room.access import Access
from collab.room.room import Room, RoomLimits
from collab.room.session import Identity
from collab.types import DocumentId, PeerId, Seq, StateVector, Update, UserId
from tests.cost import assert_grows_no_faster

ANN = PeerId(1)
OTHERS = 500


def block(client: int, clock: int, structs: list[bytes]) -> bytes:
    return uint(len(structs)) + uint(client) + uint(clock) + b"".join(structs)


def update(blocks: list[bytes], deletes: list[tuple[int, list[tuple[int, int]]]]) -> Update:
    ranges = [
        uint(client) + uint(len(own)) + b"".join(uint(at) + uint(n) for at, n in own)
        for client, own in deletes
    ]
    return Update(uint(len(blocks)) + b"".join(blocks) + uint(len(ranges)) + b"".join(ranges))


def text(of: str, origin: tuple[int, int] | None = None) -> bytes:
    if origin is None:
        return b"\x04" + uint(1) + string("notes") + string(of)
    return b"\x84" + uint(origin[0]) + uint(origin[1]) + string(of)


def typed(size: int, what: str = "a", client: int = 7) -> bytes:
    """``size`` structs of one client, each behind the one before."""
    width = len(what.encode("utf-16-le")) // 2
    first = [text(what)]
    rest = [text(what, (client, n * width - 1)) for n in range(1, size)]
    return block(client, 0, first + rest)


def holes(size: int, client: int = 7) -> list[tuple[int, list[tuple[int, int]]]]:
    """Every second element deleted."""
    return [(client, [(2 * n, 1) for n in range(size // 2)])]


def room(state: Update, access: Access) -> Room:
    gate = Gate(GateLimits())
    document = LiveDoc()
    document.apply([state])
    for _ in gate.index(document.diff()):
        pass
    made = Room(
        document_id=DocumentId(uuid4()),
        document=document,
        gate=gate,
        seq=Seq(1),
        bindings={},
        size_bytes=len(state),
        limits=RoomLimits(),
    )
    for number in range(OTHERS):
        other = Identity(UserId(number + 2), "", "")
        made.join(PeerId(number + 2), other, Access.READ, speaks_v1=False)
    made.join(ANN, Identity(UserId(1), "", ""), access, speaks_v1=True)
    return made


Made = tuple[Room, bytes]


def known_deletion(size: int) -> Made:
    """A viewer repeats one deletion of many, again and again."""
    state = update([typed(size)], holes(size))
    again = [(7, [(size - 2 - size % 2, 1)] * size)]
    return room(state, Access.READ), encode(SyncStep2(update([], again)))


def known_structs(size: int) -> Made:
    state = update([typed(size)], holes(size))
    return room(state, Access.READ), encode(SyncStep2(state))


def new_structs(size: int) -> Made:
    state = update([typed(size)], holes(size))
    fresh = update([typed(size, client=8)], [])
    return room(state, Access.WRITE), encode(SyncStep2(fresh))


def new_deletions(size: int) -> Made:
    """Between those that are there, in no order."""
    state = update([typed(size)], holes(size // 2))
    order = [(2 * n + 1, 1) for n in range(size // 2)]
    random.Random(1).shuffle(order)
    return room(state, Access.WRITE), encode(SyncStep2(update([], [(7, order)])))


def emoji(size: int) -> Made:
    """Each is a character that may not be halved."""
    state = update([typed(size, "\U0001f600")], [])
    more = update([block(7, 2 * size, [text("\U0001f600", (7, 2 * size - 1))] * 1)], [])
    return room(state, Access.WRITE), encode(SyncStep2(more))


def many_writers(size: int) -> Made:
    """Structs of as many clients, while others are here."""
    blocks = [block(1000 + n, 0, [text("a")]) for n in range(size)]
    return room(update([typed(4)], []), Access.WRITE), encode(SyncStep2(update(blocks, [])))


def values(size: int) -> Made:
    """One struct of many values."""
    one = b"\x08" + uint(1) + string("list") + uint(size) + b"\x7e" * size
    fresh = update([block(8, 0, [one])], [])
    return room(update([typed(4)], []), Access.WRITE), encode(SyncStep2(fresh))


def awareness(size: int) -> Made:
    entries = tuple(AwarenessEntry(n, 1, '{"a":1}') for n in range(size))
    return room(update([typed(4)], []), Access.READ), encode(Awareness(entries))


def one_awareness_again(size: int) -> Made:
    entries = tuple(AwarenessEntry(5, n, '{"a":1}') for n in range(size))
    return room(update([typed(4)], []), Access.READ), encode(Awareness(entries))


def state_vector(size: int) -> Made:
    entries = b"".join(uint(n) + uint(1) for n in range(900))
    padded = uint(900) + entries
    vector = StateVector(padded if size else b"\x00")
    return room(update([typed(size)], holes(size)), Access.READ), encode(SyncStep1(vector))


def receive(made: Made) -> None:
    live, frame = made
    live.receive(ANN, decode(frame), 0.0)
    live.flush()


@pytest.mark.parametrize(
    "make",
    [
        *(known_deletion, known_structs, new_structs, new_deletions, emoji, many_writers, values),
        *(awareness, one_awareness_again, state_vector),
    ],
    ids=lambda make: make.__name__,
)
def test_the_cost_of_a_frame_is_in_proportion_to_its_size(make: Callable[[int], Made]) -> None:
    assert_grows_no_faster(make, receive)


def test_the_index_grows_in_proportion_to_its_document() -> None:
    """Of a document that is all emoji, or all holes: each by itself was a square."""

    def index(state: Update) -> None:
        for _ in Gate(GateLimits()).index(state):
            pass

    assert_grows_no_faster(lambda size: update([typed(size, "\U0001f600")], []), index)
    assert_grows_no_faster(lambda size: update([typed(size)], holes(size)), index)


def test_an_update_of_too_many_parts_is_refused_by_its_number() -> None:
    for parts in (update([typed(2000)], []), update([], holes(4000)), _list_of(2000)):
        with pytest.raises(UpdateError, match="too many parts"):
            decode_update(parts, 1000)
        assert decode_update(parts, 10_000)


def _list_of(size: int) -> Update:
    one = b"\x08" + uint(1) + string("list") + uint(size) + b"\x7e" * size
    return update([block(8, 0, [one])], [])


def test_a_value_that_holds_the_interpreter_for_long_is_refused() -> None:
    """JSON is read in one call of the library, in which nothing else runs."""
    long = b"\x05" + uint(1) + string("notes") + string('"' + "a" * (256 * 1024) + '"')
    made = update([block(8, 0, [long])], [])
    with pytest.raises(UpdateError, match="too large"):
        decode_update(made, 1000)
    assert decode_update(made)


def test_an_awareness_message_of_too_many_entries_is_none() -> None:
    entries = tuple(AwarenessEntry(n, 1, "null") for n in range(5_001))
    with pytest.raises(FrameError):
        decode(encode(Awareness(entries)))


def test_a_state_vector_of_more_clients_than_there_are_closes_its_sender() -> None:
    live = room(update([typed(4)], []), Access.READ)
    vector = uint(2000) + b"".join(uint(n) + uint(1) for n in range(2000))
    message: Message = SyncStep1(StateVector(vector))
    (closed, *_) = live.receive(ANN, message, 0.0)
    assert "too many clients" in str(closed)
