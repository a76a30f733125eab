"""Where the schema lets a rescued block stand, and what it must hold."""

from __future__ import annotations

from collab.crdt.rescue_items import Item
from collab.crdt.update import TYPE, XML_ELEMENT, XML_TEXT
from collab.richtext.schema import INLINE, NODES

#: Blocks that hold text.
TEXT_BLOCKS = frozenset(
    name for name, known in NODES.items() if known.content in ("inline", "text")
) - {"footnote"}
#: Blocks that hold nothing: the whole of one is like a letter.
LEAVES = frozenset(
    name
    for name, known in NODES.items()
    if known.content == "nothing" and name not in INLINE and name != "text"
)
#: What stands in others by name: rows, cells, items, summaries.
_PARTS = frozenset(part for known in NODES.values() for part in known.children)
ITEMS = frozenset({"listItem", "taskItem"})
CELLS = ("tableCell", "tableHeader")
#: Blocks in which text has no marks.
PLAIN = frozenset(name for name, known in NODES.items() if known.content == "text")
_ITEM_OF = {"bulletList": "listItem", "orderedList": "listItem", "taskList": "taskItem"}


def is_element(item: Item) -> bool:
    """Return whether an item is an element of the rich text."""
    return item.ref == TYPE and item.kind == XML_ELEMENT


def is_text(item: Item) -> bool:
    """Return whether an item is a text, which holds letters."""
    return item.ref == TYPE and item.kind == XML_TEXT


def holds_blocks(container: str) -> bool:
    """Return whether any block may stand in a container."""
    known = NODES.get(container)
    return known is not None and known.content == "blocks"


def fitting(tag: str, container: str) -> str | None:
    """Return as what a block may stand in a container; None: it may not."""
    if holds_blocks(container):
        return None if tag in _PARTS or tag in INLINE or tag == "doc" else tag
    if container in _ITEM_OF and tag in ITEMS:
        return _ITEM_OF[container]
    if container == "table" and tag == "tableRow":
        return tag
    if container == "tableRow" and tag in CELLS:
        return tag
    return None


def wrapper(container: str) -> str | None:
    """Return in what a paragraph may stand in a list; None: it is none."""
    return _ITEM_OF.get(container)
