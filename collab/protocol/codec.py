"""Frames to messages and back, strictly.

Types 0-3 are those of y-protocols and y-websocket, byte for byte; ours start at 100.
"""

from __future__ import annotations

from typing import assert_never

from collab.lib0 import EncodingError, Reader, array, string, uint
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

#: The most entries of one awareness message: a few hundred people, with what is sent back of them.
MAX_AWARENESS_ENTRIES = 5_000


class FrameError(ValueError):
    """The frame is not one message of the protocol; the message says in which way."""


def decode(frame: bytes) -> Message:
    """Return the message in ``frame``.

    Raises:
        FrameError: it is truncated, has bytes left over, or is of no known type.
    """
    reader = Reader(frame)
    try:
        message = _read(reader)
        reader.finish()
    except EncodingError as error:
        raise FrameError(f"bad frame: {error}") from error
    return message


def _read(reader: Reader) -> Message:
    match reader.uint():
        case 0:
            return _read_sync(reader)
        case 1:
            return _read_awareness(Reader(reader.array()))
        case 2:
            if reader.uint() != 0:
                raise FrameError("bad frame: unknown auth message")
            return PermissionDenied(reader.string())
        case 3:
            return QueryAwareness()
        case 100:
            return Saved(reader.uint())
        case 101:
            return Ping(reader.uint())
        case 102:
            return Pong(reader.uint())
        case 103:
            return Event(reader.string())
        case 104:
            return Signal(reader.string())
        case 105:
            return Chat(reader.string())
        case 106:
            return EditNote(reader.uint(), _read_flag(reader))
        case number:
            raise FrameError(f"bad frame: unknown message type {number}")


def _read_sync(reader: Reader) -> Message:
    match reader.uint():
        case 0:
            return SyncStep1(StateVector(reader.array()))
        case 1:
            return SyncStep2(Update(reader.array()))
        case 2:
            return SyncUpdate(Update(reader.array()))
        case number:
            raise FrameError(f"bad frame: unknown sync message {number}")


def _read_flag(reader: Reader) -> bool:
    value = reader.uint()
    if value > 1:
        raise FrameError("bad frame: neither 0 nor 1")
    return value == 1


def _read_awareness(reader: Reader) -> Message:
    count = reader.uint()
    # An entry takes three bytes at the least: a count that cannot be true is not believed.
    if count * 3 > reader.left or count > MAX_AWARENESS_ENTRIES:
        raise FrameError("bad frame: awareness count")
    entries = tuple(
        AwarenessEntry(reader.uint(), reader.uint(), reader.string()) for _ in range(count)
    )
    reader.finish()
    return Awareness(entries)


def encode(message: Message) -> bytes:
    """Return ``message`` as a frame."""
    match message:
        case SyncStep1(vector):
            return b"\x00\x00" + array(vector)
        case SyncStep2(update):
            return b"\x00\x01" + array(update)
        case SyncUpdate(update):
            return b"\x00\x02" + array(update)
        case Awareness(entries):
            parts = [uint(e.client_id) + uint(e.clock) + string(e.state) for e in entries]
            return b"\x01" + array(uint(len(entries)) + b"".join(parts))
        case PermissionDenied(reason):
            return b"\x02\x00" + string(reason)
        case QueryAwareness():
            return b"\x03"
        case Saved(frames):
            return uint(100) + uint(frames)
        case Ping(token):
            return uint(101) + uint(token)
        case Pong(token):
            return uint(102) + uint(token)
        case Event(payload):
            return uint(103) + string(payload)
        case Signal(payload):
            return uint(104) + string(payload)
        case Chat(payload):
            return uint(105) + string(payload)
        case EditNote(upto, is_undo):
            return uint(106) + uint(upto) + uint(int(is_undo))
        case _:
            assert_never(message)
