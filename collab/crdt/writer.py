"""From the rich-text tree to Yjs, in the very shape that y-prosemirror makes.

A whole document is encoded (``encode.py``); what is put into one that is there goes by pycrdt.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from pycrdt import XmlElement, XmlFragment, XmlText

from collab.crdt.doc import contained
from collab.crdt.encode import TEXT_BLOCKS, encode_blocks, mark_attributes
from collab.richtext.tree import Node
from collab.types import ClientId, Update


def document_to_update(document: Node, client_id: ClientId) -> Update:
    """Return the update that writes ``document`` into an empty Yjs document.

    Args:
        document: a ``doc`` node.
        client_id: the Yjs client that writes; 32 bits, as Yjs draws them.
    """

    return contained(lambda: encode_blocks(document.content, client_id))


def _append(parent: XmlFragment | XmlElement, nodes: Sequence[Node]) -> None:
    for is_text, group in groupby(nodes, key=lambda node: node.type == "text"):
        if is_text:
            # All neighbouring text nodes are one XmlText.
            write_runs(parent.children.append(XmlText()), list(group))
            continue
        for node in group:
            insert_node(parent, len(parent.children), node)


def insert_node(parent: XmlFragment | XmlElement, place: int, node: Node) -> None:
    """Write ``node``, which is no text, as the child of ``parent`` at ``place``."""
    # Null attributes are left out, as y-prosemirror does; the schema fills its defaults.
    attrs = {name: value for name, value in node.attrs.items() if value is not None}
    element = parent.children.insert(place, XmlElement(node.type, attrs))  # type: ignore[arg-type]
    _append(element, node.content)
    if not node.content and node.type in TEXT_BLOCKS:
        # Two people who begin to write here at once must write into one text: an editor
        # that joined two would copy one of them (yjs/y-prosemirror#108 keeps an empty one).
        element.children.append(XmlText())


def write_runs(text: XmlText, runs: Sequence[Node]) -> None:
    """Write ``runs`` into an empty text."""
    offset = 0
    for run in runs:
        # An empty dictionary says "no marks"; without it a run inherits those before it.
        text.insert(offset, run.text, mark_attributes(run.marks))
        offset += len(run.text.encode())  # yrs counts UTF-8 bytes
