"""What dies with an edit that does not name it, and what of it a rescue has put back."""

from __future__ import annotations

from typing import Any

from pycrdt import XmlElement, XmlText

from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.unsaved import Lost, at_risk, unsaved
from collab.crdt.update import decode_update
from collab.types import Update
from tests.crdt.sessions import Writer

ANN, BOB = 7, 9


def dying(first: Update, *more: Update) -> list[tuple[str, str, int]]:
    """What is lost of what others wrote, where the last update deletes without having seen it."""
    gate = Gate(GateLimits())
    for update in (first, *more[:-1]):
        decoded = decode_update(update)
        verdict = gate.check(decoded)
        assert isinstance(verdict, Accepted)
        gate.admit(verdict)
    last = gate.check(decode_update(more[-1]))
    assert isinstance(last, Accepted)
    lost = unsaved(at_risk(last, gate.structs), None, (first, *more))
    return [(each.what, each.text, each.client) for each in lost]


def two() -> tuple[Writer, Writer, Update]:
    ann, bob = Writer(ANN), Writer(BOB)
    with ann.doc.transaction():
        item = XmlElement("taskItem", {}, [XmlElement("paragraph", {}, [XmlText("task")])])
        ann.body.children.append(XmlElement("taskList", {}, [item]))
        ann.body.children.append(XmlElement("paragraph", {}, [XmlText("plain words")]))
    (first,) = ann.sent
    ann.sent.clear()
    bob.hear(first)
    return ann, bob, first


def test_words_attributes_and_marks_are_told_apart() -> None:
    ann, bob, first = two()
    tasks, line = (_element(each) for each in bob.body.children)
    _element(tasks.children[0]).attributes["checked"] = True
    text: Any = line.children[0]
    text.format(0, 5, {"bold": {}})
    text.insert(6, "NEW ", {"italic": {}})
    tasks.children.append(XmlElement("taskItem", {}, [XmlElement("image")]))
    del ann.body.children[0:2]
    assert sorted(dying(first, *bob.sent, *ann.sent)) == [
        ("attribute", "checked", BOB),
        ("format", "bold", BOB),
        ("format", "bold", BOB),
        ("node", "image", BOB),
        ("words", "NEW ", BOB),
    ]


def test_what_is_listed_or_lives_is_not_lost() -> None:
    ann, bob, first = two()
    text: Any = _element(bob.body.children[1]).children[0]
    text.insert(0, "x")
    bob_said = list(bob.sent)
    for update in bob_said:
        ann.hear(update)
    del ann.body.children[0:2]
    assert dying(first, *bob_said, *ann.sent) == []


def test_what_is_written_into_what_another_has_deleted() -> None:
    ann, bob, first = two()
    del ann.body.children[1]
    text: Any = _element(bob.body.children[1]).children[0]
    text.insert(0, "late")
    assert dying(first, *ann.sent, *bob.sent) == [("words", "late", BOB)]


def test_what_a_rescue_lists_is_saved() -> None:
    """Part of a row, too."""
    ann, bob, first = two()
    text: Any = _element(bob.body.children[1]).children[0]
    text.insert(0, "abcd")
    del ann.body.children[1]
    gate = Gate(GateLimits())
    for update in (first, *bob.sent):
        verdict = gate.check(decode_update(update))
        assert isinstance(verdict, Accepted)
        gate.admit(verdict)
    last = gate.check(decode_update(ann.sent[-1]))
    assert isinstance(last, Accepted)
    risky = at_risk(last, gate.structs)
    # No structs; of one client one range: the second and third letter.
    rescue = Update(bytes([0, 1, BOB, 1, 1, 2]))
    lost = unsaved(risky, rescue, (first, *bob.sent))
    assert lost == [Lost("words", "a", BOB), Lost("words", "d", BOB)]


def _element(child: Any) -> XmlElement:
    assert isinstance(child, XmlElement)
    return child
