"""What a room notes for the law of merging, and under whose ids."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pycrdt import Map, XmlElement, XmlText

from collab.crdt.merge import merge
from collab.crdt.reader import read_updates
from collab.crdt.rescue_ids import FIRST
from collab.crdt.update import decode_state_vector
from collab.protocol.close_codes import CloseCode
from collab.protocol.messages import EditNote, Event, SyncStep1, SyncStep2, SyncUpdate
from collab.room.effects import WantLook
from collab.room.ports import LogRecord
from collab.types import ClientId, DocumentId, Seq, StateVector, Update, UserId
from tests.crdt.sessions import Writer
from tests.history.merging import restyle
from tests.history.scenes import line, paragraph
from tests.room.test_room import ANN, BOB, Simulation


class Two(Simulation):
    """Ann and Bob, each with a replica of one line."""

    def __init__(self) -> None:
        self.ann, self.bob = Writer(3_000_000_000), Writer(3_000_000_001)
        self.ann.body.children.append(paragraph("hello world"))
        (first,) = self.ann.sent
        self.ann.sent.clear()
        self.bob.hear(first)
        super().__init__(first, {3_000_000_000: 1})
        for peer, writer in ((ANN, self.ann), (BOB, self.bob)):
            self.join(peer)
            self.receive(peer, SyncStep1(StateVector(writer.doc.get_state())))

    def said(self, writer: Writer) -> list[Update]:
        said = list(writer.sent)
        writer.sent.clear()
        return said

    def send(self, writer: Writer) -> None:
        for update in self.said(writer):
            self.receive(ANN if writer is self.ann else BOB, SyncUpdate(update))


def test_what_is_of_concern_has_a_record_of_its_own() -> None:
    room = Two()
    for at in range(2):
        line(room.bob).insert(at, "x")
    room.send(room.bob)
    restyle(room.ann)
    room.send(room.ann)
    for at in range(2, 5):
        line(room.bob).insert(at, "y")
    room.send(room.bob)
    room.flush()
    asked = [append.facts is not None and append.facts.is_asked for append in room.appended]
    # Two letters together, the block that is made anew, and each letter that comes into it then.
    assert asked == [False, True, True, True, True]


def test_what_comes_back_says_what_it_had_seen() -> None:
    """Its deletes are all that it ever saw deleted."""
    room = Two()
    del line(room.ann)[0:2]
    for update in room.said(room.ann):
        room.receive(ANN, SyncUpdate(update))
        room.bob.hear(update)
    line(room.bob).insert(0, "x")
    seen = room.bob.doc.get_state()
    room.bob.sent.clear()
    room.join(BOB)
    room.receive(BOB, SyncStep1(StateVector(seen)))
    room.receive(BOB, SyncStep2(Update(room.bob.doc.get_update())))
    room.flush()
    facts = room.appended[-1].facts
    assert facts is not None
    assert facts.seen is not None
    assert decode_state_vector(facts.seen) == decode_state_vector(StateVector(seen))


def test_deaths_that_a_program_only_passes_on_are_not_its_deeds() -> None:
    """It sends what Yjs encodes since a state vector: with all that was ever deleted in it."""
    room = Two()
    restyle(room.ann)
    for update in room.said(room.ann):
        room.receive(ANN, SyncUpdate(update))
        room.bob.hear(update)
    before = room.bob.doc.get_state()
    line(room.bob).insert(0, "x")
    room.receive(BOB, SyncUpdate(Update(room.bob.doc.get_update(before))))
    room.flush()
    facts = room.appended[-1].facts
    assert facts is not None
    assert facts.seen is not None
    assert decode_state_vector(facts.seen) == decode_state_vector(StateVector(before))


def test_what_two_delete_at_once_is_the_deed_of_both() -> None:
    room = Two()
    restyle(room.ann)
    restyle(room.bob)
    room.send(room.ann)
    room.send(room.bob)
    room.flush()
    facts = room.appended[-1].facts
    assert facts is not None
    assert (facts.is_asked, facts.seen) == (True, None)


def test_a_whole_delete_set_is_told_from_deeds_by_its_size() -> None:
    """Also where the update makes new blocks and deletes something of its own."""
    room = Two()
    for at in range(14):
        line(room.ann).insert(at, "x")
        del line(room.ann)[at : at + 1]
        line(room.ann).insert(at, "y")
    for update in room.said(room.ann):
        room.receive(ANN, SyncUpdate(update))
        room.bob.hear(update)
    before = room.bob.doc.get_state()
    restyle(room.bob)
    room.receive(BOB, SyncUpdate(Update(room.bob.doc.get_update(before))))
    room.flush()
    facts = room.appended[-1].facts
    assert facts is not None
    assert facts.seen is not None


def test_who_comes_back_with_nothing_of_their_own_adds_no_record() -> None:
    room = Two()
    del line(room.ann)[0:2]
    room.send(room.ann)
    room.flush()
    before = len(room.appended)
    room.receive(BOB, SyncStep2(Update(room.ann.doc.get_update())))
    room.flush()
    assert len(room.appended) == before


def test_what_was_written_before_refused_content_is_taken() -> None:
    """Of somebody who was away: closed with 4422, and what stood before it is in the log."""
    room = Two()
    room.join(BOB)
    line(room.bob).insert(0, "kept ")
    doc: Any = room.bob.doc
    entries = doc.get("other", type=Map)
    entries["x"] = 1
    line(room.bob).insert(0, "behind ")
    whole = room.bob.doc.get_update(room.ann.doc.get_state())
    refused = Update(whole.replace(b"\x05other", b"\x07default"))
    room.receive(BOB, SyncStep2(refused))
    room.flush()
    assert room.closed == {BOB: CloseCode.UPDATE_REFUSED}
    text = read_updates([room.room.diff()]).plain
    assert text == "kept hello world"
    assert len(room.appended) == 1
    assert room.appended[0].author_id == UserId(2)


def test_nobody_comes_to_own_the_id_of_a_rescue() -> None:
    """Everybody knows it, and it is nobody's: what stands under it must not become theirs."""
    room = Two()
    rescuer = Writer(FIRST)
    rescuer.hear(Update(room.room.diff()))
    line(rescuer).insert(5, " dear")
    (rescue,) = rescuer.sent
    record = LogRecord(
        DocumentId(room.room.document_id),
        Seq(1),
        rescue,
        UserId(2),
        (ClientId(FIRST),),
        True,
        "rescue",
        datetime.now(UTC),
    )
    room.seq = 1
    room.perform(room.room.receive_remote([record]))
    line(rescuer).insert(0, "mine: ")
    room.receive(BOB, SyncUpdate(rescuer.sent[-1]))
    room.flush()
    assert room.appended[-1].binds == ()
    assert room.appended[-1].is_relayed


def test_a_record_of_another_process_is_looked_into_where_it_crosses_what_is_here() -> None:
    """That one had not seen what was let in here."""
    room = Two()
    line(room.bob).insert(5, "x")
    room.send(room.bob)
    restyle(room.ann)
    (update,) = room.said(room.ann)
    record = LogRecord(
        DocumentId(room.room.document_id),
        Seq(1),
        update,
        UserId(1),
        (ClientId(3_000_000_000),),
        False,
        "live",
        datetime.now(UTC),
    )
    effects = room.room.receive_remote([record])
    assert [each.seq for each in effects if isinstance(each, WantLook)] == [1]


def split(writer: Writer, at: int) -> None:
    """Make one line two, as Enter does."""
    text = line(writer)
    tail = str(text)[at:]
    with writer.doc.transaction():
        del text[at:]
        writer.body.children.insert(1, XmlElement("paragraph", {}, [XmlText(tail)]))


def test_what_a_page_says_of_its_edit_is_kept_with_it() -> None:
    """An undo is asked about; of the edit behind it the page has said nothing new."""
    room = Two()
    room.receive(ANN, EditNote(0, is_undo=True))
    restyle(room.ann)
    room.send(room.ann)
    line(room.bob).insert(3, "x")
    room.send(room.bob)
    restyle(room.ann)
    room.send(room.ann)
    room.flush()
    undo, unsaid, edit = (append.facts for append in room.appended)
    assert undo is not None
    assert (undo.upto, undo.is_undo) == (0, True)
    assert unsaid is not None
    assert (unsaid.upto, unsaid.is_undo) == (None, None)
    assert edit is None or (edit.upto, edit.is_undo) == (0, False)


@pytest.mark.parametrize(
    ("says", "is_asked"), [(None, False), (0, True), (1, False)], ids=["nothing", "before", "after"]
)
def test_typing_at_the_end_of_a_split_line_is_asked_about_where_the_split_was_not_seen(
    says: int | None, is_asked: bool
) -> None:
    """Who had seen it sends the same bytes: only the page can tell."""
    room = Two()
    split(room.ann, 5)
    room.send(room.ann)
    room.flush()
    room.commit()
    if says is not None:
        room.receive(BOB, EditNote(says, is_undo=False))
    line(room.bob).insert(11, "!")  # behind "world", of which he has not heard that it went
    room.send(room.bob)
    room.flush()
    facts = room.appended[-1].facts
    assert (facts is not None and facts.is_asked) is is_asked


def test_pages_are_told_when_they_have_seen_what_was_carried() -> None:
    room = Two()
    room.take(BOB)
    line(room.ann).insert(0, "x")
    room.send(room.ann)
    room.flush()
    room.commit()
    split(room.ann, 6)
    room.send(room.ann)
    room.flush()
    assert [type(each) for each in room.take(BOB)] == [SyncUpdate, SyncUpdate]
    room.commit()
    (told,) = room.take(BOB)
    assert isinstance(told, Event)
    assert json.loads(told.payload) == {"type": "seen", "seq": 2}


def test_pages_are_told_whose_words_a_rescue_holds() -> None:
    room = Two()
    first = room.bob.doc.get_state()
    rescuer = Writer(FIRST)
    rescuer.hear(Update(room.room.diff()))
    line(rescuer).insert(5, " dear")
    del line(rescuer)[0:1]
    update = merge(rescuer.sent)
    record = LogRecord(
        DocumentId(room.room.document_id),
        Seq(1),
        update,
        UserId(2),
        (ClientId(FIRST),),
        True,
        "rescue",
        datetime.now(UTC),
    )
    room.take(BOB)
    room.perform(room.room.receive_remote([record]))
    events = [json.loads(each.payload) for each in room.take(BOB) if isinstance(each, Event)]
    (client,) = decode_state_vector(StateVector(first))
    assert events[0] == {"type": "rescued", "client": FIRST, "ranges": [[client, 2, 1]]}
