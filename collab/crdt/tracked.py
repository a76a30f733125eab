"""A document whose every piece of text knows its Yjs ids: what attribution and diff stand on.

The tree is the one that ``reader.py`` reads with pycrdt; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from collab.crdt.contents import read_contents
from collab.crdt.order import Item, Order
from collab.crdt.reader import RUN, mark_of, plain_attrs
from collab.crdt.update import ANY, FORMAT, STRING, TYPE, XML_ELEMENT, XML_TEXT, Id
from collab.richtext.schema import INLINE, joined, sorted_marks
from collab.richtext.tree import Json, Mark, Node
from collab.types import Update

#: The place of a node: of its child, of that one's child, and so on.
Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of one client, of consecutive ids, under the same marks."""

    id: Id
    #: UTF-16 units, which are Yjs's elements.
    length: int
    text: str
    marks: tuple[Mark, ...] = ()
    #: Of each mark that is on or was taken off here, the item that did it.
    formats: Mapping[str, Id] = field(default_factory=dict)
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """A node of the tree with what is in it; deleted children are among them."""

    id: Id | None
    type: str
    attrs: Mapping[str, Json]
    #: Of each attribute, the item that set it.
    attr_ids: Mapping[str, Id]
    children: tuple[Element | Piece, ...]
    is_deleted: bool = False

    def node(self) -> Node:
        """Return the rich text without what is deleted."""
        content: list[Node] = []
        for child in self.children:
            if child.is_deleted:
                continue
            if isinstance(child, Element):
                content.append(child.node())
            else:
                content.append(Node("text", text=child.text, marks=child.marks))
        return Node(self.type, self.attrs, joined(content))

    @property
    def holds_text(self) -> bool:
        """Whether its children are text and inline nodes, and not blocks."""
        return any(
            isinstance(child, Piece) or child.type in INLINE
            for child in self.children
            if not child.is_deleted
        )

    def text_blocks(self, path: Path = ()) -> Iterator[tuple[Path, Element]]:
        """Yield the blocks that hold text; its path leads to each from child to child."""
        if self.holds_text:
            yield path, self
            return
        place = 0
        for child in self.children:
            if isinstance(child, Element) and not child.is_deleted:
                yield from child.text_blocks((*path, place))
                place += 1


def track(state: Update) -> Element:
    """Return the document in a state that keeps deleted text.

    Raises:
        UpdateError: the state is none that the gate has let in.
    """
    return tree_of(Order(*read_contents(state)))


def tree_of(order: Order) -> Element:
    """Return the document whose elements stand in this order."""
    return Element(None, "doc", {}, {}, _children(order, "default", is_deleted=False))


def wrapped(root: Element) -> Element:
    """Return the document with text that stands in no block put in paragraphs, as editors do."""
    out: list[Element | Piece] = []
    loose: list[Element | Piece] = []
    for child in (*root.children, None):
        if child is not None and (isinstance(child, Piece) or child.type in INLINE):
            loose.append(child)
            continue
        if any(not each.is_deleted for each in loose):
            out.append(Element(None, "paragraph", {}, {}, tuple(loose)))
        else:
            out += loose
        loose = []
        if child is not None:
            out.append(child)
    return replace(root, children=tuple(out))


def _children(order: Order, parent: str | Id, *, is_deleted: bool) -> tuple[Element | Piece, ...]:
    out: list[Element | Piece] = []
    for item in order.list_of(parent):
        if item.ref != TYPE:
            continue
        is_gone = is_deleted or item.is_deleted
        kind, name = item.value
        if kind == XML_TEXT:
            out += _pieces(order, item.id, is_deleted=is_gone)
        elif kind == XML_ELEMENT:
            attrs, attr_ids = _attributes(order, item.id)
            children = _children(order, item.id, is_deleted=is_gone)
            if name == RUN:
                out += children
            else:
                out.append(Element(item.id, name, attrs, attr_ids, children, is_gone))
    return tuple(out)


def _attributes(order: Order, parent: Id) -> tuple[dict[str, Json], dict[str, Id]]:
    attrs: dict[str, Json] = {}
    ids: dict[str, Id] = {}
    for name, item in order.map_of(parent):
        if name == "ychange":
            continue
        ids[name] = item.id
        if item.ref == ANY and not item.is_deleted:
            attrs.update(plain_attrs([(name, item.value[-1])]))
    return attrs, ids


def _pieces(order: Order, parent: Id, *, is_deleted: bool) -> Iterator[Piece]:
    values: dict[str, Any] = {}
    setters: dict[str, Id] = {}
    marks: tuple[Mark, ...] = ()
    formats: Mapping[str, Id] = {}
    for item in order.list_of(parent):
        if item.ref == FORMAT and not item.is_deleted:
            name, value = item.value
            if name == "ychange":
                continue
            setters[name] = item.id
            if value is None:
                values.pop(name, None)
            else:
                values[name] = value
            marks = sorted_marks(mark_of(each, found) for each, found in values.items())
            formats = dict(setters)
        elif item.ref == STRING:
            yield _piece(item, marks, formats, is_deleted=is_deleted or item.is_deleted)


def _piece(
    item: Item, marks: tuple[Mark, ...], formats: Mapping[str, Id], *, is_deleted: bool
) -> Piece:
    return Piece(item.id, item.length, item.value, marks, formats, is_deleted)


def deleted_text(children: Sequence[Element | Piece]) -> Iterator[Piece]:
    """Yield the deleted pieces in and below ``children``, in order."""
    for child in children:
        if isinstance(child, Element):
            yield from deleted_text(child.children)
        elif child.is_deleted:
            yield child
