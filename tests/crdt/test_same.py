"""Whether a live room is what its log makes: what is read counts, not how the library prints it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from pycrdt import Array, Doc, Text, XmlElement, XmlFragment, XmlText

from collab.crdt.doc import LiveDoc
from collab.history.compare_process import DIFFERENT, SAME, compared
from collab.richtext.schema import MARKS, NODES
from collab.types import Update

#: Each kind of value that an attribute can have in Yjs.
VALUES: list[Any] = [1, "a", True, None, 1.5, math.nan, -math.inf, [1, {"b": math.nan}], {"c": "d"}]


def every_node() -> list[Update]:
    """Each node of the schema with its attributes and some of nobody's; each mark."""
    doc: Doc[Any] = Doc(client_id=7)
    updates: list[Update] = []
    subscription = doc.observe(lambda event: updates.append(Update(event.update)))
    body = doc.get("default", type=XmlFragment)
    for place, (name, known) in enumerate(NODES.items()):
        with doc.transaction():
            element = body.children.append(XmlElement(name))
            for at, attr in enumerate([*known.attrs, "x", "y"]):
                element.attributes[attr] = VALUES[(place + at) % len(VALUES)]
            element.children.append(XmlText(name))
    with doc.transaction():
        text = body.children.append(XmlElement("paragraph")).children.append(XmlText("words"))
        for at, mark in enumerate([*MARKS, "comment", "comment--aGVsbG8x"]):
            text.format(at % 5, 5, {mark: {"a": 1, "b": "c", "href": "/d"}})
    doc.unobserve(subscription)
    return updates


def test_a_document_is_the_same_as_itself_a_thousand_times() -> None:
    """Every node and attribute of the schema, read from a state and from the records."""
    updates = every_node()
    records, live = LiveDoc.load(updates), LiveDoc.load(updates)
    state = LiveDoc.load([live.diff()])
    for turn in range(1000):
        assert records.is_same_as(state if turn % 2 else live)
    for document in (records, live, state):
        document.close()


@pytest.mark.parametrize("attribute", ["level", "colspan", "x"])
def test_one_attribute_makes_a_difference(attribute: str) -> None:
    """And so does a word."""
    updates = every_node()
    changes: list[Callable[[Any], Any]] = [
        lambda body: body.children[0].attributes.__setitem__(attribute, "other"),
        lambda body: body.children[0].children[0].insert(0, "word"),
        lambda body: list(body.children)[-1].children[0].format(3, 4, {"bold": None}),
        lambda body: body.children.__delitem__(slice(3, 4)),
    ]
    for change in changes:
        doc: Doc[Any] = Doc(client_id=9)
        body = doc.get("default", type=XmlFragment)
        for update in updates:
            doc.apply_update(update)
        state = Update(doc.get_update())
        assert compared(state, updates) == SAME
        seen = doc.get_state()
        change(body)
        assert compared(state, [*updates, Update(doc.get_update(seen))]) == DIFFERENT


def test_what_stands_beside_the_rich_text_makes_a_difference() -> None:
    """A word or a number in another root."""
    doc: Doc[Any] = Doc(client_id=7)
    doc.get("notes", type=Text).insert(0, "words")
    doc.get("numbers", type=Array).append(math.nan)
    update = Update(doc.get_update())
    assert compared(update, [update]) == SAME
    changes: list[Callable[[], Any]] = [
        lambda: doc.get("notes", type=Text).clear(),
        lambda: doc.get("numbers", type=Array).append(2),
    ]
    for change in changes:
        seen = doc.get_state()
        change()
        assert compared(update, [update, Update(doc.get_update(seen))]) == DIFFERENT
