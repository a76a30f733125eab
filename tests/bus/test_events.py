"""What travels between processes survives the trip, and nonsense is passed over."""

from __future__ import annotations

from uuid import UUID

import pytest

from collab.bus.events import (
    AccessChanged,
    AwarenessChanged,
    AwarenessWanted,
    BusEvent,
    PeerRemoved,
    RecordsCommitted,
    RoomClosed,
    TitleChanged,
    from_wire,
    to_wire,
)
from collab.types import DocumentId, Seq, UserId

DOCUMENT = DocumentId(UUID(int=7))
EVENTS: list[BusEvent] = [
    RecordsCommitted(
        DOCUMENT, Seq(3), Seq(4), ((b"\x01", 5, (6, 7), False), (b"", None, (), True))
    ),
    AwarenessChanged(DOCUMENT, ((1, 2, '{"user": {"name": "苏轼"}}', 3),)),
    AwarenessWanted(DOCUMENT),
    AccessChanged(DOCUMENT, None),
    AccessChanged(DOCUMENT, UserId(9)),
    TitleChanged(DOCUMENT, "赤壁赋"),
    PeerRemoved(DOCUMENT, UserId(9)),
    RoomClosed(DOCUMENT),
    RoomClosed(DOCUMENT, has_erased=True),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_as_it_went(event: BusEvent) -> None:
    assert from_wire(to_wire(event, "a process")) == event


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"doc": "no uuid", "kind": "title", "title": "T"},
        {"doc": DOCUMENT.hex, "kind": "of a later version"},
        {"doc": DOCUMENT.hex, "kind": "records", "first": 1, "last": 2},
    ],
)
def test_what_is_no_event_is_said_to_be_none(message: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        from_wire(message)
