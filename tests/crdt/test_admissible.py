"""What of a refused update is taken: what its clients wrote before the refused content."""

from __future__ import annotations

from typing import Any

from pycrdt import Doc, Map, XmlElement, XmlFragment, XmlText

from collab.crdt.admissible import MAX_STRUCTS, Part, admissible
from collab.crdt.gate import Gate, GateLimits, Refused
from collab.crdt.merge import merge
from collab.crdt.reader import read_updates
from collab.crdt.update import decode_update
from collab.types import Update
from tests.crdt.sessions import Writer
from tests.history.scenes import line, paragraph


def asked(update: Update) -> Part | None:
    gate = Gate(GateLimits())
    for _ in gate.index(Update(b"\0\0")):
        pass
    decoded = decode_update(update)
    assert isinstance(gate.check(decoded), Refused)
    return admissible(update, decoded, gate)


def refused(writer: Writer) -> None:
    """Put an entry into the body: no reader of rich text knows it."""
    doc: Any = writer.doc
    entries = doc.get("other", type=Map)
    entries["x"] = 1
    # A map entry of the body, which pycrdt does not write: made of one of another root.
    writer.sent[-1] = Update(writer.sent[-1].replace(b"\x05other", b"\x07default"))


def whole(writer: Writer) -> Update:
    return merge(writer.sent)


def test_what_was_written_before_is_taken() -> None:
    writer = Writer(7)
    writer.body.children.append(paragraph("before"))
    del line(writer)[0:2]
    refused(writer)
    writer.body.children.append(paragraph("behind"))
    part = asked(whole(writer))
    assert part is not None
    assert read_updates([part.update]).plain == "fore"


def test_what_another_client_wrote_is_taken_too() -> None:
    writer, other = Writer(7), Writer(9)
    refused(writer)
    other.body.children.append(paragraph("other"))
    part = asked(merge([*writer.sent, *other.sent]))
    assert part is not None
    assert part.decoded.client_ids == {9}
    assert read_updates([part.update]).plain == "other"


def test_where_nothing_is_before_it_nothing_is_taken() -> None:
    writer = Writer(7)
    refused(writer)
    assert asked(whole(writer)) is None


def test_the_question_is_bounded() -> None:
    writer = Writer(7)
    for _ in range(MAX_STRUCTS):
        writer.body.children.append(paragraph("x"))
    refused(writer)
    assert asked(whole(writer)) is None


def test_the_part_fits_a_document() -> None:
    """pycrdt takes it, and a later answer brings what was cut off."""
    writer = Writer(7)
    writer.body.children.append(XmlElement("paragraph", {}, [XmlText("words")]))
    refused(writer)
    part = asked(whole(writer))
    assert part is not None
    doc: Doc[Any] = Doc()
    doc.apply_update(part.update)
    assert "words" in str(doc.get("default", type=XmlFragment))
