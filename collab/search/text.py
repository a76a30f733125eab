"""What the search keeps of a document: its plain text, and the first blocks to be shown. Pure.

Run as a program it reads updates from its standard input and writes both: large documents are read
in a process of their own, since pycrdt holds the GIL of the one that it works in.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from collab.crdt.doc import LiveDoc
from collab.crdt.whole import read_whole
from collab.richtext.tree import Node
from collab.search.preview import preview_of
from collab.search.terms import composed
from collab.types import Update

#: Of each document so much is searched: about 300 pages.
MAX_CHARS = 600_000
#: In an address of ours, whatever stands before it: the host, or nothing.
_FILE = re.compile(r"/files/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def text_of(document: Node) -> str:
    """Return the text of ``document``, a block a line."""
    return composed("\n".join(line for line in _lines(document) if line.strip()))[:MAX_CHARS]


def _lines(node: Node) -> Iterator[str]:
    is_text_block = any(child.type in ("text", "hardBreak") for child in node.content)
    if is_text_block:
        # A note stands at a word, and is a text of its own.
        notes = [child for child in node.content if child.type == "footnote"]
        said = "".join(child.plain for child in node.content if child.type != "footnote")
        yield " ".join(said.split())
        for note in notes:
            yield " ".join(note.plain.split())
    else:
        for child in node.content:
            yield from _lines(child)
    for name in ("alt", "caption"):
        words = node.attrs.get(name)
        if isinstance(words, str):
            yield words


def files_of(document: Node) -> tuple[str, ...]:
    """Return the ids of the attachments that pictures and links in ``document`` lead to."""
    found: dict[str, None] = {}
    for node in document.walk():
        for attrs in (node.attrs, *(mark.attrs for mark in node.marks)):
            for value in attrs.values():
                if isinstance(value, str):
                    found |= dict.fromkeys(_FILE.findall(value.lower()))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Extract:
    """What is kept."""

    text: str
    preview: str
    #: The ids of the attachments that it names, each once, as they come.
    files: tuple[str, ...]


def extract(updates: list[Update]) -> Extract:
    """Return what is kept of the document that ``updates`` make.

    Raises:
        CrdtFailure: they cannot be loaded.
    """
    document = LiveDoc.load_readable(updates)
    try:
        content = read_whole([document.diff()])
    finally:
        document.close()
    return Extract(text_of(content), preview_of(content), files_of(content))


def pack(updates: list[Update]) -> bytes:
    """Return ``updates`` as the program reads them: each after its length in eight bytes."""
    return b"".join(len(update).to_bytes(8, "big") + update for update in updates)


def unpack(packed: bytes) -> list[Update]:
    """Return the updates in ``packed``."""
    updates = []
    place = 0
    while place < len(packed):
        size = int.from_bytes(packed[place : place + 8], "big")
        updates.append(Update(packed[place + 8 : place + 8 + size]))
        place += 8 + size
    return updates


if __name__ == "__main__":
    json.dump(asdict(extract(unpack(sys.stdin.buffer.read()))), sys.stdout)
