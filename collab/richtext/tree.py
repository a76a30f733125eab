"""A rich-text document as a value: ProseMirror's tree of nodes and marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from collab.richtext.errors import FormatError, gettext_noop

_NODE_WITHOUT_TYPE = gettext_noop("This JSON is no document: a node in it has no type.")
_NODE_VALUES = gettext_noop(
    "This JSON is no document: the attrs of a node must be an object, and its text a string."
)
_NODE_LISTS = gettext_noop(
    "This JSON is no document: the content and the marks of a node must be lists."
)
_NODE_WITHOUT_TEXT = gettext_noop("This JSON is no document: a text node in it has no text.")
#: Blocks, runs of text and all between them that one document may begin with, or one edit bring: a
#: book of a thousand pages has a tenth or less. Each takes memory in every reader.
MAX_NODES = 500_000
TOO_MANY_NODES = gettext_noop(
    "The text has more than %(most)d parts: paragraphs, words in bold and the like."
)
_MARK_WITHOUT_TYPE = gettext_noop("This JSON is no document: a mark in it has no type.")
_MARK_VALUES = gettext_noop("This JSON is no document: the attrs of a mark must be an object.")

Json = None | bool | int | float | str | list[Any] | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """A property of a run of text."""

    type: str
    attrs: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """A block, an inline node, or (type ``text``) a run of text with its marks."""

    type: str
    attrs: Mapping[str, Json] = field(default_factory=dict)
    content: tuple[Node, ...] = ()
    text: str = ""
    marks: tuple[Mark, ...] = ()

    @classmethod
    def from_json(cls, value: object) -> Node:
        """Return the node in ProseMirror's JSON.

        Raises:
            FormatError: ``value`` does not have that form.
        """
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):
            raise FormatError(_NODE_WITHOUT_TYPE)
        attrs, text = value.get("attrs") or {}, value.get("text", "")
        content, marks = value.get("content") or [], value.get("marks") or []
        if not isinstance(attrs, dict) or not isinstance(text, str):
            raise FormatError(_NODE_VALUES)
        if not isinstance(content, list) or not isinstance(marks, list):
            raise FormatError(_NODE_LISTS)
        if value["type"] == "text" and not text:
            raise FormatError(_NODE_WITHOUT_TEXT)
        return cls(
            type=value["type"],
            attrs=attrs,
            content=tuple(cls.from_json(each) for each in content),
            text=text,
            marks=tuple(_mark(each) for each in marks),
        )

    def to_json(self) -> dict[str, Any]:
        """Return ProseMirror's JSON of the node; what is empty is left out."""
        out: dict[str, Any] = {"type": self.type}
        if self.attrs:
            out["attrs"] = dict(self.attrs)
        if self.content:
            out["content"] = [child.to_json() for child in self.content]
        if self.marks:
            out["marks"] = [
                {"type": m.type, **({"attrs": dict(m.attrs)} if m.attrs else {})}
                for m in self.marks
            ]
        if self.type == "text":
            out["text"] = self.text
        return out

    def walk(self) -> Iterator[Node]:
        """Yield the node and all below it, in document order."""
        yield self
        for child in self.content:
            yield from child.walk()

    @property
    def plain(self) -> str:
        """All text in the node, line breaks as newlines."""
        return "".join(_said(node) for node in self.walk())

    def has(self, mark: str) -> bool:
        """Return whether the run of text carries a mark of this type."""
        return any(each.type == mark for each in self.marks)


def _said(node: Node) -> str:
    match node.type:
        case "hardBreak":
            return "\n"
        case "inlineMath" | "blockMath":
            return str(node.attrs.get("latex") or "")
        case _:
            return node.text


def _mark(value: object) -> Mark:
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise FormatError(_MARK_WITHOUT_TYPE)
    attrs = value.get("attrs") or {}
    if not isinstance(attrs, dict):
        raise FormatError(_MARK_VALUES)
    return Mark(value["type"], attrs)
