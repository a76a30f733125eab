"""What one struct could hold is made one: the same document, and no square of their number."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Array, Doc, Text

from collab.crdt.chains import chain_count, without_chains
from collab.crdt.update import decode_update
from collab.lib0 import string, uint
from collab.types import Update
from tests.cost import assert_grows_no_faster
from tests.crdt.sessions import session
from tests.protocol.test_cost import block, holes, typed, update


def states(*updates: Update) -> tuple[bytes, bytes, str, str]:
    doc: Doc[Text] = Doc()
    for each in updates:
        doc.apply_update(each)
    notes = doc.get("notes", type=Text)
    values: Doc[Array[object]] = Doc()
    for each in updates:
        values.apply_update(each)
    listed = values.get("list", type=Array)
    return doc.get_state(), doc.get_update(), str(notes), str(listed)


@pytest.mark.parametrize("what", ["a", "\u00e9", "\U0001f600", "ab"])
def test_a_chain_is_one_struct(what: str) -> None:
    # Not within a character.
    made = update([typed(300, what)], holes(200) if what < "\U00010000" else [])
    joined = without_chains(made)
    assert len(decode_update(joined).structs) == 1
    assert chain_count(decode_update(joined).structs) == 0
    assert states(joined) == states(made)


def test_values_and_what_is_gone_are_joined_as_well() -> None:
    first = b"\x08" + uint(1) + string("list") + uint(2) + b"\x7e\x77" + string("x")
    rest = [b"\x88" + uint(7) + uint(n) + uint(1) + b"\x78" for n in range(1, 40)]
    values = update([block(7, 0, [first, *rest])], [])
    gone = update([block(8, 0, [b"\x00" + uint(3)] * 50)], [])
    for made in (values, gone):
        joined = without_chains(made)
        assert len(decode_update(joined).structs) == 1
        assert states(joined) == states(made)


def test_what_stands_elsewhere_is_not_joined() -> None:
    """Another right neighbour, or another left one: another place."""
    made = typed(4)
    between = b"\xc4" + uint(7) + uint(3) + uint(7) + uint(0) + string("b")
    behind = b"\x84" + uint(7) + uint(0) + string("c")
    whole = update([made.replace(uint(4), uint(6), 1) + between + behind], [])
    joined = without_chains(whole)
    assert len(decode_update(joined).structs) == 3
    assert states(joined) == states(whole)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_honest_sessions_read_the_same(seed: int) -> None:
    updates = session(seed)
    assert states(*map(without_chains, updates)) == states(*updates)


def test_it_takes_time_in_proportion() -> None:
    assert_grows_no_faster(lambda size: update([typed(size)], []), without_chains)
