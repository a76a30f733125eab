"""The codec against frames that the real y-protocols wrote (by tests/system/vectors.mjs)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collab.protocol import messages
from collab.protocol.codec import FrameError, decode, encode

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "wire.json").read_text("utf-8"))
BYTES = ("stateVector", "update")


def as_vector(message: messages.Message) -> dict[str, Any]:
    """Return ``message`` as the vectors write it."""
    name = type(message).__name__
    out: dict[str, Any] = {"type": name[0].lower() + name[1:]}
    match message:
        case messages.SyncStep1(vector):
            out["stateVector"] = vector.hex()
        case messages.SyncStep2(update) | messages.SyncUpdate(update):
            out["update"] = update.hex()
        case messages.Awareness(entries):
            out["entries"] = [
                {"clientId": e.client_id, "clock": e.clock, "state": e.state} for e in entries
            ]
        case messages.PermissionDenied(reason):
            out["reason"] = reason
        case messages.Saved(frames):
            out["frames"] = frames
        case messages.Ping(token) | messages.Pong(token):
            out["token"] = token
        case messages.Event(payload) | messages.Signal(payload) | messages.Chat(payload):
            out["payload"] = payload
        case messages.EditNote(upto, is_undo):
            out |= {"upto": upto, "isUndo": is_undo}
        case messages.QueryAwareness():
            pass
    return out


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=lambda vector: vector["name"])
def test_reads_and_writes_as_yjs_does(vector: dict[str, Any]) -> None:
    frame = bytes.fromhex(vector["hex"])
    message = decode(frame)
    assert as_vector(message) == vector["message"]
    assert encode(message) == frame


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_refuses(vector: dict[str, Any]) -> None:
    with pytest.raises(FrameError):
        decode(bytes.fromhex(vector["hex"]))


def test_every_type_of_message_has_a_vector() -> None:
    types = {vector["message"]["type"] for vector in VECTORS["messages"]}
    assert types == {
        each.__name__[0].lower() + each.__name__[1:] for each in messages.Message.__args__
    }
