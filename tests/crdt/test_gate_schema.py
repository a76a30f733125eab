"""Nothing that the editor can make is refused by the gate; and what it knows of limits is true.

Documents of every node, mark and attribute, as deep as the editor nests, written at once as a paste
is, and step by step as a person does.
"""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from collab.crdt.doc import LiveDoc
from collab.crdt.encode import mark_attributes
from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.merge import merge
from collab.crdt.reader import read_updates
from collab.crdt.update import decode_update
from collab.crdt.writer import document_to_update, insert_node
from collab.richtext.palette import ALIGNMENTS, CALLOUTS, COLORS
from collab.richtext.schema import (
    MARKS,
    MAX_DEPTH,
    MAX_IMAGE_WIDTH,
    MAX_LEVEL,
    MAX_SPAN,
    MAX_START,
    NODES,
)
from collab.richtext.tree import Json, Mark, Node
from collab.types import ClientId, Update

words = st.text(max_size=12)
spans = st.integers(1, MAX_SPAN)
#: A value of each attribute, as the editor shows it (editor/src/schema/sound.ts).
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "level": st.integers(1, MAX_LEVEL),
    "textAlign": st.sampled_from(ALIGNMENTS),
    "start": st.integers(1 - MAX_START, MAX_START - 1),
    "checked": st.booleans(),
    "colspan": spans,
    "rowspan": spans,
    "colwidth": st.lists(st.integers(0, MAX_IMAGE_WIDTH), max_size=4),
    "width": st.integers(1, MAX_IMAGE_WIDTH),
    "kind": st.sampled_from(list(CALLOUTS)),
    "color": st.sampled_from(list(COLORS)),
    **dict.fromkeys(("type", "language", "src", "alt", "title", "caption", "latex", "href"), words),
}
BLOCKS = [
    name
    for name, known in NODES.items()
    if name not in ("doc", "text", "hardBreak", "inlineMath", "footnote")
    and not any(name in other.children for other in NODES.values())
]
INLINE = ["text", "text", "text", "hardBreak", "inlineMath", "footnote"]


def attributes(draw: st.DrawFn, known: Any) -> dict[str, Json]:
    return {
        name: draw(VALUES[name])
        for name in sorted(known)
        if known[name] is not None or draw(st.booleans())
    }


def run(draw: st.DrawFn) -> Node:
    names = draw(st.sets(st.sampled_from(sorted(MARKS)), max_size=4))
    marks = tuple(Mark(name, attributes(draw, MARKS[name])) for name in sorted(names))
    return Node("text", text=draw(st.text(min_size=1, max_size=12)), marks=marks)


def inline(draw: st.DrawFn, *, in_note: bool = False) -> tuple[Node, ...]:
    out = []
    for kind in draw(st.lists(st.sampled_from(INLINE), max_size=4)):
        if kind == "text":
            out.append(run(draw))
        elif kind != "footnote":
            out.append(Node(kind, attributes(draw, NODES[kind].attrs)))
        elif not in_note:
            out.append(Node(kind, {}, inline(draw, in_note=True)))
    return tuple(out)


def node(draw: st.DrawFn, kind: str, depth: int) -> Node:
    """Return a node whose insides are at most ``depth`` nodes deep."""
    known = NODES[kind]
    attrs = attributes(draw, known.attrs)
    match known.content:
        case "nothing":
            content: tuple[Node, ...] = ()
        case "text":
            text = draw(words)
            content = (Node("text", text=text),) if text else ()
        case "inline":
            content = inline(draw, in_note=depth < 2)
        case "named" if kind == "details":
            content = tuple(node(draw, child, depth - 1) for child in known.children)
        case "named":
            kinds = draw(st.lists(st.sampled_from(known.children), min_size=1, max_size=2))
            content = tuple(node(draw, child, depth - 1) for child in kinds)
        case _:
            content = blocks(draw, depth - 1)
    return Node(kind, attrs, content)


def blocks(draw: st.DrawFn, depth: int) -> tuple[Node, ...]:
    # A table takes two levels more than its cells' blocks.
    kinds = BLOCKS if depth > 5 else ["paragraph", "heading", "codeBlock", "image", "blockMath"]
    deep = draw(st.booleans()) and depth > 5
    first = node(draw, draw(st.sampled_from(HOLDERS if deep else kinds)), depth)
    more = draw(st.lists(st.sampled_from(["paragraph", "image"]), max_size=1))
    return (first, *(node(draw, kind, 1) for kind in more))


HOLDERS = [name for name in BLOCKS if NODES[name].content in ("blocks", "named")]
#: Nodes in one another that hold blocks.
WAYS = [
    ("blockquote",),
    ("callout",),
    ("bulletList", "listItem"),
    ("orderedList", "listItem"),
    ("taskList", "taskItem"),
    ("details", "detailsContent"),
    ("table", "tableRow", "tableCell"),
    ("table", "tableRow", "tableHeader"),
]


@st.composite
def documents(draw: st.DrawFn) -> Node:
    """A document that is as deep as the editor nests, in one place at least."""
    inner: tuple[Node, ...] = (node(draw, "paragraph", 2),)
    left = MAX_DEPTH - depth_of(Node("doc", content=inner))
    while left:
        way = draw(st.sampled_from([way for way in WAYS if len(way) <= left]))
        for kind in reversed(way):
            attrs = attributes(draw, NODES[kind].attrs)
            if kind == "detailsContent":
                inner = (node(draw, "detailsSummary", 1), Node(kind, attrs, inner))
            else:
                inner = (Node(kind, attrs, inner),)
        left -= len(way)
    return Node("doc", content=(*inner, *blocks(draw, 12)))


def depth_of(tree: Node) -> int:
    return max((1 + depth_of(each) for each in tree.content if each.type != "text"), default=0)


class Server:
    """A gate, and the document behind it: what it admits is applied and read."""

    def __init__(self) -> None:
        self.gate = Gate(GateLimits())
        for _ in self.gate.index(Update(b"\0\0")):
            pass
        self.updates: list[Update] = []

    def take(self, update: Update) -> None:
        verdict = self.gate.check(decode_update(update))
        assert isinstance(verdict, Accepted), verdict
        self.gate.admit(verdict)
        self.updates.append(update)

    def read(self) -> Node:
        state = LiveDoc.load(self.updates).diff()
        assert read_updates([state]) == read_updates(self.updates)
        Server().take(state)
        return read_updates(self.updates)


class Person:
    """An editor that sends each of its transactions."""

    def __init__(self) -> None:
        self.doc: Doc[Any] = Doc()
        self.body = self.doc.get("default", type=XmlFragment)
        self.sent: list[Update] = []
        self._kept = self.doc.observe(lambda event: self.sent.append(Update(event.update)))


many = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@many
@given(documents())
def test_what_the_editor_pastes_is_admitted(tree: Node) -> None:
    assume(depth_of(tree) <= MAX_DEPTH)
    server, person = Server(), Person()
    server.take(document_to_update(tree, ClientId(7)))
    for block in tree.content:
        insert_node(person.body, 0, block)
    other = Server()
    for update in person.sent:
        other.take(update)
    other.read()
    assert server.read().plain == read_updates([document_to_update(tree, ClientId(8))]).plain


def texts(parent: Any) -> list[XmlText]:
    out: list[XmlText] = []
    for child in parent.children:
        out += [child] if isinstance(child, XmlText) else texts(child)
    return out


def elements(parent: Any) -> list[XmlElement]:
    out = [child for child in parent.children if isinstance(child, XmlElement)]
    return [each for child in out for each in [child, *elements(child)]]


@many
@given(documents(), st.data(), st.integers(0, 2**32))
def test_what_the_editor_does_step_by_step_is_admitted(
    tree: Node, data: st.DataObject, seed: int
) -> None:
    """Typing, marks on and off, attributes again and again, blocks put in and taken out."""
    assume(depth_of(tree) <= MAX_DEPTH)
    dice, server, person = random.Random(seed), Server(), Person()
    for block in tree.content:
        insert_node(person.body, len(person.body.children), block)
    for _ in range(12):
        act = dice.choice(["type", "erase", "format", "attribute", "remove", "put"])
        found: list[Any] = texts(person.body) if act in ("type", "erase", "format") else []
        if act in ("attribute", "remove"):
            found = elements(person.body)
        if not found and act != "put":
            continue
        chosen: Any = dice.choice(found) if found else None
        plain = "" if not isinstance(chosen, XmlText) else _plain(chosen)
        start, end = sorted(len(plain[: dice.randint(0, len(plain))].encode()) for _ in "ab")
        match act:
            case "type":
                chosen.insert(start, data.draw(st.text(min_size=1, max_size=5)))
            case "erase" if end > start:
                del chosen[start:end]
            case "format" if end > start:
                name = data.draw(st.sampled_from(sorted(MARKS)))
                value = data.draw(
                    st.none() | st.fixed_dictionaries({each: VALUES[each] for each in MARKS[name]})
                )
                marks = {name: None} if value is None else mark_attributes([Mark(name, value)])
                chosen.format(start, end, marks)
            case "attribute" if NODES[str(chosen.tag)].attrs:
                name = data.draw(st.sampled_from(sorted(NODES[str(chosen.tag)].attrs)))
                chosen.attributes[name] = data.draw(VALUES[name])
            case "remove":
                if len(chosen.children):
                    del chosen.children[dice.randrange(len(chosen.children))]
            case "put":
                made = data.draw(st.composite(lambda draw: blocks(draw, 6))())
                insert_node(person.body, dice.randint(0, len(person.body.children)), made[0])
    for update in person.sent:
        server.take(update)
    server.read()
    Server().take(merge(person.sent))


def _plain(text: XmlText) -> str:
    return "".join(part for part, _ in text.diff() if isinstance(part, str))
