"""What is read of a large document does not stop the process to look for cycles, and has none."""

from __future__ import annotations

import gc

import pytest

from collab.crdt.contents import read_contents
from collab.crdt.doc import LiveDoc
from collab.crdt.order import Order
from collab.crdt.tracked import tree_of
from collab.history.collector import NEVER, no_full_collection
from tests.crdt.sessions import session


def test_full_collections_rest_until_the_last_reader_is_done() -> None:
    """Readers overlap, and one of them fails."""
    before = gc.get_threshold()
    with no_full_collection():
        with pytest.raises(ValueError, match="broken"), no_full_collection():
            raise ValueError("broken")
        assert gc.get_threshold() == (*before[:2], NEVER)
    assert gc.get_threshold() == before


def test_a_tracked_document_has_no_cycles() -> None:
    """It goes when nobody holds it, without a collection."""
    document = LiveDoc.load(session(3), keep_deleted=True)
    state = document.diff()
    document.close()
    gc.collect()
    was_on = gc.isenabled()
    gc.disable()
    try:
        order = Order(*read_contents(state))
        root = tree_of(order)
        assert root.children
        del order, root
        assert gc.collect() == 0
    finally:
        if was_on:
            gc.enable()
