"""A document's first blocks as a small picture of its page, in HTML. Pure.

The HTML is made by ``richtext`` out of the tree, all text escaped, and then cleaned once more by
nh3: no links (a card is one already), no pictures but the document's own files.
"""

from __future__ import annotations

from dataclasses import replace

import nh3

from collab.richtext.html import to_html
from collab.richtext.schema import normalise
from collab.richtext.tree import Node

MAX_BLOCKS = 14
MAX_CHARS = 900
_TAGS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("strong", "em", "u", "s", "mark", "sub", "sup", "br", "hr", "img"),
    *("table", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"li": {"data-checked"}, "ul": {"data-type"}, "img": {"src"}}


def preview_of(document: Node) -> str:
    """Return the first blocks of ``document`` as HTML that is safe to show."""
    left = MAX_CHARS
    blocks = []
    for block in document.content[:MAX_BLOCKS]:
        cut, left = _cut(block, left)
        blocks.append(cut)
        if left <= 0:
            break
    html = to_html(normalise(Node("doc", content=tuple(blocks))))
    return nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, attribute_filter=_own_pictures, link_rel=None
    )


def _cut(node: Node, left: int) -> tuple[Node, int]:
    """Return the beginning of ``node``, ``left`` characters at most, and how many are left then."""
    if node.type == "text":
        return replace(node, text=node.text[: max(left, 1)]), left - len(node.text)
    content = []
    for child in node.content:
        if left <= 0:
            break
        cut, left = _cut(child, left)
        content.append(cut)
    return replace(node, content=tuple(content)), left


def _own_pictures(tag: str, attribute: str, value: str) -> str | None:
    # A picture from elsewhere would tell a stranger each time that somebody looks at their list.
    if attribute == "src" and not value.startswith(("/d/", "/static/")):
        return None
    return value
