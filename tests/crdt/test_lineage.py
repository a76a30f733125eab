from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import XmlElement, XmlText

from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.lineage import (
    Conflict,
    deletion_of_ranges,
    divergence,
    minus,
    missing_update,
)
from collab.crdt.past import advance, current
from collab.crdt.reader import read_updates
from collab.crdt.tracked import track
from collab.crdt.update import Id, decode_update
from collab.types import Update
from tests.crdt.sessions import Writer

SEEDS = st.integers(0, 2**32)


class Fork:
    """A document that two people have, and what each did in it alone since."""

    def __init__(self, seed: int, *, steps: int = 12, keep_going: int = 10) -> None:
        self.dice = random.Random(seed)
        self.first = Writer(self.dice.getrandbits(32))
        for _ in range(steps):
            self.first.edit(self.dice)
        self.log: list[list[Update]] = [list(self.first.sent), []]
        state = current(self.log[0])
        self.log[1].append(state)
        self.writers = [Writer(self.dice.getrandbits(32)) for _ in range(2)]
        for writer in self.writers:
            writer.hear(state)
        for _ in range(keep_going):
            self.act(self.dice.randrange(2))

    def act(self, side: int) -> None:
        self.writers[side].edit(self.dice)
        self.log[side] += self.writers[side].sent
        self.writers[side].sent.clear()

    def state(self, side: int) -> Update:
        return current(self.log[side])

    def full(self, side: int) -> Update:
        return advance(self.log[side])

    def give(self, source: int, target: int) -> Update | None:
        """Give one side what it lacks, through a gate, as a merge does."""
        update = missing_update(self.state(source), self.state(target))
        if update is not None:
            gate = Gate(GateLimits())
            for _ in gate.index(self.state(target)):
                pass
            assert isinstance(gate.check(decode_update(update)), Accepted)
            self.log[target].append(update)
        return update


@given(SEEDS)
@settings(max_examples=150, deadline=None)
def test_merging_is_what_a_replica_of_both_has(seed: int) -> None:
    """And merging twice changes nothing, and both ways makes both the same."""
    fork = Fork(seed)
    both = read_updates([*fork.log[0], *fork.log[1]])
    fork.give(1, 0)
    assert read_updates(fork.log[0]) == both
    assert fork.give(1, 0) is None
    fork.give(0, 1)
    assert read_updates(fork.log[1]) == both
    assert fork.give(0, 1) is None
    assert fork.give(1, 0) is None


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_drafts_go_on_after_a_merge(seed: int) -> None:
    """Merged and updated in any order, with edits between: what both have seen is the same."""
    fork = Fork(seed, keep_going=4)
    for _ in range(6):
        fork.act(fork.dice.randrange(2))
        if fork.dice.random() < 0.5:
            source = fork.dice.randrange(2)
            fork.give(source, 1 - source)
            assert fork.give(source, 1 - source) is None
    everything = read_updates([*fork.log[0], *fork.log[1]])
    fork.give(0, 1)
    fork.give(1, 0)
    assert read_updates(fork.log[0]) == read_updates(fork.log[1]) == everything


@given(SEEDS)
@settings(max_examples=80, deadline=None)
def test_what_is_said_is_only_what_is_new(seed: int) -> None:
    """A record of a merge repeats no delete that the other side knows."""
    fork = Fork(seed)
    known = decode_update(fork.state(0)).deletes
    update = missing_update(fork.state(1), fork.state(0))
    if update is not None:
        said = decode_update(update).deletes
        assert list(minus(said, known)) == sorted(said)
    assert list(minus(known, known)) == []


@given(SEEDS)
@settings(max_examples=80, deadline=None)
def test_the_base_is_what_both_had(seed: int) -> None:
    """Before anything went back and forth: the document at the fork, but what both deleted."""
    fork = Fork(seed)
    update = missing_update(fork.state(1), fork.state(0)) or Update(b"\0\0")
    merged = advance([fork.full(0), update])
    found = divergence(fork.full(0), fork.full(1), merged)
    one, other = (decode_update(fork.state(side)).deletes for side in range(2))
    agreed = deletion_of_ranges(list(minus(one, list(minus(one, other)))))
    assert found.base.node() == read_updates([fork.log[1][0], agreed])
    ids = [each.id for each in found.conflicts]
    assert len(ids) == len(set(ids))


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_where_one_side_is_as_it_was_nothing_conflicts(seed: int) -> None:
    for side in range(2):
        fork = Fork(seed, keep_going=0)
        for _ in range(8):
            fork.act(side)
        update = missing_update(fork.state(1), fork.state(0)) or Update(b"\0\0")
        merged = advance([fork.full(0), update])
        assert divergence(fork.full(0), fork.full(1), merged).conflicts == ()


# -- each kind of conflict -----------------------------------------------------------------------


def block(text: str) -> XmlElement:
    return XmlElement("paragraph", {}, [XmlText(text)])


class Story:
    """Three paragraphs in an origin (0) and a draft (1)."""

    def __init__(self) -> None:
        self.first = Writer(1)
        self.first.body.children.append(
            XmlElement("blockquote", {}, [block("in a quote"), block("and another")])
        )
        self.first.body.children.append(block("second"))
        self.first.body.children.append(block("third"))
        self.log: list[list[Update]] = [list(self.first.sent), []]
        self.log[1].append(current(self.log[0]))
        self.writers = [Writer(11), Writer(12)]
        for writer in self.writers:
            writer.hear(self.log[1][0])

    def text(self, side: int, *path: int) -> XmlText:
        place = self.element(side, *path)
        found = place.children[0]
        assert isinstance(found, XmlText)
        return found

    def element(self, side: int, *path: int) -> XmlElement:
        place = self.writers[side].body.children[path[0]]
        for step in path[1:]:
            assert isinstance(place, XmlElement)
            place = place.children[step]
        assert isinstance(place, XmlElement)
        return place

    def conflicts(self) -> tuple[list[Conflict], dict[Id | None, str]]:
        for side, writer in enumerate(self.writers):
            self.log[side] += writer.sent
        update = missing_update(current(self.log[1]), current(self.log[0]))
        merged = advance([advance(self.log[0]), update or Update(b"\0\0")])
        found = divergence(advance(self.log[0]), advance(self.log[1]), merged)
        texts = {each.id: each.node().plain for _path, each in found.base.text_blocks()}
        return list(found.conflicts), texts

    def told(self) -> list[tuple[str, int | None]]:
        found, texts = self.conflicts()
        return [(texts.get(each.id, "?"), each.gone_in) for each in found]


def test_both_write_in_one_block() -> None:
    """Wherever in it; blocks that only one has touched are no conflict."""
    story = Story()
    story.text(0, 1).insert(0, "A ")
    story.text(1, 1).insert(6, " B")
    story.text(1, 2).insert(0, "only here: ")
    story.text(0, 0, 1).format(0, 3, {"bold": {}})
    story.text(1, 0, 1).insert(0, "x")
    assert story.told() == [("and another", None), ("second", None)]


def test_one_deletes_what_the_other_writes_in() -> None:
    """The block itself, or one that it stands in; the words will not be in the merged document."""
    story = Story()
    del story.writers[0].body.children[1]
    story.text(1, 1).insert(0, "lost ")
    story.text(0, 0, 0).insert(0, "lost too ")
    del story.writers[1].body.children[0]
    assert story.told() == [("in a quote", 1), ("second", 0)]


def test_a_new_block_in_a_deleted_one_is_told() -> None:
    story = Story()
    del story.writers[0].body.children[0]
    story.element(1, 0).children.append(block("a third one"))
    (found,), _texts = story.conflicts()
    assert found.gone_in == 0


def test_both_delete_a_block() -> None:
    """They agree."""
    story = Story()
    del story.writers[0].body.children[0]
    del story.writers[1].body.children[0]
    assert story.told() == []


def test_both_set_an_attribute() -> None:
    story = Story()
    story.element(0, 2).attributes["textAlign"] = "center"
    story.element(1, 2).attributes["textAlign"] = "right"
    assert story.told() == [("third", None)]


def test_what_was_typed_and_taken_back_is_no_change() -> None:
    story = Story()
    text = story.text(0, 1)
    text.insert(0, "A ")
    del text[0:2]
    story.text(1, 1).insert(0, "B ")
    assert story.told() == []


def test_new_blocks_side_by_side_are_no_conflict() -> None:
    story = Story()
    story.writers[0].body.children.append(block("one"))
    story.writers[1].body.children.append(block("two"))
    assert story.told() == []


@pytest.mark.parametrize("others", [[], [(1, 0, 3)], [(1, 2, 2), (2, 0, 9)], [(1, 0, 10)]])
def test_minus_is_what_sets_say(others: list[tuple[int, int, int]]) -> None:
    def elements(ranges: list[tuple[int, int, int]]) -> set[tuple[int, int]]:
        return {(c, k) for c, start, length in ranges for k in range(start, start + length)}

    some = [(1, 1, 4), (1, 7, 2), (3, 0, 1)]
    assert elements(list(minus(some, others))) == elements(some) - elements(others)


def test_an_update_that_deletes_ranges() -> None:
    writer = Writer(5)
    writer.body.children.append(block("hello there"))
    state = current(writer.sent)
    ((_path, found),) = track(state).text_blocks()
    client, clock = found.children[0].id or (0, 0)
    update = deletion_of_ranges([(client, clock + 5, 6)])
    assert read_updates([state, update]).plain == "hello"
