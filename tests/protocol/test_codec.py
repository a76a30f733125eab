from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.protocol.codec import FrameError, decode, encode
from collab.protocol.messages import (
    Awareness,
    AwarenessEntry,
    Chat,
    EditNote,
    Event,
    Message,
    PermissionDenied,
    Ping,
    Pong,
    QueryAwareness,
    Saved,
    Signal,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
)
from collab.types import StateVector, Update

numbers = st.integers(0, 2**53 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]))
messages: st.SearchStrategy[Message] = st.one_of(
    st.binary().map(lambda b: SyncStep1(StateVector(b))),
    st.binary().map(lambda b: SyncStep2(Update(b))),
    st.binary().map(lambda b: SyncUpdate(Update(b))),
    st.lists(st.builds(AwarenessEntry, numbers, numbers, texts)).map(lambda e: Awareness(tuple(e))),
    st.just(QueryAwareness()),
    texts.map(PermissionDenied),
    numbers.map(Saved),
    numbers.map(Ping),
    numbers.map(Pong),
    texts.map(Event),
    texts.map(Signal),
    texts.map(Chat),
    st.builds(EditNote, numbers, st.booleans()),
)


@given(messages)
def test_a_message_comes_back_as_it_went(message: Message) -> None:
    """decode is the inverse of encode, for every message."""
    assert decode(encode(message)) == message


@given(messages)
def test_a_shortened_frame_is_refused(message: Message) -> None:
    """No proper beginning of a frame is a frame."""
    frame = encode(message)
    for length in range(min(len(frame), 64)):
        with pytest.raises(FrameError):
            decode(frame[:length])


@given(messages, st.binary(min_size=1, max_size=4))
def test_bytes_left_over_are_refused(message: Message, tail: bytes) -> None:
    """A frame holds one message and nothing else."""
    with pytest.raises(FrameError):
        decode(encode(message) + tail)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_frame_error(frame: bytes) -> None:
    """Nothing but FrameError leaves the decoder."""
    try:
        decode(frame)
    except FrameError:
        return
    assert decode(encode(decode(frame))) == decode(frame)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (b"\x00\x00\x01\x00", SyncStep1(StateVector(b"\x00"))),
        (b"\x00\x01\x02\x00\x00", SyncStep2(Update(b"\x00\x00"))),
        (b"\x01\x07\x01\x05\x01\x03{ }", None),
        (b"\x02\x00\x06denied", PermissionDenied("denied")),
        (b"\x03", QueryAwareness()),
        (b"\x64\x80\x01", Saved(128)),
    ],
)
def test_frames_written_by_hand_from_the_formulas(frame: bytes, message: Message | None) -> None:
    """The formulas of y-protocols, byte for byte."""
    expected = message or Awareness((AwarenessEntry(5, 1, "{ }"),))
    assert decode(frame) == expected
    assert encode(expected) == frame


def test_an_impossible_number_is_refused_at_once() -> None:
    """A hundred thousand continuation bytes cost no more than eight."""
    with pytest.raises(FrameError):
        decode(b"\xff" * 100_000)
