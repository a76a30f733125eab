"""Whatever the bytes hold, everybody who reads them has a valid document."""

from __future__ import annotations

import json
import math
import os
import random
from typing import Any

import pytest
from pycrdt import Doc, Map, Text, XmlElement, XmlFragment, XmlText

from collab.crdt.idle import idle_formats
from collab.crdt.lineage import divergence
from collab.crdt.past import advance
from collab.crdt.patch import patch_document
from collab.crdt.reader import read_document
from collab.crdt.roots import read_roots
from collab.crdt.tracked import track, wrapped
from collab.crdt.update import decode_update
from collab.crdt.writer import document_to_update
from collab.formats.pandoc_elements import Dialect
from collab.formats.pandoc_out import to_pandoc
from collab.richtext.diff import diff
from collab.richtext.formats import FORMATS, parse, render
from collab.richtext.schema import MARKS, NODES, normalise
from collab.richtext.tree import Node
from collab.search.text import extract
from collab.types import ClientId, Update

#: Every kind of value that Yjs can keep, and where its reader might trip.
VALUES: list[Any] = [
    math.nan,
    math.inf,
    -math.inf,
    -0.0,
    0.5,
    1e300,
    -1e300,
    2**53,
    2**60,
    -(2**63),
]
VALUES += [0, 1, -1, 7, 10**9, "", "x", "\0", "NaN", "3", "]]>&<\"'", "😀", True, False, None]
VALUES += [
    b"",
    b"\xff",
    [],
    {},
    [math.nan],
    [1e300, None, "x", -5],
    {"a": math.inf},
    [[]],
    {"": {}},
]


def every_value(dice: random.Random, client: int) -> Update:
    """Each node with values in its attributes and each mark with values in its own."""
    doc: Doc[Any] = Doc(client_id=client)
    body = doc.get("default", type=XmlFragment)
    with doc.transaction():
        for name in [*NODES, "", "unknown", "script", "__proto__"]:
            _element(body, name, dice)
        table = body.children.append(XmlElement("table"))
        row = table.children.append(XmlElement("tableRow"))
        for name in ("tableCell", "tableHeader"):
            cell = _element(row, name, dice)
            _element(cell, "paragraph", dice)
        for name in ("orderedList", "taskList", "details", "callout"):
            _element(_element(body, name, dice), "listItem", dice)
    return Update(doc.get_update())


def _element(parent: Any, name: str, dice: random.Random) -> XmlElement:
    element: XmlElement = parent.children.append(XmlElement(name))
    known = NODES[name].attrs if name in NODES else {}
    for attr in [*known, "unknown", "ychange"]:
        if dice.random() < 0.8:
            element.attributes[attr] = dice.choice(VALUES)
    text = element.children.append(XmlText("some words 😀"))
    text.attributes["of the text"] = dice.choice(VALUES)
    for mark, attrs in [*MARKS.items(), ("comment--aGVsbG8x", {}), ("unknown", {})]:
        start = dice.randrange(10)
        # What a format holds is JSON on its way: there is no NaN in it.
        value = dice.choice([{each: _json(dice) for each in attrs}, _json(dice)])
        text.format(start, dice.randint(start, 10), {mark: value})
    if dice.random() < 0.3:
        # An embedded string is one character of text to pycrdt's reader, and to Yjs's.
        text.insert_embed(3, dice.choice([1, {}, {"image": [None]}, 1e300]))
    return element


def _json(dice: random.Random) -> Any:
    return dice.choice([0, 1.5, 1e300, 2**60, "", "x", True, [], {}, [None], {"a": {}}, {"": "\0"}])


def strict(value: Any) -> None:
    json.dumps(value, allow_nan=False)


def consume(state: Update, before: Update) -> None:
    """Read a state in every way that there is."""
    content = read_document(state)
    strict(content.to_json())
    for name in FORMATS:
        written = render(content, name)
        again = parse(written, name)
        strict(again.to_json())
        if name == "json":
            json.loads(written, parse_constant=pytest.fail)
            assert again == parse(render(again, "json"), "json")
    for target in ("docx", "odt", "epub", "latex", "typst"):
        tree_of_it = to_pandoc(normalise(content), Dialect(target, "Title", "en", {}))
        json.loads(tree_of_it, parse_constant=pytest.fail)
    extract([before, state])
    tree = track(state)
    strict(tree.node().to_json())
    assert tree.node() == content
    wrapped(tree)
    list(idle_formats(state))
    divergence(state, before, advance([state, before]))
    old = read_document(before)
    for one, other in ((content, old), (old, content), (content, Node("doc"))):
        diff(one, other)
    patched = patch_document(state, parse(render(content, "json"), "json"), ClientId(9))
    if patched is not None:
        decode_update(patched)
    decode_update(document_to_update(content, ClientId(9)))


@pytest.mark.parametrize("turn", range(int(os.environ.get("READERS_TURNS", "4"))))
def test_every_value_in_every_place_is_read(turn: int) -> None:
    """READERS_TURNS and READERS_SEED repeat and widen it."""
    seed = int(os.environ.get("READERS_SEED", "0")) + turn
    dice = random.Random(seed)
    consume(every_value(dice, 7), every_value(dice, 8))


def test_one_state_is_read_the_same_each_time() -> None:
    """yrs keeps maps without an order and writes their keys in another one at each turn; what is
    exported is compared by its bytes."""
    names = "abcdefgh"
    doc: Doc[Any] = Doc(client_id=7)
    body = doc.get("default", type=XmlFragment)
    notes, meta = doc.get("notes", type=Text), doc.get("meta", type=Map)
    with doc.transaction():
        element = body.children.append(XmlElement("paragraph"))
        for name in names:
            element.attributes[name] = {each: {name: each} for each in names}
        text = element.children.append(XmlText("words"))
        text.format(0, 5, {"comment": dict.fromkeys(names, 1), "bold": {}, "italic": {}})
        notes.insert(0, "words", {name: dict.fromkeys(names, 1) for name in names})
        meta["a"] = {each: dict.fromkeys(names, 1) for each in names}
    read = set()
    for _ in range(8):
        state = Update(doc.get_update())
        read.add(json.dumps([read_document(state).to_json(), track(state).node().to_json()]))
        read.add(json.dumps(read_roots(state)))
        doc = Doc()
        doc.apply_update(state)
    assert len(read) == 2
