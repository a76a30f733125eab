"""Frames are weighed, and a large one is taken apart as the room would."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.update import MAX_JSON_CHARS, UpdateError
from collab.protocol.codec import encode
from collab.protocol.messages import SyncStep1, SyncStep2
from collab.realtime.config import RealtimeConfig
from collab.realtime.intake import BYTES_A_FRAME, PARTS_A_FRAME, Bucket, burst_of, prepared
from collab.types import StateVector
from tests.protocol.test_cost import holes, typed, update


def ready(state: bytes = b"\x00\x00") -> Gate:
    gate = Gate(GateLimits())
    for _ in gate.index(state):  # type: ignore[arg-type]
        pass
    return gate


def test_a_bucket_gives_what_has_run_into_it() -> None:
    bucket = Bucket(rate=10, burst=100, now=0.0)
    assert bucket.take(0.0, 99.5)
    assert not bucket.take(0.0)
    assert bucket.take(0.1)
    assert not bucket.take(0.1)
    assert not bucket.take(1e9, 101)


def test_what_is_checked_beside_the_room_is_what_it_would_find() -> None:
    """With chains as one struct each; it holds until somebody writes under the same client."""
    gate = ready()
    whole = update([typed(3000)], holes(100))
    message, made, parts = prepared(encode(SyncStep2(whole)), gate, 10_000)
    assert isinstance(message, SyncStep2)
    assert len(message.update) < len(whole)
    assert parts == 3050
    assert made is not None
    assert isinstance(made.verdict, Accepted)
    assert gate.still_holds(made.verdict)
    gate.admit(made.verdict)
    assert not gate.still_holds(made.verdict)
    _, again, _ = prepared(encode(SyncStep2(whole)), gate, 10_000)
    assert again is not None
    assert isinstance(again.verdict, Accepted)
    assert again.verdict.brings_nothing


def test_too_many_parts_are_the_senders_fault() -> None:
    _, made, _ = prepared(encode(SyncStep2(update([typed(3000)], []))), ready(), 1000)
    assert made is not None
    assert isinstance(made.decoded, UpdateError)


def test_a_gate_that_is_not_ready_is_not_asked() -> None:
    _, made, _ = prepared(encode(SyncStep2(update([typed(3)], []))), Gate(GateLimits()), 1000)
    assert made is not None
    assert made.verdict is None
    message, nothing, parts = prepared(encode(SyncStep1(StateVector(b"\x00"))), ready(), 10)
    assert (message, nothing, parts) == (SyncStep1(StateVector(b"\x00")), None, 0)


@pytest.mark.parametrize("burst", [10.0, 5_000.0, 50_000.0])
def test_the_largest_frame_is_within_what_may_come_at_once(burst: float) -> None:
    """Behind a greeting; refused, it would come again and again."""
    config = RealtimeConfig(peer_burst_frames=burst)
    bucket = Bucket(config.peer_frames_per_s, burst_of(config), 0.0)
    assert all(bucket.take(0.0) for _ in range(100))
    assert bucket.take(0.0, 1 + config.max_frame_bytes / BYTES_A_FRAME)
    assert bucket.take(0.0, config.max_frame_parts / PARTS_A_FRAME)


def test_the_longest_address_of_a_link_is_a_mark_that_the_gate_takes() -> None:
    source = Path(__file__).parents[2] / "editor" / "src" / "schema" / "extensions.ts"
    stated = re.search(r"MAX_ADDRESS = (\d+) \* 1024", source.read_text("utf-8"))
    assert stated
    assert len(json.dumps({"href": "\x01" * int(stated[1]) * 1024})) <= MAX_JSON_CHARS
