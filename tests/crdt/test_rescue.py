"""The law of merging, told as stories: two people, who edit as y-prosemirror does.

The law in random runs is in tests/convergence/test_law.py.
"""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest
from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText

from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.reader import read_updates
from collab.crdt.rescue import RescueInput, Rescuer, is_rescuer, rescuer_id
from collab.crdt.update import UpdateError, decode_state_vector, decode_update
from collab.types import DocumentId, Seq, StateVector, Update
from tests.crdt.grammar import hostile_update

DOCUMENT = DocumentId(UUID(int=7))


class Person:
    """A replica that hears of others when the story says so."""

    def __init__(self, number: int) -> None:
        self.doc: Doc[Any] = Doc(client_id=number)
        self.body = self.doc.get("default", type=XmlFragment)
        self.sent: list[Update] = []
        self._hears = False
        self.doc.observe(self._note)

    def _note(self, event: TransactionEvent) -> None:
        if not self._hears:
            self.sent.append(Update(event.update))

    def hear(self, updates: list[Update]) -> None:
        self._hears = True
        for update in updates:
            self.doc.apply_update(update)
        self._hears = False

    def write(self, place: int, tag: str, said: str) -> None:
        with self.doc.transaction():
            block = self.body.children.insert(place, XmlElement(tag))
            block.children.append(XmlText(said))

    def retype(self, place: int, tag: str, said: str) -> None:
        """Make a block another: deleted, and written anew."""
        with self.doc.transaction():
            del self.body.children[place]
            block = self.body.children.insert(place, XmlElement(tag))
            block.children.append(XmlText(said))

    def text(self, place: int) -> XmlText:
        block = self.body.children[place]
        assert isinstance(block, XmlElement)
        text = block.children[0]
        assert isinstance(text, XmlText)
        return text


class Story:
    """A log, and who writes in it."""

    def __init__(self) -> None:
        self.rescuer = Rescuer(DOCUMENT)
        self.log: list[Update] = []
        self.taken: list[tuple[RescueInput, Update | None]] = []
        self.people = [Person(10 + n) for n in range(3)]

    def begin(self, *said: str) -> None:
        for place, each in enumerate(said):
            self.people[0].write(place, "paragraph", each)
        self.commit(0)
        for person in self.people[1:]:
            person.hear(self.log)

    def commit(self, *order: int) -> Update | None:
        """Send what these people wrote; return the last rescue."""
        last = None
        for number in order:
            for update in self.people[number].sent:
                last = self.record(update)
            self.people[number].sent.clear()
        return last

    def record(self, update: Update, **said: Any) -> Update | None:
        record = RescueInput(Seq(len(self.taken) + 1), update, **said)
        rescue = self.rescuer.take(record)
        self.taken.append((record, rescue))
        self.log += [update] if rescue is None else [update, rescue]
        return rescue

    def read(self) -> list[tuple[str, str]]:
        return [(block.type, block.plain) for block in read_updates(self.log).content]


def test_words_typed_in_a_block_that_another_restyles_are_in_the_new_block() -> None:
    story = Story()
    story.begin("hello world")
    story.people[0].retype(0, "heading", "hello world")
    story.people[1].text(0).insert(5, ", dear")
    story.commit(0, 1)
    assert story.read() == [("heading", "hello, dear world")]


def test_it_makes_no_difference_who_is_first_in_the_log() -> None:
    story = Story()
    story.begin("hello world")
    story.people[0].retype(0, "heading", "hello world")
    story.people[1].text(0).insert(5, ", dear")
    story.commit(1, 0)
    assert story.read() == [("heading", "hello, dear world")]


def test_two_who_restyle_an_empty_block_leave_one() -> None:
    """It has no letters to tell that it was carried twice."""
    story = Story()
    story.begin("before", "", "behind")
    story.people[0].retype(1, "heading", "")
    story.people[1].retype(1, "codeBlock", "")
    story.people[1].retype(1, "heading", "")
    story.commit(0, 1)
    assert story.read() == [("paragraph", "before"), ("heading", ""), ("paragraph", "behind")]


def test_what_is_typed_into_the_second_stays() -> None:
    story = Story()
    story.begin("before", "", "behind")
    story.people[0].retype(1, "heading", "")
    story.people[1].retype(1, "codeBlock", "")
    story.people[1].text(1).insert(0, "new")
    story.people[0].text(1).insert(0, "old ")
    story.commit(0, 1)
    assert story.read() == [
        ("paragraph", "before"),
        ("heading", "old new"),
        ("paragraph", "behind"),
    ]


def test_an_empty_block_that_one_deletes_and_another_restyles_is_there_once() -> None:
    story = Story()
    story.begin("before", "", "behind")
    with story.people[0].doc.transaction():
        del story.people[0].body.children[1]
    story.people[1].retype(1, "heading", "")
    story.commit(0, 1)
    assert [said for _, said in story.read()].count("") == 1


def test_two_who_restyle_one_block_leave_one() -> None:
    story = Story()
    story.begin("hello world")
    story.people[0].retype(0, "heading", "hello world")
    story.people[1].retype(0, "codeBlock", "hello world")
    story.commit(0, 1)
    assert story.read() == [("heading", "hello world")]


def test_what_one_has_only_heard_of_is_no_source_of_what_he_carried() -> None:
    """Who comes back lists all that he ever saw deleted: of two texts alike, one is not his."""
    story = Story()
    story.begin("both1 has an end")
    bob, ann = story.people[:2]

    def both_restyle(place: int, said: str) -> None:
        ann.retype(place, "heading", said)
        bob.retype(place, "codeBlock", said)
        for at, (one, other) in enumerate(zip("<A>", "<B>", strict=True)):
            ann.text(place).insert(5 + at, one)
            bob.text(place).insert(5 + at, other)

    both_restyle(0, "both1 has an end")
    story.commit(1, 0)
    for person in (ann, bob):
        person.hear(story.log)
    ann.write(1, "paragraph", "both2 has an end")
    bob.hear(ann.sent)
    both_restyle(1, "both2 has an end")
    known = Doc[Any]()
    for update in (*story.log, *ann.sent):
        known.apply_update(update)
    story.commit(1)
    whole = Update(bob.doc.get_update(known.get_state()))
    story.record(whole, seen=decode_state_vector(StateVector(bob.doc.get_state())))
    said = "".join(text for _, text in story.read())
    assert said.count("both1") == said.count("both2") == said.count("<B>") - 1 == 1
    assert said.count(" has an end") == said.count("<A>") == 2


def test_words_typed_in_a_block_that_another_deletes_stay_where_they_were() -> None:
    story = Story()
    story.begin("first", "second", "third")
    with story.people[0].doc.transaction():
        del story.people[0].body.children[1]
    story.people[1].text(1).insert(6, " and mine")
    story.commit(0, 1)
    assert story.read() == [("paragraph", w) for w in ("first", " and mine", "third")]


def test_what_is_deleted_on_purpose_stays_deleted_where_it_was_carried_meanwhile() -> None:
    story = Story()
    story.begin("hello cruel world")
    story.people[0].retype(0, "heading", "hello cruel world")
    del story.people[1].text(0)[5:11]
    story.commit(0, 1)
    assert story.read() == [("heading", "hello world")]


def test_rescued_words_keep_their_marks_and_give_them_to_nobody() -> None:
    story = Story()
    story.begin("hello world")
    story.people[0].retype(0, "heading", "hello world")
    story.people[1].text(0).insert(5, "!", {"bold": {}})
    story.commit(0, 1)
    runs = [
        (run.text, [mark.type for mark in run.marks])
        for run in read_updates(story.log).content[0].content
    ]
    assert runs == [("hello", []), ("!", ["bold"]), (" world", [])]


def test_a_rescue_has_an_id_that_no_person_has_and_each_record_another() -> None:
    story = Story()
    story.begin("hello world")
    story.people[0].retype(0, "heading", "hello world")
    story.people[1].text(0).insert(5, "!")
    rescue = story.commit(0, 1)
    assert rescue is not None
    assert decode_update(rescue).client_ids == {rescuer_id(DOCUMENT, Seq(3))}
    assert is_rescuer(rescuer_id(DOCUMENT, Seq(3)))
    assert rescuer_id(DOCUMENT, Seq(3)) != rescuer_id(DocumentId(UUID(int=8)), Seq(3))


def test_a_rescuer_that_was_dumped_goes_on_with_the_same_bytes() -> None:
    story = Story()
    story.begin("hello world", "", "more")
    story.people[0].retype(0, "heading", "hello world")
    story.people[1].text(0).insert(5, "!", {"bold": {}})
    story.commit(0, 1)
    story.people[1].text(0).insert(0, "late ")
    story.people[2].text(0).insert(0, "later ")
    story.commit(1, 2)
    for stop in range(len(story.taken)):
        rescuer = Rescuer(DOCUMENT)
        for record, _ in story.taken[:stop]:
            rescuer.take(record)
        rescuer = Rescuer.restored(DOCUMENT, rescuer.dump())
        assert rescuer.seq == stop
        assert [rescuer.take(r) for r, _ in story.taken[stop:]] == [
            rescue for _, rescue in story.taken[stop:]
        ]
        assert rescuer.dump() == story.rescuer.dump()


#: Words beside, and in, what is collected or deleted: they are collected as they arrive.
COLLECTED = {
    "behind a collected struct": ("01 01 01 00 00 01 00", "01 01 02 00 84 01 00 01 74 00"),
    "in a collected type": ("01 01 01 00 00 01 00", "01 01 02 00 04 00 01 00 01 74 00"),
    "in a deleted struct": ("01 01 01 00 01 01 01 6d 01 00", "01 01 02 00 04 00 01 00 01 74 00"),
}


def known_to(rescuer: Rescuer) -> bytes:
    """What a rescuer knows, whatever the order in which it came to know the clients."""
    return Rescuer.restored(DOCUMENT, rescuer.dump()).dump()


def check_dumps(updates: list[Update]) -> None:
    """A rescuer that is dumped and restored before each record is the one that is not."""
    rescuer = Rescuer(DOCUMENT)
    for number, update in enumerate(updates, 1):
        restored = Rescuer.restored(DOCUMENT, rescuer.dump())
        record = RescueInput(Seq(number), update)
        assert restored.take(record) == rescuer.take(record)
        is_same = known_to(restored) == known_to(rescuer)
        assert is_same, f"another after record {number}"


@pytest.mark.parametrize("log", COLLECTED.values(), ids=COLLECTED.keys())
def test_what_is_collected_as_it_arrives_is_dumped_without_its_content(
    log: tuple[str, ...],
) -> None:
    behind = "01 01 03 00 84 02 00 01 75 00"
    check_dumps([Update(bytes.fromhex(each)) for each in (*log, behind)])


@pytest.mark.parametrize("seed", range(30))
def test_a_rescuer_can_be_dumped_whatever_the_gate_admits(seed: int) -> None:
    dice, gate = random.Random(seed), Gate(GateLimits())
    admitted: list[Update] = []
    while len(admitted) < 40:
        update = hostile_update(dice, gate.clocks)
        try:
            verdict = gate.check(decode_update(update))
        except UpdateError:
            continue
        if isinstance(verdict, Accepted):
            gate.admit(verdict)
            admitted.append(update)
    check_dumps(admitted)


def restyled_and_taken_back(**said: Any) -> list[tuple[str, str]]:
    """Ann restyles a line while Bob types in it, hears of his words, and takes the restyle back."""
    story = Story()
    story.begin("hello world")
    ann, bob = story.people[:2]
    ann.retype(0, "heading", "hello world")
    bob.text(0).insert(5, ", dear")
    story.commit(0, 1)
    ann.hear(story.log)
    assert str(ann.text(0)) == "hello, dear world"
    # What Yjs's undo does: what it put in goes, with all that is in it; what it took away is back.
    ann.retype(0, "paragraph", "hello world")
    for update in ann.sent:
        story.record(update, **said)
    return story.read()


def test_an_undo_spares_the_words_of_others_in_what_it_takes_back() -> None:
    """Whether its program says that it is one, or is a stock client, which says nothing."""
    assert restyled_and_taken_back(undo=True) == [("paragraph", "hello, dear world")]
    assert restyled_and_taken_back() == [("paragraph", "hello, dear world")]


def test_who_surely_takes_nothing_back_deletes_what_is_deleted() -> None:
    assert restyled_and_taken_back(undo=False) == [("paragraph", "hello world")]
    assert restyled_and_taken_back(kind="api") == [("paragraph", "hello world")]
