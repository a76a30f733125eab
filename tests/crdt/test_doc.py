from __future__ import annotations

import pytest
from pycrdt import Doc, Text

from collab.crdt.doc import CrdtFailure, LiveDoc
from collab.crdt.merge import merge
from collab.types import StateVector, Update


def typed(text: str) -> list[Update]:
    doc: Doc[Text] = Doc()
    doc["t"] = body = Text()
    updates: list[Update] = []
    subscription = doc.observe(lambda event: updates.append(Update(event.update)))
    for letter in text:
        body += letter
    doc.unobserve(subscription)
    return updates


def test_updates_in_any_order_once_or_twice_give_one_state() -> None:
    """Applying is idempotent, and a batch equals its parts."""
    updates = typed("你好 😀 abc")
    singly, at_once = LiveDoc.load(updates), LiveDoc.load([])
    assert at_once.apply(updates) is not None
    assert at_once.apply(updates) is None
    assert singly.diff() == at_once.diff() == LiveDoc.load([merge(updates)]).diff()


def test_a_diff_brings_what_is_missing() -> None:
    """diff(since) lifts a replica at ``since`` to the state."""
    updates = typed("abcdef")
    behind, ahead = LiveDoc.load(updates[:3]), LiveDoc.load(updates)
    behind.apply([ahead.diff(behind.state_vector())])
    assert behind.diff() == ahead.diff()


def test_merging_hundreds_keeps_all() -> None:
    """The tree of merges loses nothing."""
    updates = typed("x" * 350)
    assert LiveDoc.load([merge(updates)]).diff() == LiveDoc.load(updates).diff()


def test_garbage_is_a_crdt_failure() -> None:
    """Whatever pycrdt raises, callers see one exception."""
    with pytest.raises(CrdtFailure):
        LiveDoc.load([Update(b"\xff\xff\xff")])
    with pytest.raises(CrdtFailure):
        LiveDoc.load([]).diff(StateVector(b"\xff\xff\xff"))
