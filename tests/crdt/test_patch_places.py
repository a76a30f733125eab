"""Many children put in and taken out by ids: the same document, at the cost of its size."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycrdt import _pycrdt

from collab.crdt import patch
from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.patch import patch_document
from collab.crdt.reader import read_document
from collab.crdt.update import decode_update
from collab.crdt.writer import document_to_update
from collab.richtext.schema import normalise
from collab.richtext.tree import Mark, Node
from collab.types import ClientId, Update
from tests.cost import assert_grows_no_faster
from tests.crdt.sessions import session
from tests.crdt.test_patch import Replica, accepted, changed, fresh, joined, plain, seeds, shown
from tests.richtext.trees import documents

#: The fixture below is the same for all examples.
quick = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
#: What tells yrs a place.
_PLACED = {"remove_range", "insert_str", "insert_element_prelim"}


@pytest.fixture
def all_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every change of children goes by ids, however few they are."""
    monkeypatch.setattr(patch, "MAX_WALKED", -1)


@pytest.mark.usefixtures("all_far")
@quick
@given(st.data())
def test_the_result_is_what_was_wanted(data: st.DataObject) -> None:
    """Whatever the two are; a second time there is nothing to do; the gate admits it."""
    old = data.draw(documents)
    new = data.draw(st.one_of(documents, changed(old)))
    state = document_to_update(old, fresh())
    update = patch_document(state, new, fresh())
    if update is not None:
        accepted(state, update)
    after = joined(state, update)
    assert shown(after) == plain(new)
    assert patch_document(after, new, fresh()) is None


@pytest.mark.usefixtures("all_far")
@quick
@given(seeds, st.data())
def test_replicas_agree_whatever_comes_first(seed: int, data: st.DataObject) -> None:
    """The edit and what three people write at the same time, in any order, and past the gate."""
    updates = session(seed, steps=40)
    half = len(updates) // 2
    base, later = joined(*updates[:half]), updates[half:]
    new = data.draw(changed(normalise(read_document(base))))
    ours = patch_document(base, new, fresh())
    if ours is None:
        return
    assert shown(joined(base, ours)) == plain(new)
    now = joined(base, *later)
    accepted(now, ours)
    assert shown(joined(now, ours)) == shown(joined(base, ours, *later))


@quick
@given(documents, st.data())
def test_the_edit_is_the_one_that_yrs_makes(old: Node, data: st.DataObject) -> None:
    """The same is deleted, and as much is written: nothing that stays is touched."""
    new = data.draw(st.one_of(documents, changed(old)))
    state = document_to_update(old, ClientId(1))
    with pytest.MonkeyPatch.context() as changing:
        changing.setattr(patch, "MAX_WALKED", sys.maxsize)
        near = patch_document(state, new, ClientId(2))
        changing.setattr(patch, "MAX_WALKED", -1)
        far = patch_document(state, new, ClientId(2))
    assert (near is None) == (far is None)
    if near is not None and far is not None:
        assert _deleted(near) == _deleted(far)
        assert shown(joined(state, near)) == shown(joined(state, far))


def _deleted(update: Update) -> set[tuple[int, int]]:
    """Return what is deleted of what was there before."""
    return {
        (client, clock + n)
        for client, clock, length in decode_update(update).deletes
        for n in range(length)
        if client == 1
    }


# -- the cost --------------------------------------------------------------------------------------


def paragraph(words: str, *marks: str) -> Node:
    run = Node("text", text=words, marks=tuple(map(Mark, marks)))
    return Node("paragraph", content=(run,))


def lines(size: int, word: str = "line") -> Node:
    return Node("doc", content=tuple(paragraph(f"{word} {n}") for n in range(size)))


def listed(document: Node) -> Node:
    items = tuple(Node("listItem", content=(block,)) for block in document.content)
    return Node("doc", content=(Node("bulletList", content=items),))


def every_other(document: Node) -> Node:
    """Every other line becomes a title: taken out, and written anew."""
    blocks = (
        Node("heading", {"level": 1}, block.content) if place % 2 else block
        for place, block in enumerate(document.content)
    )
    return Node("doc", content=tuple(blocks))


def halved(document: Node) -> Node:
    return Node("doc", content=document.content[::2])


def in_the_middle(document: Node) -> Node:
    half = len(document.content) // 2
    extra = lines(half, "word").content
    return Node("doc", content=(*document.content[:half], *extra, *document.content[half:]))


ONE = Node("doc", content=(paragraph("one"),))
#: The document before, and after.
EDITS: dict[str, Callable[[Node], tuple[Node, Node]]] = {
    "all lines for one": lambda of: (of, ONE),
    "one line for all": lambda of: (ONE, of),
    "every other line is gone": lambda of: (of, halved(of)),
    "every other line comes": lambda of: (halved(of), of),
    "lines in the middle": lambda of: (of, in_the_middle(of)),
    "every other line is a title": lambda of: (of, every_other(of)),
    "a list for one line": lambda of: (ONE, listed(of)),
    "every other item is gone": lambda of: (listed(of), listed(halved(of))),
    "every item is another": lambda of: (listed(of), listed(lines(len(of.content), "word"))),
}


def placed_by(work: Callable[[], object]) -> int:
    """Return how often ``work`` tells yrs a place among children."""
    calls = 0

    def profile(_frame: FrameType, event: str, called: Any) -> None:
        nonlocal calls
        if event == "c_call" and called.__name__ in _PLACED:
            # Texts are told places as well, of letters.
            calls += not isinstance(called.__self__, _pycrdt.XmlText)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("name", EDITS)
def test_yrs_does_not_walk_far(name: str) -> None:
    """Of a thousand changes and more it is told a few places only."""
    old, new = EDITS[name](lines(1_600))
    state = document_to_update(old, fresh())
    made: list[Update | None] = []
    calls = placed_by(lambda: made.append(patch_document(state, new, fresh())))
    assert calls <= 10
    assert shown(joined(state, made[0])) == plain(new)


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.usefixtures("all_far")
def test_an_edit_costs_what_the_document_weighs(name: str) -> None:
    def make(size: int) -> tuple[Update, Node]:
        old, new = EDITS[name](lines(size))
        return document_to_update(old, fresh()), new

    assert_grows_no_faster(
        make, lambda given: patch_document(given[0], given[1], fresh()), sizes=(64, 128, 256)
    )


def test_who_writes_in_a_line_that_stays_loses_nothing() -> None:
    """Beside hundreds that go and hundreds that come."""
    stays = paragraph("here we stay")
    old = Node("doc", content=(*lines(900).content, stays, *lines(900, "after").content))
    new = Node(
        "doc", content=(every_other(lines(900)).content[0], stays, *halved(old).content[500:])
    )
    state = document_to_update(old, fresh())
    ours = patch_document(state, new, fresh())
    assert ours is not None
    gate = Gate(GateLimits())
    for _ in gate.index(state):
        pass
    assert isinstance(gate.check(decode_update(ours)), Accepted)
    person = Replica(state)
    person.type("still ", before="stay")
    assert "here we still stay" in shown(joined(state, ours, person.update)).plain
