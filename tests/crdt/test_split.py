"""A state in portions is the state: equal bytes, equal text, whatever order it was written in."""

from __future__ import annotations

import random

import pytest

from collab.crdt.doc import CrdtFailure, LiveDoc
from collab.crdt.split import split
from collab.crdt.update import decode_update
from collab.types import Update
from tests.crdt.sessions import session
from tests.crdt.test_gate import BASE


def state_of_session(seed: int, *, keep_deleted: bool = False) -> Update:
    document = LiveDoc.load(session(seed), keep_deleted=keep_deleted)
    try:
        return document.diff()
    finally:
        document.close()


@pytest.mark.parametrize("keep_deleted", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_portions_make_the_state(seed: int, keep_deleted: bool) -> None:
    """People who wrote at once: each portion needs only those before it, so nothing is pending."""
    state = state_of_session(seed, keep_deleted=keep_deleted)
    whole = decode_update(state)
    for portion in (1, 2, 7, 10_000):
        parts = split(state, portion)
        structs = [decode_update(part).structs for part in parts]
        assert max(map(len, structs)) <= portion
        assert sum(map(len, structs)) == len(whole.structs)
        replica = LiveDoc(keep_deleted=keep_deleted)
        seen: dict[int, int] = {}
        for part in parts:
            replica.apply([part])
            for struct in decode_update(part).structs:
                seen[struct.client] = struct.clock + struct.length
            # A struct that had to wait for another portion would not be in the state yet.
            now = decode_update(replica.diff())
            assert {s.client: s.clock + s.length for s in now.structs} == seen
        other = LiveDoc.load([state], keep_deleted=keep_deleted)
        assert replica.diff() == other.diff()
        assert replica.is_same_as(other)
        replica.close()
        other.close()


def test_they_are_applied_in_one_transaction_step_by_step() -> None:
    """Nothing is told of them, and the document hears of the next edit as ever."""
    state = state_of_session(4)
    document = LiveDoc()
    parts = split(state, 5)
    assert len(list(document.apply_in_steps(parts))) == len(parts)
    other = LiveDoc.load([state])
    assert document.diff() == other.diff()
    more = session(6)[0]
    assert document.apply([more]) == other.apply([more])
    assert document.diff() == other.diff()
    document.close()
    other.close()


def test_a_step_that_fails_is_a_failure_of_the_document() -> None:
    document = LiveDoc()
    with pytest.raises(CrdtFailure):
        list(document.apply_in_steps([Update(b"\x01\x01")]))
    document.close()


def test_clients_that_take_turns_are_put_in_order() -> None:
    """Each struct hangs on the other client's last: the longest chain that there is."""
    updates: list[Update] = []
    for clock in range(200):
        for client in (1, 2):
            origin = (clock, 2) if client == 1 else (clock + 1, 1)
            head = bytes([1, 1, client]) + _uint(clock)
            if clock == 0 and client == 1:
                updates.append(Update(head + b"\x04\x01\x01t\x01x\x00"))
            else:
                before = origin[0] - 1
                updates.append(
                    Update(head + b"\x84" + bytes([origin[1]]) + _uint(before) + b"\x01x\x00")
                )
    document = LiveDoc.load(updates)
    state = document.diff()
    parts = split(state, 10)
    assert len(parts) == 40
    again = LiveDoc.load(parts)
    assert again.diff() == state
    document.close()
    again.close()


def _uint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128, value >> 7])


def test_many_deletions_come_in_portions_too() -> None:
    states = [state_of_session(seed) for seed in range(12)]
    deletes, state = max(
        ((decode_update(s).deletes, s) for s in states), key=lambda each: len(each[0])
    )
    assert len(deletes) > 4
    parts = split(state, 1)
    assert max(len(decode_update(part).deletes) for part in parts) <= 4
    assert sorted(d for part in parts for d in decode_update(part).deletes) == sorted(deletes)


def test_what_cannot_be_taken_apart_stays_whole() -> None:
    """A hole, bytes too many, bytes at random: the CRDT library is the one to say what is wrong."""
    state = state_of_session(5)
    dice = random.Random(5)
    hole = Update(state[:3] + bytes([99]) + state[4:])
    for wrong in (hole, Update(state + b"\x00"), Update(dice.randbytes(50)), Update(b"")):
        assert split(wrong) == [wrong]
    assert LiveDoc.load(split(BASE)).diff() == LiveDoc.load([BASE]).diff()
