"""Addresses in content: of pictures and links, changed wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Callable

from collab.richtext.tree import Mark, Node

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#: A document of a server, or a file in one: with its host or without, below a prefix or not.
DOCUMENT_ADDRESS = re.compile(
    rf"^(?:https?://[^/?#]+)?(?:/[^/?#]+)*?/d/(?P<id>{_UUID})/?(?P<rest>(?:[?#].*)?)$"
)
FILE_ADDRESS = re.compile(
    rf"^(?:https?://[^/?#]+)?(?:/[^/?#]+)*?/d/{_UUID}/files/(?P<id>{_UUID})/?$"
)


def with_addresses(node: Node, change: Callable[[str], str]) -> Node:
    """Return ``node`` with ``change`` of each address that a picture or a link in it has."""
    attrs = node.attrs
    source = attrs.get("src") if node.type == "image" else None
    if isinstance(source, str) and (new := change(source)) != source:
        attrs = {**attrs, "src": new}
    return Node(
        node.type,
        attrs,
        tuple(with_addresses(child, change) for child in node.content),
        node.text,
        tuple(_linked(mark, change) for mark in node.marks),
    )


def _linked(mark: Mark, change: Callable[[str], str]) -> Mark:
    address = mark.attrs.get("href") if mark.type == "link" else None
    if not isinstance(address, str) or (new := change(address)) == address:
        return mark
    return Mark("link", {**mark.attrs, "href": new})
