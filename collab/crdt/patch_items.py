"""Both sides of a patch, what is stored and what is wanted, as values that can be compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from pycrdt import XmlElement, XmlFragment, XmlText

from collab.crdt.patch_text import bag_of, likeness, stored_runs
from collab.crdt.reader import element_attrs, plain_value
from collab.richtext.schema import NODES, joined, sorted_marks
from collab.richtext.segments import words
from collab.richtext.tree import Json, Mark, Node


class Numbers:
    """A number for all that is equal: to compare two subtrees is to compare two numbers."""

    def __init__(self) -> None:
        self._known: dict[object, int] = {}

    def of(self, *parts: object) -> int:
        """Return the number of what these parts make."""
        return self._known.setdefault(parts, len(self._known))


@dataclass(slots=True)
class Item:
    """A child of a block: an element, or (no tag) a stretch of text."""

    tag: str
    number: int = 0
    attrs: dict[str, Json] = field(default_factory=dict)
    children: list[Item] = field(default_factory=list)
    runs: tuple[Node, ...] = ()
    #: What it is in the Yjs tree, if it is there. Neighbouring texts count as one.
    element: XmlElement | None = None
    texts: list[XmlText] = field(default_factory=list)
    #: What it is in the rich-text tree, if it is to be written.
    node: Node | None = None
    known_bag: Counter[str] | None = None

    @property
    def width(self) -> int:
        """How many children of its parent it is."""
        return 1 if self.element is not None else len(self.texts)

    @property
    def has_words(self) -> bool:
        """Whether there is any, at any depth."""
        return any(not run.text.isspace() for run in self.runs) or any(
            child.has_words for child in self.children
        )

    @property
    def bag(self) -> Counter[str]:
        """The words in it, at any depth."""
        if self.known_bag is None:
            self.known_bag = bag_of(words("".join(run.text for run in self.runs)))
            for child in self.children:
                # Not "+=", which looks at all that is in the bag each time.
                self.known_bag.update(child.bag)
        return self.known_bag


def stored_items(parent: XmlFragment | XmlElement, numbers: Numbers) -> list[Item]:
    """Return what is in ``parent`` now."""
    out: list[Item] = []
    for child in parent.children:
        if isinstance(child, XmlText):
            if not (out and out[-1].texts):
                out.append(Item(""))
            out[-1].texts.append(child)
        elif isinstance(child, XmlElement):
            item = Item(child.tag or "", element=child)
            item.attrs = _said(item.tag, element_attrs(child))
            item.children = stored_items(child, numbers)
            _count_element(item, numbers)
            out.append(item)
    for item in out:
        if item.texts:
            item.runs = _tidy([run.node() for run in stored_runs(item.texts)])
            _count_text(item, numbers)
    return out


def wanted_items(parent: Node, numbers: Numbers) -> list[Item]:
    """Return what shall be in ``parent``."""
    out: list[Item] = []
    for is_text, group in groupby(parent.content, key=lambda node: node.type == "text"):
        if is_text:
            runs = _tidy(group)
            if runs:
                out.append(Item("", runs=runs))
                _count_text(out[-1], numbers)
            continue
        for node in group:
            item = Item(node.type, attrs=_said(node.type, node.attrs), node=node)
            item.children = wanted_items(node, numbers)
            _count_element(item, numbers)
            out.append(item)
    return out


def _said(tag: str, attrs: Mapping[str, Json]) -> dict[str, Json]:
    """Return attributes with the schema's defaults, and without those that are null."""
    known = NODES[tag].attrs if tag in NODES else {}
    filled = {**known, **{name: plain_value(value) for name, value in attrs.items()}}
    return {name: value for name, value in filled.items() if value is not None}


def _tidy(runs: Iterable[Node]) -> tuple[Node, ...]:
    return joined(
        Node(
            "text",
            text=run.text,
            marks=sorted_marks(
                Mark(mark.type, {k: v for k, v in mark.attrs.items() if v is not None})
                for mark in run.marks
            ),
        )
        for run in runs
    )


def _count_text(item: Item, numbers: Numbers) -> None:
    runs = (
        (run.text, tuple((mark.type, canonical(mark.attrs)) for mark in run.marks))
        for run in item.runs
    )
    item.number = numbers.of("", *runs)


def _count_element(item: Item, numbers: Numbers) -> None:
    # A text without words, which a block keeps for those who will write in it, does not count.
    inner = tuple(child.number for child in item.children if child.tag or child.runs)
    item.number = numbers.of(item.tag, canonical(item.attrs), inner)


def canonical(value: Any) -> str:
    """Return a value as JSON, the same for the same."""
    return json.dumps(plain_value(value), sort_keys=True, ensure_ascii=False)


def item_likeness(old: Item, new: Item) -> float:
    """Return how alike two items are; 0: they are not to be paired."""
    # Even blocks that share no word are paired: what somebody writes there now is kept then.
    return 0.01 + likeness(old.bag, new.bag) if old.tag == new.tag else 0.0
