"""A document out of pandoc's tree, which it makes of DOCX and ODT; twin of ``pandoc_out.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import unquote

from collab.formats.pandoc_elements import NUMBERS, Element
from collab.formats.pandoc_out import OPEN_BOX, PAGE_PX, TICKED_BOX
from collab.formats.styles import CALLOUT_TITLE, DETAILS, SUMMARY, styled
from collab.richtext.anchors import Anchors
from collab.richtext.palette import CALLOUTS
from collab.richtext.schema import normalise
from collab.richtext.tree import Json, Mark, Node
from collab.richtext.urls import safe_link

#: Gives the address under which an image of the file was kept, None where it was not; and its own
#: width in pixels, where that is known.
KeepImage = Callable[[str], tuple[str | None, int | None]]
_MARKS = {
    "Strong": "bold",
    "Emph": "italic",
    "Underline": "underline",
    "Strikeout": "strike",
    "Subscript": "subscript",
    "Superscript": "superscript",
}
_BOXES = {OPEN_BOX: False, TICKED_BOX: True, "☑": True}
#: Names that writers give to marked text.
_MARKED = frozenset({"mark", "highlight"})
Marks = tuple[Mark, ...]
_QUOTE = "quote"
_NUMBERS = {name: kind for kind, name in NUMBERS.items()}


def from_pandoc(tree: dict[str, Any], keep_image: KeepImage) -> tuple[str, Node]:
    """Return the title and the document that ``tree`` holds.

    Raises:
        RecursionError: it is nested too deep.
    """
    reader = _Reader(keep_image)
    title = reader.runs(_meta(tree, "title"))
    document = Node("doc", content=tuple(reader.blocks(tree.get("blocks", []))))
    document = reader.relinked(document)
    return "".join(run.plain for run in title).strip(), normalise(document)


def _meta(tree: dict[str, Any], name: str) -> list[Element]:
    value = tree.get("meta", {}).get(name, {})
    content = value.get("c") if value.get("t") == "MetaInlines" else None
    return content if isinstance(content, list) else []


class _Reader:
    def __init__(self, keep_image: KeepImage) -> None:
        self._keep_image = keep_image
        #: The anchors that headings have here, by those that they have in the file.
        self._anchors: dict[str, str] = {}
        self._headings: list[Node] = []

    def relinked(self, node: Node) -> Node:
        """Return ``node`` with links to headings as they lead there; other names lead nowhere."""
        if not self._anchors:
            found = Anchors(Node("doc", content=tuple(self._headings)))
            for heading in self._headings:
                self._anchors[str(heading.attrs["id"])] = found.of(heading)
        marks = []
        for mark in node.marks:
            href = str(mark.attrs.get("href") or "")
            if not href.startswith("#"):
                marks.append(mark)
            elif anchor := self._anchors.get(unquote(href[1:])):
                marks.append(Mark("link", {"href": f"#{anchor}"}))
        content = tuple(self.relinked(child) for child in node.content)
        return Node(node.type, node.attrs, content, node.text, tuple(marks))

    def blocks(self, elements: Sequence[Element]) -> list[Node]:
        """Return blocks; neighbours of a style that says more than a paragraph are one."""
        out: list[Node] = []
        for style, group in groupby(elements, key=_group):
            inner = list(group)
            if style.startswith("callout:"):
                kind: Json = style.removeprefix("callout:")
                content = tuple(node for each in inner for node in self.blocks(each["c"][1]))
                out.append(Node("callout", {"kind": kind}, content))
            elif style == _QUOTE:
                # Word has a style for each paragraph of a quote, and nothing around them.
                content = tuple(node for each in inner for node in self.blocks(_quoted(each)))
                out.append(Node("blockquote", content=content))
            elif style == CALLOUT_TITLE:
                continue  # says the kind in words, which the callout does by itself
            elif style == DETAILS:
                out += self._details(inner)
            else:
                for element in inner:
                    out += self._block(element)
        return out

    def _details(self, elements: Sequence[Element]) -> list[Node]:
        out: list[Node] = []
        summary, hidden = Node("detailsSummary"), list[Node]()
        for element in elements:
            if _style(element) == SUMMARY:
                if hidden or summary.content:
                    out.append(_folded(summary, hidden))
                words = self.blocks(element["c"][1])
                summary = Node("detailsSummary", content=words[0].content if words else ())
                hidden = []
            else:
                hidden += self.blocks(element["c"][1])
        return [*out, _folded(summary, hidden)]

    def _block(self, element: Element) -> list[Node]:
        content = element.get("c")
        match element["t"], content:
            case (("Para" | "Plain"), list()):
                return self._paragraph(content)
            case "Header", [level, attr, inlines]:
                heading = Node("heading", {"level": level, "id": attr[0]}, (*self.runs(inlines),))
                self._headings.append(heading)
                return [heading]
            case "CodeBlock", [attr, text]:
                return [_code(attr, text)]
            case "BulletList", list():
                return [self._bullets(content)]
            case "OrderedList", [[start, style, *_], items]:
                rows = tuple(Node("listItem", content=tuple(self.blocks(each))) for each in items)
                kind = _NUMBERS.get(style["t"])
                return [Node("orderedList", {"start": start, "type": kind}, rows)]
            case "DefinitionList", list():
                return self._definitions(content)
            case "HorizontalRule", _:
                return [Node("horizontalRule")]
            case "LineBlock", list():
                lines = [self._paragraph(line) for line in content]
                return [node for line in lines for node in line]
            case "Table", [_, _, columns, head, bodies, foot]:
                return [self._table(len(columns), head, bodies, foot)]
            case "Figure", [_, caption, blocks]:
                return self._figure(caption, blocks)
            case "Div", [_, blocks]:
                return self._div(element, blocks)
        return []

    def _div(self, element: Element, blocks: Sequence[Element]) -> list[Node]:
        inner = self.blocks(blocks)
        kind, name = styled(_style(element)) or ("", "")
        if kind != "align":
            return inner
        return [
            Node(node.type, {**node.attrs, "textAlign": name}, node.content)
            if node.type in ("paragraph", "heading")
            else node
            for node in inner
        ]

    def _paragraph(self, inlines: Sequence[Element]) -> list[Node]:
        runs = list(self.runs(inlines))
        only = [run for run in runs if run.type != "text" or run.text.strip()]
        if len(only) == 1 and only[0].type == "blockMath":
            return only
        if runs and all(run.type == "image" for run in only) and only:
            return only
        # Blocks within a paragraph: normalise splits it around them.
        return [Node("paragraph", content=tuple(runs))]

    def _bullets(self, items: Sequence[Sequence[Element]]) -> Node:
        rows = [tuple(self.blocks(item)) for item in items]
        boxes = [_box(row) for row in rows]
        if rows and all(box is not None for box in boxes):
            tasks = (
                Node("taskItem", {"checked": bool(box)}, _without_box(row))
                for row, box in zip(rows, boxes, strict=True)
            )
            return Node("taskList", content=tuple(tasks))
        return Node("bulletList", content=tuple(Node("listItem", content=row) for row in rows))

    def _definitions(self, pairs: Sequence[Any]) -> list[Node]:
        out: list[Node] = []
        for term, definitions in pairs:
            out.append(Node("paragraph", content=tuple(self.runs(term, (Mark("bold"),)))))
            for definition in definitions:
                out += self.blocks(definition)
        return out

    def _figure(self, caption: Any, blocks: Sequence[Element]) -> list[Node]:
        inner = self.blocks(blocks)
        words = " ".join(node.plain for node in self.blocks(caption[1] or []))
        if len(inner) == 1 and inner[0].type == "image":
            return [Node("image", {**inner[0].attrs, "caption": words.strip() or None})]
        return [*inner, *self.blocks(caption[1] or [])]

    def _table(self, width: int, head: Any, bodies: Any, foot: Any) -> Node:
        rows = [self._row(row, width) for row in head[1]]
        for _, side, between, body in bodies:
            rows += [self._row(row, width) for row in between]
            rows += [self._row(row, side) for row in body]
        rows += [self._row(row, 0) for row in foot[1]]
        # A head of empty cells is pandoc's way to say that there is none.
        if head[1] and len(rows) > 1 and not rows[0].plain.strip():
            rows = rows[1:]
        return Node("table", content=tuple(rows))

    def _row(self, row: Any, heads: int) -> Node:
        cells = []
        column = 0
        for _, alignment, rowspan, colspan, blocks in row[1]:
            kind = "tableHeader" if column < heads else "tableCell"
            content = tuple(_aligned(node, alignment["t"]) for node in self.blocks(blocks))
            cells.append(Node(kind, {"rowspan": rowspan, "colspan": colspan}, content))
            column += colspan
        return Node("tableRow", content=tuple(cells))

    def runs(self, inlines: Sequence[Element], marks: Marks = ()) -> Iterator[Node]:
        """Yield runs of text; images and formulas on their own line stand among them."""
        for element in inlines:
            content = element.get("c")
            match element["t"], content:
                case "Str", str():
                    yield Node("text", text=content, marks=marks)
                case (("Space" | "SoftBreak"), _):
                    yield Node("text", text=" ", marks=marks)
                case "LineBreak", _:
                    yield Node("hardBreak")
                case "Code", [_, text]:
                    yield Node("text", text=text, marks=(*marks, Mark("code")))
                case "Math", [kind, latex]:
                    is_block = kind["t"] == "DisplayMath"
                    yield Node("blockMath" if is_block else "inlineMath", {"latex": latex.strip()})
                case "Note", list():
                    yield Node("footnote", content=_unspaced(self.blocks(content)))
                case "Image", [attr, alt, [source, title]]:
                    yield from self._image(attr, alt, source, title)
                case "Link", [_, inner, [href, _]]:
                    yield from self.runs(inner, _linked(marks, href))
                case "Quoted", [kind, inner]:
                    left, right = "‘’" if kind["t"] == "SingleQuote" else "“”"
                    yield Node("text", text=left, marks=marks)
                    yield from self.runs(inner, marks)
                    yield Node("text", text=right, marks=marks)
                case "Span", [attr, inner]:
                    yield from self.runs(inner, _spanned(marks, attr))
                case "Cite", [_, inner]:
                    yield from self.runs(inner, marks)
                case name, list() if name in _MARKS:
                    yield from self.runs(content, (*marks, Mark(_MARKS[name])))
                case "SmallCaps", list():
                    yield from self.runs(content, marks)

    def _image(self, attr: Any, alt: Sequence[Element], source: str, title: str) -> Iterator[Node]:
        words = "".join(run.plain for run in self.runs(alt)).strip()
        address, own_width = self._keep_image(source)
        if address is None:
            if words:
                yield Node("text", text=f"[{words}]")
            return
        attrs: dict[str, Json] = {"src": address, "alt": words or None, "title": title or None}
        width = _pixels(dict(attr[2]).get("width"))
        # As wide as it is, or as the page where it is wider: nobody gave it a width.
        if width is not None and own_width is not None:
            shown = min(own_width, PAGE_PX)
            width = None if abs(width - shown) <= 1 else width
        yield Node("image", {**attrs, "width": width})


def _unspaced(blocks: Sequence[Node]) -> tuple[Node, ...]:
    """Return the blocks of a note without the space that Word puts behind its number."""
    if not blocks or not blocks[0].content:
        return tuple(blocks)
    first, *rest = blocks
    head, *runs = first.content
    text = head.text.lstrip() if head.type == "text" else ""
    kept = (Node("text", text=text, marks=head.marks),) if text else ()
    words = (*kept, *runs) if head.type == "text" else first.content
    return (Node(first.type, first.attrs, words), *rest)


def _style(element: Element) -> str:
    """Return the name of the style that a ``Div`` stands for."""
    if element["t"] != "Div":
        return ""
    return str(dict(element["c"][0][2]).get("custom-style", ""))


def _quoted(element: Element) -> list[Element]:
    """Return what stands in a quote, also where a style is around it; nothing in what is none."""
    match element:
        case {"t": "BlockQuote", "c": list(inner)}:
            return inner
        case {"t": "Div", "c": [_, [{"t": "BlockQuote", "c": list(inner)}]]}:
            return inner
    return []


def _group(element: Element) -> str:
    if _quoted(element):
        return _QUOTE
    style = _style(element)
    if style in (SUMMARY, DETAILS):
        return DETAILS
    if style == CALLOUT_TITLE:
        return style
    kind, name = styled(style) or ("", "")
    if kind == "callout":
        return f"callout:{name}"
    if element["t"] == "Div" and (known := CALLOUTS.keys() & set(element["c"][0][1])):
        return f"callout:{known.pop()}"
    return ""


def _folded(summary: Node, hidden: Sequence[Node]) -> Node:
    return Node("details", content=(summary, Node("detailsContent", content=tuple(hidden))))


def _code(attr: Any, text: str) -> Node:
    classes = [name for name in attr[1] if name != "numberLines"]
    content = (Node("text", text=text),) if text else ()
    return Node("codeBlock", {"language": classes[0] if classes else None}, content)


def _box(row: Sequence[Node]) -> bool | None:
    """Return whether the box that begins an item is ticked; None where there is none."""
    text = row[0].plain if row and row[0].type == "paragraph" else ""
    return _BOXES.get(text[:1]) if text[1:2] in ("", " ") else None


def _without_box(row: Sequence[Node]) -> tuple[Node, ...]:
    first, *rest = row
    runs = list(first.content)
    left = 2  # the box and the space behind it
    while runs and left:
        head = runs.pop(0)
        kept = head.text[left:]
        left -= min(left, len(head.text))
        if kept:
            runs.insert(0, Node("text", text=kept, marks=head.marks))
    return (Node("paragraph", first.attrs, tuple(runs)), *rest)


def _aligned(node: Node, alignment: str) -> Node:
    where = {"AlignCenter": "center", "AlignRight": "right"}.get(alignment)
    if where is None or node.type != "paragraph":
        return node
    return Node(node.type, {**node.attrs, "textAlign": where}, node.content)


def _linked(marks: Marks, href: str) -> Marks:
    address = safe_link(href)
    if address is None or any(mark.type == "link" for mark in marks):
        return marks
    return (*marks, Mark("link", {"href": address}))


def _spanned(marks: Marks, attr: Any) -> Marks:
    kind, name = styled(str(dict(attr[2]).get("custom-style", ""))) or ("", "")
    if kind == "color":
        return (*marks, Mark("textColor", {"color": name}))
    return (*marks, Mark("highlight")) if _MARKED & set(attr[1]) else marks


def _pixels(length: object) -> int | None:
    """Return a length of pandoc's in CSS pixels."""
    if not isinstance(length, str):
        return None
    for unit, pixels in (("px", 1.0), ("in", 96.0), ("cm", 96 / 2.54), ("pt", 96 / 72)):
        number = length.removesuffix(unit)
        if number != length:
            try:
                return round(float(number) * pixels) or None
            except ValueError:
                return None
    return None
