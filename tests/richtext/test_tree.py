from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from pycrdt import Doc, XmlFragment, XmlText

from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.reader import read_document
from collab.crdt.update import decode_update
from collab.crdt.writer import document_to_update
from collab.richtext.schema import normalise
from collab.richtext.text import from_text, to_text
from collab.richtext.tree import Node
from collab.types import ClientId, Update
from tests.richtext.trees import documents


def without_nulls(node: Node) -> Node:
    attrs = {name: value for name, value in node.attrs.items() if value is not None}
    return Node(node.type, attrs, tuple(map(without_nulls, node.content)), node.text, node.marks)


@given(documents)
def test_json_comes_back(document: Node) -> None:
    """from_json is the inverse of to_json."""
    assert Node.from_json(document.to_json()) == document


@settings(deadline=None)
@given(documents)
def test_what_is_written_is_read_and_passes_the_gate(document: Node) -> None:
    """Writer, gate and reader agree, to the last mark."""
    update = document_to_update(document, ClientId(7))
    gate = Gate(GateLimits())
    for _ in gate.index(Update(b"\0\0")):
        pass
    assert isinstance(gate.check(decode_update(update)), Accepted)
    assert read_document(update) == without_nulls(document)
    assert normalise(read_document(update)) == document


@given(documents)
def test_a_normal_tree_stays_as_it_is(document: Node) -> None:
    assert normalise(document) == document


@pytest.mark.parametrize("source", ["", "one", "one\n\ntwo", "你好\n😀", " a \n"])
def test_text_comes_back(source: str) -> None:
    assert to_text(from_text(source)).removesuffix("\n") == source.removesuffix("\n")


def test_what_the_schema_does_not_know_keeps_its_text() -> None:
    strange = Node(
        "doc",
        content=(
            Node("marginalia", {"kind": "x"}, (Node("text", text="inside"),)),
            Node("listItem", content=(Node("text", text="alone"),)),
            Node("paragraph", content=(Node("text", text="a"), Node("horizontalRule"))),
        ),
    )
    normal = normalise(strange)
    assert [block.type for block in normal.content] == [
        "paragraph",
        "bulletList",
        "paragraph",
        "horizontalRule",
    ]
    assert normal.plain == "insidealonea"


@pytest.mark.parametrize("value", [1, {}, {"type": 1}, {"type": "text"}, {"type": "p", "marks": 1}])
def test_what_is_no_node_is_said(value: object) -> None:
    with pytest.raises(ValueError):
        Node.from_json(value)


@pytest.mark.parametrize("kind", ["paragraph", "heading", "codeBlock"])
def test_an_empty_text_block_is_written_with_its_text(kind: str) -> None:
    """Two who begin to write in it write into one text: editor/src/ui/ui.test.ts shows why."""
    update = document_to_update(Node("doc", content=(Node(kind),)), ClientId(7))
    doc: Doc[Any] = Doc()
    doc.apply_update(update)
    (block,) = doc.get("default", type=XmlFragment).children
    assert [type(child) for child in block.children] == [XmlText]
