"""The short way for typed text decides exactly as the general one."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Text, XmlElement, XmlFragment, XmlText

from collab.crdt import keystroke
from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.placement import Placement, typed
from collab.crdt.update import STRING, UpdateError, decode_update
from collab.lib0 import uint
from collab.types import Update


def outcome(decode: object, update: bytes) -> object:
    try:
        return decode(Update(update))  # type: ignore[operator]  # either decoder
    except UpdateError as error:
        return str(error)


NUMBER = st.one_of(
    st.integers(0, 3), st.integers(0, 2**32), st.integers(2**31 - 3, 2**36), st.just(2**53 - 1)
)


@given(
    numbers=st.lists(NUMBER, min_size=6, max_size=6),
    info=st.sampled_from([0x04, 0x84, 0xC4, 0xA4, 0x44, 0x8A, 0x80]),
    text=st.sampled_from([b"a", b"", b"hello", "é".encode(), "👍".encode(), b"\xff", b"a" * 200]),
    lie=st.integers(-1, 1),
    tail=st.sampled_from([b"\x00", b"", b"\x00\x00", b"\x01\x01\x01\x01\x01"]),
    cut=st.integers(0, 40),
)
def test_it_decodes_what_the_general_decoder_does(
    numbers: list[int], info: int, text: bytes, lie: int, tail: bytes, cut: int
) -> None:
    client, clock, *beside = (uint(number) for number in numbers)
    count = 4 if info & 0xC0 == 0xC0 else 2
    update = b"\x01\x01" + client + clock + bytes([info]) + b"".join(beside[:count])
    update += uint(max(0, len(text) + lie)) + text + tail
    for each in (update, update[:-cut] if cut else update):
        assert outcome(keystroke.decode, each) == outcome(decode_update, each)


def sessions() -> list[bytes]:
    """Updates of typing in a text root and in a paragraph, some of it between other words."""
    doc: Doc[Any] = Doc(client_id=7)
    updates: list[bytes] = []
    doc.observe(lambda event: updates.append(event.update))
    text = doc.get("notes", type=Text)
    body = doc.get("default", type=XmlFragment)
    words = XmlText()
    body.children.append(XmlElement("paragraph", {}, [words]))
    chance = random.Random(1)
    for _ in range(300):
        at = chance.choice([len(text), chance.randint(0, len(text))])
        text.insert(at, chance.choice("ab"))
        words.insert(min(at, len(words)), chance.choice(["x", "yz"]))
        if chance.random() < 0.1 and len(text) > 2:
            del text[1:2]
    return updates


def test_it_places_what_the_general_placement_does() -> None:
    """Of real typing the short way takes most, and its run is the same to the last field."""
    gate = Gate(GateLimits())
    list(gate.index(Update(b"\x00\x00")))
    short = 0
    for update in sessions():
        decoded = decode_update(Update(update))
        if len(decoded.structs) == 1 and not decoded.deletes:
            run = typed(gate._index, GateLimits(), decoded.structs[0])
            placement = Placement(gate._index, GateLimits(), decoded.structs)
            list(placement.resolve())
            if run is not None:
                short += 1
                assert placement.runs == {7: [run]}
                assert placement.roots in ({}, {"notes": "text"})
        verdict = gate.check(decoded)
        assert isinstance(verdict, Accepted)
        gate.admit(verdict)
    assert short > 400


@pytest.mark.parametrize(
    ("clock", "origin", "right"),
    [
        (9, (7, 3), None),
        (5, (7, 9), None),
        (5, (8, 0), None),
        (5, (7, 4), (7, 4)),
        (5, (7, 4), (7, 9)),
    ],
)
def test_what_is_not_plain_is_left_to_the_general_placement(
    clock: int, origin: tuple[int, int], right: tuple[int, int] | None
) -> None:
    """A gap, the future, nobody's edits, between a struct and itself: not decided here."""
    doc: Doc[Any] = Doc(client_id=7)
    doc.get("notes", type=Text).insert(0, "abcde")
    gate = Gate(GateLimits())
    list(gate.index(Update(doc.get_update())))
    struct = decode_update(
        Update(
            b"\x01\x01\x07"
            + uint(clock)
            + bytes([0x84 if right is None else 0xC4])
            + uint(origin[0])
            + uint(origin[1])
            + (b"" if right is None else uint(right[0]) + uint(right[1]))
            + b"\x01x\x00"
        )
    ).structs[0]
    assert struct.ref == STRING
    assert typed(gate._index, GateLimits(), struct) is None
