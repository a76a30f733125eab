"""From the Yjs tree to the rich-text tree, exactly (research/pycrdt.md section 4)."""

from __future__ import annotations

import re
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from collab.crdt.doc import contained
from collab.richtext.schema import joined, sorted_marks
from collab.richtext.tree import Json, Mark, Node
from collab.types import Update

#: y-prosemirror stores marks that may overlap themselves as ``name--`` and eight of base64.
_HASHED = re.compile(r"^(.+)--[A-Za-z0-9+/=]{8}$")
#: Beyond 2^53 a float is no exact integer.
_EXACT = 2**53


def read_document(state: Update) -> Node:
    """Return the rich text in a document's state.

    Nodes and marks that the schema does not know are kept as they are. The gate limits the depth of
    the Yjs tree to 64, which bounds the recursion here.

    Raises:
        CrdtFailure: the state cannot be loaded.
    """

    def read() -> Node:
        doc: Doc[Any] = Doc()
        body = doc.get("default", type=XmlFragment)
        doc.apply_update(state)
        with doc.transaction():
            return Node("doc", content=_children(body))

    return contained(read)


def _children(parent: XmlFragment | XmlElement) -> tuple[Node, ...]:
    out: list[Node] = []
    for child in parent.children:
        if isinstance(child, XmlText):
            out.extend(_runs(child))
        elif isinstance(child, XmlElement):
            attrs = {name: _value(value) for name, value in child.attributes if name != "ychange"}  # type: ignore[attr-defined]
            out.append(Node(child.tag or "", attrs, _children(child)))
    return tuple(out)


def _runs(text: XmlText) -> tuple[Node, ...]:
    runs = []
    for insert, attributes in text.diff():
        if isinstance(insert, str):
            runs.append(Node("text", text=insert, marks=_marks(attributes or {})))
    return joined(runs)


def _marks(attributes: dict[str, Any]) -> tuple[Mark, ...]:
    marks = []
    for name, value in attributes.items():
        if value is None or name == "ychange":
            continue
        hashed = _HASHED.match(name)
        attrs = _value(value)
        marks.append(Mark(hashed[1] if hashed else name, attrs if isinstance(attrs, dict) else {}))
    return sorted_marks(marks)


def _value(value: Any) -> Json:
    """Return a JSON value: yrs gives every number as a float."""
    match value:
        case float() if value.is_integer() and abs(value) < _EXACT:
            return int(value)
        case list():
            return [_value(each) for each in value]
        case dict():
            return {str(key): _value(each) for key, each in value.items()}
        case None | bool() | int() | float() | str():
            return value
        case _:
            return None
