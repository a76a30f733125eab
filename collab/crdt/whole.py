"""A document with all that is in it: the rich text, and other roots as blocks behind it.

Each other root is a heading with its name and a block of code: text as it is, all else as JSON.
These blocks are shown and never written: what comes back with them unchanged changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pycrdt import Doc

from collab.crdt.containment import contained
from collab.crdt.index import BODY
from collab.crdt.reader import body_of, read_updates, read_with
from collab.crdt.roots import read_roots, without_bookkeeping
from collab.richtext.tree import Json, Node
from collab.types import Update


def read_whole(updates: Sequence[Update]) -> Node:
    """Return all that is in the document that ``updates`` make.

    Raises:
        CrdtFailure: none of the updates can be applied.
    """
    return read_with(updates, _whole)


def read_shown(state: Update, wanted: str) -> Node:
    """Return what a format shows of a document: Yjs has a place of its own for other roots."""
    return read_updates([state]) if wanted == "yjs" else read_whole([state])


def _whole(doc: Doc[Any]) -> Node:
    body = body_of(doc)
    if not _has_roots(doc):
        return body
    roots = read_roots(Update(doc.get_update()))
    return Node("doc", body.attrs, (*body.content, *blocks_of(roots)))


def has_roots(*states: Update) -> bool:
    """Return whether a document in one of these states has, or had, another root."""

    def look() -> bool:
        doc: Doc[Any] = Doc()
        for state in states:
            doc.apply_update(state)
        return _has_roots(doc)

    return contained(look)


def _has_roots(doc: Doc[Any]) -> bool:
    # Few documents have another root, and to read one takes longer than the body.
    return any(name != BODY for name in doc.keys())  # noqa: SIM118  # pycrdt's are no dicts


def blocks_of(roots: Mapping[str, Json]) -> Iterator[Node]:
    """Yield the blocks that show other roots, by name."""
    for name, value in sorted(without_bookkeeping(roots).items()):
        title = (Node("text", text=name),) if name else ()
        yield Node("heading", {"level": 2}, title)
        is_text = isinstance(value, str)
        text = str(value) if is_text else json.dumps(value, ensure_ascii=False, indent=1)
        content = (Node("text", text=text),) if text else ()
        yield Node("codeBlock", {"language": None if is_text else "json"}, content)
