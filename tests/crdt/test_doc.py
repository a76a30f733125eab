from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Text

from collab.crdt.doc import CrdtFailure, LiveDoc
from collab.crdt.merge import merge
from collab.crdt.reader import read_updates
from collab.types import StateVector, Update
from tests.crdt.sessions import session


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


def test_a_long_log_of_words_is_loaded_a_hundred_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time that something is applied, yrs counts the whole text that it is joined with."""
    updates = typed("abcdefgh" * 400)
    applied = 0

    def apply_update(doc: Doc[Any], update: bytes) -> None:
        nonlocal applied
        applied += 1
        plain(doc, update)

    plain = Doc.apply_update
    monkeypatch.setattr(Doc, "apply_update", apply_update)
    document = LiveDoc.load(updates)
    assert applied <= len(updates) / 50
    applied = 0
    read_updates(updates)
    assert applied <= len(updates) / 50
    assert document.diff() == LiveDoc.load([merge(updates)]).diff()


def units(document: LiveDoc) -> set[tuple[int, int]]:
    """Return what is deleted, unit by unit."""
    return {
        (client, clock + each)
        for client, clock, length in document.delete_set()
        for each in range(length)
    }


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_what_is_gathered_makes_the_same_document(seed: int, keep_deleted: bool) -> None:
    updates = session(seed)
    one_by_one = LiveDoc(keep_deleted=keep_deleted)
    for update in updates:
        one_by_one.apply([update])
    document = LiveDoc.load(updates, keep_deleted=keep_deleted)
    assert document.is_same_as(one_by_one)
    assert units(document) == units(one_by_one)


def test_ids_that_are_there_twice_are_what_they_were_first() -> None:
    """No honest client sends such; a fresh load has to be what the live room is all the same."""
    updates = []
    for words in ("abc", "xyz123", "123456789"):
        doc: Doc[Any] = Doc(client_id=5)
        doc["t"] = Text(words)
        updates.append(Update(doc.get_update()))
    for order in itertools.permutations(updates):
        one_by_one = LiveDoc()
        for update in order:
            one_by_one.apply([update])
        assert LiveDoc.load(order).diff() == one_by_one.diff()
