"""What a document holds beside the rich text: root types of other Yjs programs, as JSON.

pycrdt reads a root as the type that it is asked for, and loops or raises where its content is of
another. Here it is read from the structs, whatever it is:

    text without marks            "words"
    text with marks, or embeds    {"delta": [{"insert": …, "attributes": …}, …]}
    list                          [value, …]
    map                           {key: value, …}
    XML                           {"tag": name, "attributes": {…}, "content": …}
    a list or text that has entries, too    {"entries": {…}, "content": …}
    bytes, a subdocument          {"base64": "…"}, {"subdocument": guid}

In a list that holds text and values, each stretch of text is one element. A root does not say what
it is: with types in it and nothing else it is shown as a list.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collab.crdt.contents import read_contents
from collab.crdt.index import BODY
from collab.crdt.order import Item, Order
from collab.crdt.reader import plain_value
from collab.crdt.update import (
    ANY,
    BINARY,
    DOC,
    EMBED,
    FORMAT,
    MAP,
    STRING,
    TEXT,
    TYPE,
    XML_ELEMENT,
    XML_HOOK,
    XML_TEXT,
    Id,
)
from collab.richtext.tree import Json
from collab.types import Update

#: Where a page notes the version of the schema that the rich text needs (docs/protocol.md).
SCHEMA_ROOT = "schema"
SCHEMA_KEYS = frozenset({"version"})


_XML = frozenset({XML_ELEMENT, XML_TEXT, XML_HOOK})


@dataclass(frozen=True, slots=True)
class Root:
    """What a root is, as far as its content tells."""

    name: str
    #: ``text``, ``list``, ``map`` or ``xml``.
    type: str
    #: Of a text characters and embeds; of the others elements, entries, children.
    size: int
    value: Json
    #: What is in it, also in types within, in order: first id and length.
    pieces: tuple[tuple[Id, int], ...]


def read_roots(state: Update) -> dict[str, Json]:
    """Return the roots that hold something, but for the rich text.

    Raises:
        UpdateError: the state is none that the gate has let in.
    """
    return roots_of(Order(*read_contents(state)))


def roots_of(order: Order) -> dict[str, Json]:
    """Return the roots of a document whose elements stand in this order."""
    found = {name: _value(order, name, None) for name in order.roots() if name != BODY}
    return {name: value for name, value in found.items() if value is not None}


def without_bookkeeping(roots: Mapping[str, Json]) -> dict[str, Json]:
    """Return the roots that hold what people wrote: not what the page notes for itself."""
    return {name: value for name, value in roots.items() if not _is_bookkeeping(name, value)}


def measured(order: Order) -> list[Root]:
    """Return the roots that hold something that people wrote, by name."""
    out = []
    for name, value in sorted(without_bookkeeping(roots_of(order)).items()):
        kind, size = _measure(order, name)
        if size:
            out.append(Root(name, kind, size, value, tuple(_pieces(order, name))))
    return out


def _is_bookkeeping(name: str, value: Json) -> bool:
    return name == SCHEMA_ROOT and isinstance(value, dict) and value.keys() <= SCHEMA_KEYS


def _measure(order: Order, name: str) -> tuple[str, int]:
    items = [item for item in order.list_of(name) if not item.is_deleted]
    entries = sum(not item.is_deleted for _key, item in order.map_of(name))
    if not items:
        return "map", entries
    if _is_text(items, None):
        texts = (len(item.value) if item.ref == STRING else 1 for item in items if _counts(item))
        return "text", sum(texts)
    if all(item.ref == TYPE and item.value[0] in _XML for item in items):
        return "xml", len(items)
    return "list", len(_list(order, items))


def _counts(item: Item) -> bool:
    return item.ref != FORMAT


def _pieces(order: Order, root: str) -> Iterator[tuple[Id, int]]:
    waiting: list[Item] = _living(order, root)
    while waiting:
        item = waiting.pop()
        if _counts(item):
            yield item.id, item.length
        if item.ref == TYPE:
            waiting += _living(order, item.id)


def _living(order: Order, parent: str | Id) -> list[Item]:
    """Return what is in a type: its entries, then its list, from the last to the first."""
    entries = [item for _key, item in order.map_of(parent)]
    return [i for i in (*entries, *order.list_of(parent)) if not i.is_deleted][::-1]


def _value(order: Order, parent: str | Id, kind: int | None, name: str = "") -> Json:
    """Return what is in a type; None for a root without anything."""
    items = [item for item in order.list_of(parent) if not item.is_deleted]
    entries = {key: _last(order, item) for key, item in order.map_of(parent) if not item.is_deleted}
    content = _content(order, items, kind)
    if kind in (XML_ELEMENT, XML_HOOK):
        return {"tag": name, "attributes": entries, "content": content}
    if kind is None and not items and not entries:
        return None
    if kind == MAP or (kind is None and not items):
        return entries if not items else {"entries": entries, "content": content}
    return {"entries": entries, "content": content} if entries else content


def _content(order: Order, items: Sequence[Item], kind: int | None) -> Json:
    return _text(order, items) if _is_text(items, kind) else _list(order, items)


def _is_text(items: Sequence[Item], kind: int | None) -> bool:
    return all(item.ref in (STRING, EMBED, FORMAT, TYPE) for item in items) and (
        kind in (TEXT, XML_TEXT) or any(item.ref in (STRING, EMBED, FORMAT) for item in items)
    )


def _text(order: Order, items: Sequence[Item]) -> Json:
    delta: list[dict[str, Any]] = []
    inserted: Any
    marks: dict[str, Json] = {}
    for item in items:
        if item.ref == FORMAT:
            name, value = item.value
            marks = {key: each for key, each in marks.items() if key != name}
            if value is not None:
                marks[name] = plain_value(value)
            continue
        inserted = item.value if item.ref == STRING else _element(order, item)
        last = delta[-1] if delta else None
        if (
            item.ref == STRING
            and last is not None
            and isinstance(last["insert"], str)
            and last.get("attributes", {}) == marks
        ):
            last["insert"] += inserted
        else:
            delta.append({"insert": inserted, **({"attributes": marks} if marks else {})})
    if all(isinstance(each["insert"], str) and len(each) == 1 for each in delta):
        return "".join(each["insert"] for each in delta)
    return {"delta": [*delta]}


def _list(order: Order, items: Sequence[Item]) -> list[Json]:
    out: list[Any] = []
    is_open = False
    for item in items:
        if item.ref == ANY:
            out += [plain_value(each) for each in item.value]
        elif item.ref == STRING and is_open:
            out[-1] = str(out[-1]) + item.value
        elif item.ref != FORMAT:
            out.append(_element(order, item))
        is_open = item.ref == STRING or (is_open and item.ref == FORMAT)
    return out


def _last(order: Order, item: Item) -> Json:
    # Values that one client set in a row are one struct.
    return plain_value(item.value[-1]) if item.ref == ANY else _element(order, item)


def _element(order: Order, item: Item) -> Json:
    if item.ref == TYPE:
        kind, name = item.value
        return _value(order, item.id, kind, name)
    if item.ref == BINARY:
        return {"base64": base64.b64encode(item.value).decode("ascii")}
    if item.ref == DOC:
        return {"subdocument": item.value[0]}
    return plain_value(item.value)
