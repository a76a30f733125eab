"""Marks that deleted text leaves behind are found and taken out; those on text stay."""

from __future__ import annotations

from typing import Any

import pytest
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.idle import deletion_of, idle_formats
from collab.crdt.keystroke import decode
from collab.types import Update

LINK = {"link": {"href": "https://secret.example/"}}


def paragraph() -> tuple[Doc[Any], XmlText]:
    doc: Doc[Any] = Doc()
    fragment = doc.get("default", type=XmlFragment)
    element = fragment.children.append(XmlElement("paragraph"))
    return doc, element.children.append(XmlText("before LINKED after"))


def state(doc: Doc[Any]) -> Update:
    return Update(doc.get_update())


def idle(doc: Doc[Any]) -> int:
    return len(list(idle_formats(state(doc))))


def test_a_mark_on_text_is_no_idle_one() -> None:
    doc, text = paragraph()
    assert idle(doc) == 0
    text.format(7, 13, LINK)
    text.format(0, 3, {"bold": {}})
    assert idle(doc) == 0


def test_what_deleted_text_leaves_is_found_and_gone_after_the_deletion() -> None:
    """The address of its link is then in no document that is made of the state."""
    doc, text = paragraph()
    text.format(7, 13, LINK)
    del text[7:13]
    assert idle(doc) == 1
    before = str(text)
    doc.apply_update(deletion_of(idle_formats(state(doc))))
    assert idle(doc) == 0
    assert str(text) == before
    fresh: Doc[Any] = Doc()
    fresh.apply_update(state(doc))
    assert b"secret.example" not in fresh.get_update()
    assert b"secret.example" not in bytes(state(doc))


def test_a_mark_of_another_name_between_does_not_hide_it() -> None:
    doc, text = paragraph()
    text.format(7, 13, LINK)
    text.format(7, 13, {"bold": {}})
    del text[7:13]
    assert idle(doc) == 2
    doc.apply_update(deletion_of(idle_formats(state(doc))))
    assert idle(doc) == 0


@pytest.mark.parametrize("clients", [1, 3])
def test_the_deletion_is_an_update_that_the_gate_lets_in(clients: int) -> None:
    """Of several authors too: each has a list of their own, in order."""
    doc, text = paragraph()
    for number in range(clients):
        other: Doc[Any] = Doc(client_id=1000 + number)
        other.apply_update(doc.get_update())
        fragment = other.get("default", type=XmlFragment)
        copy = fragment.children[0].children[0]
        copy.insert(0, "gone")
        copy.format(0, 4, {f"mark{number}": {}})
        del copy[0:4]
        doc.apply_update(other.get_update())
    assert idle(doc) == clients
    update = deletion_of(idle_formats(state(doc)))
    gate = Gate(GateLimits())
    for _ in gate.index(state(doc)):
        pass
    assert isinstance(gate.check(decode(update)), Accepted)
    before = str(text)
    doc.apply_update(update)
    assert (idle(doc), str(text)) == (0, before)
