"""A document out of HTML, as browsers parse it; what is not text is cleaned away first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
import nh3

from collab.richtext.errors import FormatError, gettext_noop
from collab.richtext.footnotes import FOOTNOTE, take_footnotes
from collab.richtext.schema import INLINE, MAX_SPAN, normalise
from collab.richtext.tree import Json, Mark, Node
from collab.richtext.urls import safe_image, safe_link

#: Deeper HTML is refused: no writing has it, and every level costs a stack frame.
MAX_HTML_DEPTH = 200
_TOO_DEEP = gettext_noop("The HTML is nested deeper than %(most)d levels.")
_MARKS = {
    "strong": "bold",
    "b": "bold",
    "em": "italic",
    "i": "italic",
    "cite": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strike",
    "del": "strike",
    "strike": "strike",
    "mark": "highlight",
    "sub": "subscript",
    "sup": "superscript",
    "code": "code",
    "kbd": "code",
    "samp": "code",
    "tt": "code",
}
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
#: A control that forms had: GFM's task lists are written with it.
_MATH_TAGS = set(
    "math semantics annotation mrow mi mo mn ms mtext mspace msup msub msubsup mover munder "  # noqa: SIM905  # a list of forty lines says no more
    "munderover mfrac msqrt mroot mtable mtr mtd mstyle mpadded mphantom menclose".split()
)
_TAGS = (
    nh3.ALLOWED_TAGS
    | {"input", "main", "form", "fieldset", "label", "u", "section", "tt"}
    | _MATH_TAGS
)
#: What is read and never written: `style` for its alignment, ids for footnotes.
_ATTRIBUTES = {
    "*": {"data-type", "data-checked", "data-kind", "data-latex", "class", "id", "role", "style"},
    "a": {"href"},
    "annotation": {"encoding"},
    "img": {"src", "alt", "title", "width"},
    "math": {"display"},
    "span": {"data-color"},
    "input": {"type", "checked"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan", "data-colwidth"},
    "th": {"colspan", "rowspan", "data-colwidth"},
}
_ALIGNED = re.compile(r"(?:^|;)\s*text-align\s*:\s*(center|right|justify)\b")
_SPACE = re.compile(r"[ \t\n\f\r]+")


def from_html(source: str) -> Node:
    """Return the document that ``source``, a fragment or a page, shows.

    Raises:
        FormatError: it is nested deeper than MAX_HTML_DEPTH.
    """
    clean = nh3.clean(
        source,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
        clean_content_tags={"script", "style", "title"},
    )
    root = html5lib.parseFragment(clean, treebuilder="etree", namespaceHTMLElements=False)
    _check_depth(root)
    take_footnotes(root)
    return normalise(Node("doc", content=tuple(_children(root, ()))))


def _check_depth(root: Element) -> None:
    level = [root]
    for _ in range(MAX_HTML_DEPTH):
        level = [child for node in level for child in node]
        if not level:
            return
    raise FormatError(_TOO_DEEP, most=MAX_HTML_DEPTH)


def _blank(text: str) -> str:
    return _SPACE.sub(" ", text)


def _children(element: Element, marks: tuple[Mark, ...]) -> Iterator[Node]:
    """Yield what is in ``element``: only runs of text, or only blocks; spaces trimmed."""
    pieces = list(_pieces(element, marks))
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


def _pieces(element: Element, marks: tuple[Mark, ...]) -> Iterator[Node]:
    if element.text:
        yield Node("text", text=_blank(element.text), marks=marks)
    for child in element:
        yield from _element(child, marks)
        if child.tail:
            yield Node("text", text=_blank(child.tail), marks=marks)


def _element(element: Element, marks: tuple[Mark, ...]) -> Iterator[Node]:
    tag = str(element.tag)
    if known := _named(element):
        yield from known
    elif element.tag == FOOTNOTE:
        yield Node("footnote", content=tuple(_children(element, ())))
    elif mark := _mark(element, tag):
        if mark.type not in (each.type for each in marks):
            marks = (*marks, mark)
        yield from _pieces(element, marks)
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
        yield _item_or_list(element, tag, marks)
    elif tag in _BLOCKS or re.fullmatch("h[1-6]", tag):
        yield _block(element, tag, marks)
    elif tag in _BREAKS:
        yield Node("break")
        yield from _children(element, marks)
        yield Node("break")
    elif tag != "input":
        yield from _pieces(element, marks)


def _named(element: Element) -> tuple[Node, ...]:
    """Return the node that the element's ``data-type`` names, or that is written as MathML."""
    latex = element.get("data-latex")
    match element.get("data-type"):
        case "inline-math" if latex is not None:
            return (Node("inlineMath", {"latex": latex}),)
        case "block-math" if latex is not None:
            return (Node("blockMath", {"latex": latex}),)
        case "footnote":
            return (Node("footnote", content=tuple(_children(element, ()))),)
        case "callout":
            kind = {"kind": element.get("data-kind")}
            return (Node("callout", kind, tuple(_children(element, ()))),)
    if str(element.tag).rpartition("}")[2] == "math":
        return _mathml(element)
    return ()


def _mathml(element: Element) -> tuple[Node, ...]:
    """Return a formula that carries its LaTeX; of any other, what it says in letters."""
    kind = "blockMath" if element.get("display") == "block" else "inlineMath"
    for inner in element.iter():
        if str(inner.tag).endswith("annotation") and "tex" in (inner.get("encoding") or ""):
            return (Node(kind, {"latex": (inner.text or "").strip()}),)
    text = _blank("".join(element.itertext())).strip()
    return (Node("text", text=text),) if text else ()


def _figure(element: Element) -> Node | None:
    """Return an image with its caption; None for a figure of anything else."""
    images = list(element.iter("img"))
    found = tuple(_image(images[0])) if len(images) == 1 else ()
    words = _blank(" ".join("".join(each.itertext()) for each in element.iter("figcaption")))
    whole = _blank("".join(element.itertext()))
    if not found or whole.strip() != words.strip():
        return None
    return Node("image", {**found[0].attrs, "caption": words.strip() or None})


def _details(element: Element) -> Node:
    rest = Element("div")
    rest.text = element.text
    summary: tuple[Node, ...] = ()
    for child in element:
        if child.tag == "summary" and not summary:
            summary = tuple(_children(child, ()))
        else:
            rest.append(child)
    hidden = Node("detailsContent", content=tuple(_children(rest, ())))
    return Node("details", content=(Node("detailsSummary", content=summary), hidden))


def _mark(element: Element, tag: str) -> Mark | None:
    if tag == "span" and element.get("data-color"):
        return Mark("textColor", {"color": element.get("data-color")})
    if tag == "a":
        href = safe_link(element.get("href"))
        return Mark("link", {"href": href}) if href else None
    return Mark(_MARKS[tag]) if tag in _MARKS else None


def _image(element: Element) -> Iterator[Node]:
    source = safe_image(element.get("src"))
    if source:
        width = _number(element.get("width"), 0)
        rest = {"alt": element.get("alt"), "title": element.get("title"), "width": width or None}
        yield Node("image", {"src": source, **rest})


def _code_block(element: Element) -> Node:
    text = "".join(element.itertext())
    language: Json = None
    for each in (element, *element):
        for name in (each.get("class") or "").split():
            if name.startswith("language-") and len(name) > len("language-"):
                language = name.removeprefix("language-")
    content = (Node("text", text=text),) if text else ()
    return Node("codeBlock", {"language": language}, content)


def _item_or_list(element: Element, tag: str, marks: tuple[Mark, ...]) -> Node:
    content = tuple(_children(element, marks))
    if tag == "ul":
        items = [child for child in content if child.type == "taskItem"]
        is_task = element.get("data-type") == "taskList" or len(items) == len(content) > 0
        return Node("taskList" if is_task else "bulletList", content=_items(content, is_task))
    box = _checkbox(element)
    if element.get("data-type") == "taskItem":
        return Node("taskItem", {"checked": element.get("data-checked") == "true"}, content)
    if box is not None:
        return Node("taskItem", {"checked": box.get("checked") is not None}, content)
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


def _checkbox(element: Element) -> Element | None:
    """Return the check box that begins an item, as GFM and Tiptap write it."""
    for child in element:
        if child.tag == "input" and child.get("type") == "checkbox":
            return child
        if child.tag in ("p", "label") and not (element.text or "").strip():
            return _checkbox(child)
        return None
    return None


def _block(element: Element, tag: str, marks: tuple[Mark, ...]) -> Node:
    content = tuple(_children(element, marks))
    alignment = _ALIGNED.search(element.get("style") or "")
    aligned: dict[str, Json] = {"textAlign": alignment[1]} if alignment else {}
    if tag not in _BLOCKS:
        return Node("heading", {"level": int(tag[1]), **aligned}, content)
    attrs: dict[str, Json] = {}
    if tag == "p":
        attrs = aligned
    elif tag == "ol":
        attrs = {"start": _number(element.get("start"), 1), "type": element.get("type")}
    elif tag in ("td", "th"):
        for name in ("colspan", "rowspan"):
            attrs[name] = min(max(_number(element.get(name), 1), 1), MAX_SPAN)
        widths = [_number(each, 0) for each in (element.get("data-colwidth") or "").split(",")]
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
