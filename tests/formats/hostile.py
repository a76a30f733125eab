"""Strings that try to be read as a program's own syntax, and documents that hold them everywhere.

A payload is harmless and leaves a mark where it had an effect: metadata in Typst, a command in TeX,
an element or an attribute in XML and HTML, a raw element in pandoc's Markdown.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from collab.richtext.tree import Mark, Node

SCHEMA = json.loads((Path(__file__).parents[2] / "editor" / "schema.json").read_text())
#: What might end the place that a string stands in.
_ENDS = (
    "x",
    "x\n",
    "x\n```\n",
    "x\n````````\n",
    "`",
    '"',
    '\\"',
    '")',
    "'>",
    "]",
    ")",
    "}",
    "\\}",
    "$",
    "$$\n",
    "\\)",
    "\\]",
    "\\\\",
    "%\n",
    "*/",
    "-->",
    "]]>",
    "\\end{verbatim}",
    "\\end{Highlighting}",
    "\\text{",
    '\\text{"',
    '\\text{\\textbackslash"',
    "\\mathrm{",
    "\\operatorname{",
    "\\u{22}",
    "&quot;>",
    "&#34;>",
    "{=html}\n",
    "python}\n",
    "http://a/",
    'http://a/"',
    "http://a/\\",
    "http://a/)",
    "http://a/}",
    "/a.png){",
    "javascript:",
    "http://a/ ",
    "http://a/\n",
)
_WHATS = (
    '#metadata("pwned")',
    "\\pwned{1}",
    "^^5cpwned{1}",
    '<pwned onpwned="1">',
    ' onpwned="1" x="',
    "`<pwned>`{=html}",
    "{=html}",
    "{onpwned=1}",
)
PAYLOADS = tuple(end + what for end, what in product(_ENDS, _WHATS))
#: Each place is tried with every so manyth, beginning at another; 1: with all.
STEP = int(os.environ.get("HOSTILE_STEP", "5"))
#: Where a node stands that is no block of the page.
_AROUND = {
    "listItem": "bulletList",
    "taskItem": "taskList",
    "tableRow": "table",
    "tableCell": "tableRow",
    "tableHeader": "tableRow",
    "detailsSummary": "details",
    "detailsContent": "details",
    "inlineMath": "paragraph",
    "footnote": "paragraph",
    "hardBreak": "paragraph",
    "text": "paragraph",
}
_WORDS = Node("text", text="words")
_PARAGRAPH = Node("paragraph", content=(_WORDS,))


def places() -> Iterator[tuple[str, str]]:
    """Yield each node and mark of the schema with each of its attributes; ``text``: its words."""
    for name, attrs in (*SCHEMA["nodes"].items(), *SCHEMA["marks"].items()):
        yield from ((name, attribute) for attribute in attrs)
    yield from (("text", "text"), ("codeBlock", "text"), ("code", "text"), ("footnote", "text"))


def block_with(name: str, attribute: str, value: str) -> Node:
    """Return a block in which one attribute of one node or mark is ``value``."""
    if attribute == "text":
        return _block_of_words(name, value)
    if name in SCHEMA["marks"]:
        attrs = {**SCHEMA["marks"][name], attribute: value}
        run = Node("text", text="words", marks=(Mark(name, attrs),))
        return Node("paragraph", content=(run, _WORDS))
    attrs = {**SCHEMA["nodes"][name], attribute: value}
    if name == "image" and attribute != "src":
        attrs["src"] = "/own.png"
    content = {
        "paragraph": (_WORDS,),
        "heading": (_WORDS,),
        "codeBlock": (_WORDS,),
        "orderedList": (Node("listItem", content=(_PARAGRAPH,)),),
        "taskItem": (_PARAGRAPH,),
        "tableCell": (_PARAGRAPH,),
        "tableHeader": (_PARAGRAPH,),
        "callout": (_PARAGRAPH,),
    }.get(name, ())
    node = Node(name, attrs, content)
    while node.type in _AROUND:
        node = Node(_AROUND[node.type], content=(node,))
    return node


def _block_of_words(name: str, value: str) -> Node:
    text = Node("text", text=value)
    if name == "codeBlock":
        return Node("codeBlock", {"language": "python" if "Highl" in value else None}, (text,))
    if name == "code":
        marked = Node("text", text=value.replace("\n", " "), marks=(Mark("code"),))
        return Node("paragraph", content=(marked, Node("text", text="{=html}{onpwned=1}")))
    if name == "footnote":
        return Node("paragraph", content=(_WORDS, Node("footnote", content=(text,))))
    return Node("paragraph", content=(text,))


def document() -> Node:
    """Return a document that has payloads in every place."""
    return Node(
        "doc",
        content=tuple(
            block_with(*place, payload)
            for number, place in enumerate(places())
            for payload in PAYLOADS[number % STEP :: STEP]
        ),
    )
