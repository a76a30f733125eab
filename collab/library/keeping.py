"""Blocks that one side of a draft removed while the other wrote in them: a merge puts them back.

Yjs undeletes nothing, and what is written in a deleted element is shown nowhere. So the block is
put in anew where it stood, as the side has it that wrote in it. See docs/drafts.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping

from collab.crdt.patch import patch_document
from collab.crdt.tracked import Element, track
from collab.crdt.update import Id
from collab.richtext.schema import joined, normalise
from collab.richtext.tree import Node
from collab.types import ClientId, Update


def keeping_update(merged: Update, kept: Mapping[Id, Node], client_id: ClientId) -> Update | None:
    """Return the update that puts blocks back where they stood; None: it needs none.

    Args:
        merged: the state that a merge makes, its deleted text kept.
        kept: the blocks, by the ids of the elements that are deleted in it.
        client_id: who puts them in; fresh.
    """
    if not kept:
        return None
    content = tuple(_children(track(merged), kept))
    return patch_document(merged, normalise(Node("doc", content=content)), client_id)


def fresh_client() -> ClientId:
    """Draw a client id, as Yjs does."""
    return ClientId(secrets.randbits(32))


def _children(parent: Element, kept: Mapping[Id, Node]) -> Iterator[Node]:
    """Yield what is in an element; of what is deleted, only the blocks that are kept."""
    for child in parent.children:
        if not isinstance(child, Element):
            if not child.is_deleted:
                yield Node("text", text=child.text, marks=child.marks)
        elif child.id is not None and child.id in kept:
            yield kept[child.id]
        elif child.is_deleted:
            # What it stood in is gone: the block stands where that was.
            yield from _children(child, kept)
        else:
            yield Node(child.type, child.attrs, joined(_children(child, kept)))
