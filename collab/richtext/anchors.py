"""Anchors of headings: what ``#words`` in a link leads to, named as GitHub names them."""

from __future__ import annotations

import re
from urllib.parse import unquote

from collab.richtext.tree import Node

_LEFT_OUT = re.compile(r"[^\w\- ]")


def slug(words: str) -> str:
    """Return the name of the anchor of a heading with these words."""
    return _LEFT_OUT.sub("", " ".join(words.lower().split())).replace(" ", "-")


class Anchors:
    """The headings of a document by their anchors, and the other way round."""

    def __init__(self, document: Node) -> None:
        self._of: dict[int, str] = {}
        self._places: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        # Keeps the nodes, so that no other gets the identity of one.
        self._document = document
        for node in document.walk():
            if node.type == "heading":
                self._of[id(node)] = name = self._free(slug(node.plain) or "section")
                self._places[name] = len(self._places) + 1

    def _free(self, name: str) -> str:
        if name not in self._places:
            return name
        while True:
            self._counts[name] = number = self._counts.get(name, 0) + 1
            if f"{name}-{number}" not in self._places:
                return f"{name}-{number}"

    def of(self, heading: Node) -> str:
        """Return the anchor of a heading of the document; empty for any other node."""
        return self._of.get(id(heading), "")

    def place(self, anchor: str) -> int:
        """Return the number of the heading with the anchor, from 1."""
        return self._places[anchor]

    def resolved(self, address: str) -> str | None:
        """Return the anchor that ``#words`` means; None: the document has none of that name."""
        said = unquote(address.removeprefix("#"))
        return next((name for name in (said, slug(said)) if name in self._places), None)
