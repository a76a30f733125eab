from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from collab.crdt.contents import utf16_length
from collab.crdt.past import advance
from collab.crdt.reader import read_updates
from collab.crdt.tracked import Element, Piece, deleted_text, track
from collab.crdt.update import STRING, decode_update
from collab.richtext.tree import Node
from collab.types import Update
from tests.crdt.sessions import session


def _pieces(element: Element) -> list[Piece]:
    out = []
    for child in element.children:
        out += [child] if isinstance(child, Piece) else _pieces(child)
    return out


@given(st.integers(0, 10**6), st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_the_tree_is_the_one_that_yrs_reads(seed: int, writers: int) -> None:
    """At any moment of sessions with concurrent edits, formatting, undo and deleted blocks."""
    updates = session(seed, writers=writers)
    for upto in {len(updates), random.Random(seed).randint(1, len(updates))}:
        assert track(advance(updates[:upto])).node() == read_updates(updates[:upto])


@pytest.mark.parametrize("seed", range(8))
def test_every_letter_is_there_once(seed: int) -> None:
    """Live and deleted pieces hold all text that was ever written, each id once."""
    state = advance(session(seed))
    seen: set[tuple[int, int]] = set()
    for piece in _pieces(track(state)):
        assert utf16_length(piece.text) == piece.length
        ids = {(piece.id[0], piece.id[1] + place) for place in range(piece.length)}
        assert not ids & seen
        seen |= ids
    written = sum(each.length for each in decode_update(state).structs if each.ref == STRING)
    assert len(seen) == written


def test_deleted_text_stays_where_it_stood() -> None:
    """Also the text of a deleted block."""
    root = track(advance(session(3)))
    deleted = list(deleted_text(root.children))
    assert deleted
    assert all(piece.is_deleted for piece in deleted)
    assert {piece.id for piece in deleted} == {p.id for p in _pieces(root) if p.is_deleted}


def test_text_blocks_are_found_by_place() -> None:
    """The path leads to the same block in the tree without deleted nodes."""
    updates = session(11)
    root = track(advance(updates))
    whole = read_updates(updates)
    found = list(root.text_blocks())
    assert found
    for path, block in found:
        node = whole
        for place in path:
            node = node.content[place]
        assert node == block.node()
    assert all(one < two for (one, _), (two, _) in pairwise(found))


def test_an_empty_state() -> None:
    """Nothing is in it."""
    assert track(Update(b"\0\0")).node().content == ()


def test_texts_side_by_side_are_read_as_one() -> None:
    """A break that stood between them is gone; letters of equal marks are one text."""
    doc: Doc[Any] = Doc()
    block = doc.get("default", type=XmlFragment).children.append(XmlElement("paragraph"))
    block.children.append(XmlText("one "))
    block.children.append(XmlElement("hardBreak"))
    block.children.append(XmlText("two"))
    del block.children[1]
    state = Update(doc.get_update())
    read = read_updates([state])
    assert read.content[0].content == (Node("text", text="one two"),)
    assert track(state).node() == read
