from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pycrdt import Doc, XmlFragment, XmlText

from collab.crdt.contents import read_any, read_contents
from collab.crdt.doc import CrdtFailure
from collab.crdt.encode import any_value
from collab.crdt.patch import extend_document
from collab.crdt.reader import read_document, read_updates
from collab.crdt.update import decode_update
from collab.crdt.writer import document_to_update, insert_node, write_runs
from collab.lib0 import Reader
from collab.richtext.schema import normalise
from collab.richtext.text import from_text
from collab.richtext.tree import Node
from collab.types import ClientId, Update
from tests.cost import assert_grows_no_faster
from tests.richtext.trees import documents


def by_pycrdt(document: Node) -> Update:
    """Return what yrs makes of the same document, block by block."""
    doc: Doc[Any] = Doc(client_id=7)
    body = doc.get("default", type=XmlFragment)
    with doc.transaction():
        for place, node in enumerate(document.content):
            if node.type == "text":
                write_runs(body.children.append(XmlText()), [node])
            else:
                insert_node(body, place, node)
    return Update(doc.get_update())


@settings(deadline=None)
@given(documents)
def test_what_is_encoded_is_what_yrs_would_have_written(document: Node) -> None:
    """It reads the same, over documents with every node, mark and attribute.

    Struct for struct, too, but where runs of text are neighbours (marks that go on stay open) or
    have several marks (yrs draws their order).
    """
    whole = normalise(document)
    update = document_to_update(whole, ClientId(7))
    if not has_choices(whole):
        ours, theirs = read_contents(update), read_contents(by_pycrdt(whole))
        for one, other in zip(ours[0], theirs[0], strict=True):
            assert one == other
    assert read_document(update) == read_document(by_pycrdt(whole))
    decode_update(update)  # strictly: what the gate takes


def has_choices(node: Node) -> bool:
    """Return whether two runs of text stand side by side, or one has several marks."""
    pairs = pairwise(child.type for child in node.content)
    is_one = ("text", "text") in pairs or len(node.marks) > 1
    return is_one or any(map(has_choices, node.content))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
@example([math.inf])
@example([10**400])
def test_values_come_back(value: object) -> None:
    """Whatever JSON holds is read back as it was, but for numbers that Yjs has no form for."""
    found = read_any(Reader(any_value(value)))
    if not isinstance(value, int | float) or found is not None:
        assert _rounded(found) == _rounded(value)


def _rounded(value: object) -> object:
    match value:
        case bool():
            return value
        case int() | float():
            try:
                number = float(value)
            except OverflowError:
                return None
            return number if math.isfinite(number) else None
        case list():
            return [_rounded(each) for each in value]
        case dict():
            return {key: _rounded(each) for key, each in value.items()}
    return value


def test_what_is_no_text_is_refused_as_by_yrs() -> None:
    """Half a surrogate pair has no UTF-8."""
    half = Node("doc", content=(Node("paragraph", content=(Node("text", text="\ud800"),)),))
    with pytest.raises(CrdtFailure):
        document_to_update(half, ClientId(7))


@pytest.mark.parametrize("at_end", [True, False])
@settings(deadline=None, max_examples=30)
@given(old=documents, new=documents)
def test_blocks_at_either_end_stand_there(at_end: bool, old: Node, new: Node) -> None:
    """As one edit of one new client, whatever was there."""
    # A document that says nothing would begin with them instead.
    first = (*normalise(old).content, Node("horizontalRule"))
    more = normalise(new).content
    state = document_to_update(Node("doc", content=first), ClientId(7))
    update = extend_document(state, more, ClientId(8), at_end=at_end)
    assert update is not None
    both = Node("doc", content=(*first, *more) if at_end else (*more, *first))
    assert read_updates([state, update]) == read_document(document_to_update(both, ClientId(9)))


def test_the_cost_is_that_of_the_text() -> None:
    """Ten times the paragraphs take ten times the work."""
    assert_grows_no_faster(
        lambda size: from_text("a\n" * size),
        lambda document: document_to_update(document, ClientId(7)),
        sizes=(500, 1000, 2000),
    )
