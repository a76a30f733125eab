"""From the Yjs tree to the rich-text tree, exactly.

Values that no JSON can hold (NaN, infinities, bytes) are none for everybody who reads from here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from collab.crdt.containment import CrdtFailure, contained
from collab.crdt.merge import gathered
from collab.crdt.unreadable import sifted
from collab.richtext.schema import joined, sorted_marks
from collab.richtext.tree import Json, Mark, Node
from collab.types import Update

#: y-prosemirror stores marks that may overlap themselves as ``name--`` and eight of base64.
_HASHED = re.compile(r"^(.+)--[A-Za-z0-9+/=]{8}$")
#: The type of a run of text. No element may be one: such a one is read as what is in it.
RUN = "text"
#: Beyond 2^53 a float is no exact integer.
_EXACT = 2**53


def read_document(state: Update) -> Node:
    """Return the rich text in a document's state; see ``read_updates``."""
    return read_updates([state])


def read_updates(updates: Sequence[Update]) -> Node:
    """Return the rich text that ``updates`` make.

    Nodes and marks that the schema does not know are kept as they are. The gate limits the depth of
    the Yjs tree to 64, which bounds the recursion here. What the CRDT library cannot read in a
    record is left out (``unreadable.py``).

    Raises:
        CrdtFailure: none of the updates can be applied.
    """
    return read_with(updates, body_of)


def read_with(updates: Sequence[Update], read: Callable[[Doc[Any]], Node]) -> Node:
    """Return what ``read`` makes of the document that ``updates`` make; see ``read_updates``."""
    try:
        return contained(lambda: read(_loaded(updates)))
    except CrdtFailure:
        return contained(lambda: read(_loaded(sifted(updates)[0])))


def _loaded(updates: Sequence[Update]) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    doc.get("default", type=XmlFragment)
    for update in gathered(updates):
        doc.apply_update(update)
    return doc


def body_of(doc: Doc[Any]) -> Node:
    """Return the rich text in a document."""
    body = doc.get("default", type=XmlFragment)
    with doc.transaction():
        return Node("doc", content=_children(body))


def _children(parent: XmlFragment | XmlElement) -> tuple[Node, ...]:
    out: list[Node] = []
    for child in parent.children:
        if isinstance(child, XmlText):
            out.extend(_runs(child))
        elif isinstance(child, XmlElement) and child.tag == RUN:
            out.extend(_children(child))
        elif isinstance(child, XmlElement):
            out.append(Node(child.tag or "", element_attrs(child), _children(child)))
    # Also where two texts stand side by side, as when the break between them is gone.
    return joined(out)


def element_attrs(element: XmlElement) -> dict[str, Json]:
    """Return an element's attributes as the rich-text tree has them."""
    pairs: Any = element.attributes
    return plain_attrs(pairs)


def plain_attrs(pairs: Iterable[tuple[str, Any]]) -> dict[str, Json]:
    """Return attributes by name; one whose value is no JSON is none: the schema's default holds."""
    return {
        name: plain_value(value)
        for name, value in sorted(pairs, key=itemgetter(0))
        if name != "ychange" and (value is None or is_plain(value))
    }


def _runs(text: XmlText) -> Iterator[Node]:
    for insert, attributes in text.diff():
        if isinstance(insert, str):
            yield Node("text", text=insert, marks=_marks(attributes or {}))


def _marks(attributes: dict[str, Any]) -> tuple[Mark, ...]:
    return sorted_marks(
        mark_of(name, value)
        for name, value in attributes.items()
        if value is not None and name != "ychange"
    )


def mark_of(name: str, value: Any) -> Mark:
    """Return the mark that a text's attribute stands for."""
    hashed = _HASHED.match(name)
    attrs = plain_value(value)
    return Mark(hashed[1] if hashed else name, attrs if isinstance(attrs, dict) else {})


def is_plain(value: Any) -> bool:
    """Return whether there is JSON for a value, whatever is in it."""
    return isinstance(value, bool | int | str | list | dict) or (
        isinstance(value, float) and math.isfinite(value)
    )


def plain_value(value: Any) -> Json:
    """Return a JSON value, null for what is none: yrs gives every number as a float.

    The keys of a map are sorted. Yjs gives them no order, and yrs writes them in another one at
    each turn, so that two readings of one state would differ.
    """
    match value:
        case float() if not math.isfinite(value):
            return None
        case float() if value.is_integer() and abs(value) < _EXACT:
            return int(value)
        case list():
            return [plain_value(each) for each in value]
        case dict():
            return {str(key): plain_value(value[key]) for key in sorted(value, key=str)}
        case None | bool() | int() | float() | str():
            return value
        case _:
            return None
