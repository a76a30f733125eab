"""A document out of HTML: the tree of ``html_tree.py`` as blocks and runs of the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collab.richtext.footnotes import FOOTNOTE, take_footnotes
from collab.richtext.html_tree import Run, Tag, html_tree
from collab.richtext.schema import INLINE, MAX_SPAN, normalise
from collab.richtext.tree import Json, Node
from collab.richtext.urls import safe_image

_BLOCKS = {
    "p": "paragraph",
    "dt": "paragraph",
    "figcaption": "paragraph",
    "caption": "paragraph",
    "blockquote": "blockquote",
    "ol": "orderedList",
    "table": "table",
    "tr": "tableRow",
    "td": "tableCell",
    "th": "tableHeader",
}
#: What ends a paragraph without being a block of the schema.
_BREAKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "dd",
        "div",
        "dl",
        "fieldset",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "section",
        "summary",
        "tbody",
        "tfoot",
        "thead",
        "ul",
    ]
)
_ALIGNED = re.compile(r"(?:^|;)\s*text-align\s*:\s*(center|right|justify)\b")
_SPACE = re.compile(r"[ \t\n\f\r]+")


def from_html(source: str) -> Node:
    """Return the document that ``source``, a fragment or a page, shows.

    Raises:
        FormatError: it is nested too deep, or has too many parts.
    """
    root = html_tree(source)
    take_footnotes(root)
    return normalise(Node("doc", content=tuple(_children(root))))


def _blank(text: str) -> str:
    return _SPACE.sub(" ", text)


def _children(element: Tag) -> Iterator[Node]:
    """Yield what is in ``element``: only runs of text, or only blocks; spaces trimmed."""
    pieces = list(_pieces(element))
    if all(piece.type in INLINE for piece in pieces):
        yield from _trimmed(pieces)
        return
    runs: list[Node] = []
    for piece in [*pieces, Node("break")]:
        if piece.type in INLINE:
            runs.append(piece)
            continue
        if text := tuple(_trimmed(runs)):
            yield Node("paragraph", content=text)
        runs = []
        if piece.type != "break":
            yield piece


def _pieces(element: Tag) -> Iterator[Node]:
    for child in element.children:
        if isinstance(child, Run):
            yield Node("text", text=_blank(child.text), marks=child.marks)
        else:
            yield from _element(child)


def _element(element: Tag) -> Iterator[Node]:
    tag = element.name
    if known := _named(element):
        yield from known
    elif tag == FOOTNOTE:
        yield Node("footnote", content=tuple(_children(element)))
    elif tag == "br":
        yield Node("hardBreak")
    elif tag == "hr":
        yield Node("horizontalRule")
    elif tag == "img":
        yield from _image(element)
    elif tag == "figure" and (figure := _figure(element)):
        yield figure
    elif tag == "details":
        yield _details(element)
    elif tag == "pre":
        yield _code_block(element)
    elif tag in ("ul", "li"):
        yield _item_or_list(element, tag)
    elif tag in _BLOCKS or re.fullmatch("h[1-6]", tag):
        yield _block(element, tag)
    elif tag in _BREAKS:
        yield Node("break")
        yield from _children(element)
        yield Node("break")
    elif tag != "input":
        yield from _pieces(element)


def _named(element: Tag) -> tuple[Node, ...]:
    """Return the node that the element's ``data-type`` names, or that is written as MathML."""
    latex = element.attrs.get("data-latex")
    match element.attrs.get("data-type"):
        case "inline-math" if latex is not None:
            return (Node("inlineMath", {"latex": latex}),)
        case "block-math" if latex is not None:
            return (Node("blockMath", {"latex": latex}),)
        case "footnote":
            return (Node("footnote", content=tuple(_children(element))),)
        case "callout":
            kind = {"kind": element.attrs.get("data-kind")}
            return (Node("callout", kind, tuple(_children(element))),)
    if element.name == "math":
        return _mathml(element)
    return ()


def _mathml(element: Tag) -> tuple[Node, ...]:
    """Return a formula that carries its LaTeX; of any other, what it says in letters."""
    kind = "blockMath" if element.attrs.get("display") == "block" else "inlineMath"
    for inner in element.walk():
        if inner.name == "annotation" and "tex" in inner.attrs.get("encoding", ""):
            return (Node(kind, {"latex": inner.text.strip()}),)
    text = _blank(element.text).strip()
    return (Node("text", text=text),) if text else ()


def _figure(element: Tag) -> Node | None:
    """Return an image with its caption; None for a figure of anything else."""
    images = [each for each in element.walk() if each.name == "img"]
    found = tuple(_image(images[0])) if len(images) == 1 else ()
    words = _blank(" ".join(each.text for each in element.walk() if each.name == "figcaption"))
    whole = _blank(element.text)
    if not found or whole.strip() != words.strip():
        return None
    return Node("image", {**found[0].attrs, "caption": words.strip() or None})


def _details(element: Tag) -> Node:
    rest = Tag("div")
    summary: tuple[Node, ...] = ()
    for child in element.children:
        if isinstance(child, Tag) and child.name == "summary" and not summary:
            summary = tuple(_children(child))
        else:
            rest.children.append(child)
    hidden = Node("detailsContent", content=tuple(_children(rest)))
    return Node("details", content=(Node("detailsSummary", content=summary), hidden))


def _image(element: Tag) -> Iterator[Node]:
    source = safe_image(element.attrs.get("src"))
    if source:
        width = _number(element.attrs.get("width"), 0)
        rest = {
            "alt": element.attrs.get("alt"),
            "title": element.attrs.get("title"),
            "width": width or None,
        }
        yield Node("image", {"src": source, **rest})


def _code_block(element: Tag) -> Node:
    text = element.text
    language: Json = None
    for name in element.attrs.get("class", "").split():
        if name.startswith("language-") and len(name) > len("language-"):
            language = name.removeprefix("language-")
    content = (Node("text", text=text),) if text else ()
    return Node("codeBlock", {"language": language}, content)


def _item_or_list(element: Tag, tag: str) -> Node:
    content = tuple(_children(element))
    if tag == "ul":
        items = [child for child in content if child.type == "taskItem"]
        is_task = element.attrs.get("data-type") == "taskList" or len(items) == len(content) > 0
        return Node("taskList" if is_task else "bulletList", content=_items(content, is_task))
    box = _checkbox(element)
    if element.attrs.get("data-type") == "taskItem":
        return Node("taskItem", {"checked": element.attrs.get("data-checked") == "true"}, content)
    if box is not None:
        return Node("taskItem", {"checked": box.attrs.get("checked") is not None}, content)
    return Node("listItem", content=content)


def _items(content: tuple[Node, ...], is_task: bool) -> tuple[Node, ...]:
    if is_task:
        return tuple(
            Node("taskItem", {"checked": False}, child.content)
            if child.type == "listItem"
            else child
            for child in content
        )
    return tuple(
        Node("listItem", content=child.content) if child.type == "taskItem" else child
        for child in content
    )


def _checkbox(element: Tag) -> Tag | None:
    """Return the check box that begins an item, as GFM and Tiptap write it."""
    for child in element.children:
        if isinstance(child, Run):
            if child.text.strip():
                return None
            continue
        if child.name == "input" and child.attrs.get("type") == "checkbox":
            return child
        return _checkbox(child) if child.name in ("p", "label") else None
    return None


def _block(element: Tag, tag: str) -> Node:
    content = tuple(_children(element))
    alignment = _ALIGNED.search(element.attrs.get("style") or "")
    aligned: dict[str, Json] = {"textAlign": alignment[1]} if alignment else {}
    if tag not in _BLOCKS:
        return Node("heading", {"level": int(tag[1]), **aligned}, content)
    attrs: dict[str, Json] = {}
    if tag == "p":
        attrs = aligned
    elif tag == "ol":
        attrs = {"start": _number(element.attrs.get("start"), 1), "type": element.attrs.get("type")}
    elif tag in ("td", "th"):
        for name in ("colspan", "rowspan"):
            attrs[name] = min(max(_number(element.attrs.get(name), 1), 1), MAX_SPAN)
        widths = [
            _number(each, 0) for each in (element.attrs.get("data-colwidth") or "").split(",")
        ]
        attrs["colwidth"] = list(widths) if any(widths) else None
    return Node(_BLOCKS[tag], attrs, content)


def _number(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"-?\d{1,9}", value) else default


def _trimmed(runs: list[Node]) -> Iterator[Node]:
    """Yield runs with the spaces that a browser would not show left out."""
    kept: list[Node] = []
    at_start = True
    for run in runs:
        text = run.text
        if run.type == "text" and at_start:
            text = text.lstrip(" ")
        if run.type == "hardBreak":
            if kept and kept[-1].type == "text":
                kept[-1] = Node("text", text=kept[-1].text.rstrip(" "), marks=kept[-1].marks)
            kept.append(run)
            at_start = True
        elif run.type != "text":
            kept.append(run)
            at_start = False
        elif text:
            kept.append(Node("text", text=text, marks=run.marks))
            at_start = text.endswith(" ")
    while kept and kept[-1].type == "text" and not kept[-1].text.rstrip(" "):
        kept.pop()
    if kept and kept[-1].type == "text":
        kept[-1] = Node("text", text=kept[-1].text.rstrip(" "), marks=kept[-1].marks)
    yield from (run for run in kept if run.type != "text" or run.text)
