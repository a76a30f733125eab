"""A document as pandoc's tree, from which pandoc writes DOCX, ODT, EPUB, LaTeX and Typst.

The tree goes to pandoc as it is, in its JSON form: nothing is written as markup on the way, so that
no text can be read as something else. What pandoc has no word for is said by the name of a style
(``styles.py``), which DOCX keeps and ``pandoc_in.py`` reads back.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from collab.formats.styles import (
    CALLOUT_TITLE,
    DETAILS,
    SUMMARY,
    align_style,
    callout_style,
    color_style,
)
from collab.formats.tables import (
    Placed,
    grid_of,
    head_count,
    laid_out,
    leading_heads,
    number,
    widths,
)
from collab.richtext.palette import (
    ALIGNMENTS,
    CALLOUTS,
    CODE_LANGUAGES,
    COLORS,
    callout_title,
)
from collab.richtext.tex import is_formula
from collab.richtext.tree import Mark, Node
from collab.richtext.urls import safe_link

#: An element of pandoc's JSON.
Element = dict[str, Any]
API_VERSION = [1, 23, 1]
OPEN_BOX, TICKED_BOX = "☐", "☒"
_PLAIN_MARKS = {
    "bold": "Strong",
    "italic": "Emph",
    "underline": "Underline",
    "strike": "Strikeout",
    "subscript": "Subscript",
    "superscript": "Superscript",
}
_NO_ATTR: list[Any] = ["", [], []]
#: What XML cannot hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WORDS = re.compile(r" |[^ ]+")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the tree is written for."""

    #: pandoc's name of the format.
    target: str
    title: str
    language: str
    #: Addresses by which pandoc finds the images; an image that is not there is said in words.
    images: Mapping[str, str]


def to_pandoc(document: Node, dialect: Dialect) -> bytes:
    """Return ``document``, a normal one, in pandoc's JSON."""
    writer = _Writer(dialect)
    meta: dict[str, Element] = {}
    if dialect.language:
        meta["lang"] = _element("MetaString", dialect.language)
    if dialect.title:
        meta["title"] = _element("MetaInlines", list(_words(dialect.title)))
    # Block by block: encoding is one step of the interpreter, and others wait for it.
    blocks = (
        json.dumps(each, ensure_ascii=False)
        for block in document.content
        for each in writer.page_block(block)
    )
    head = json.dumps({"pandoc-api-version": API_VERSION, "meta": meta}, ensure_ascii=False)
    return f'{head[:-1]}, "blocks": [{",".join(blocks)}]}}'.encode()


def _element(kind: str, content: Any = None) -> Element:
    return {"t": kind} if content is None else {"t": kind, "c": content}


def _text(text: str) -> str:
    return _CONTROL.sub("", text)


def _words(text: str) -> Iterator[Element]:
    for word in _WORDS.findall(_text(text).replace("\n", " ")):
        yield _element("Space") if word == " " else _element("Str", word)


def _div(blocks: list[Element], *, style: str = "", name: str = "") -> Element:
    pairs = [["custom-style", style]] if style else []
    return _element("Div", [["", [name] if name else [], pairs], blocks])


def _is_right_to_left(text: str) -> bool:
    """Return whether the first letter says so (Unicode's bidirectional algorithm, rule P2)."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    return next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L"


class _Writer:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._is_typst = dialect.target == "typst"
        #: Whether the list around has bullets, as all have but those of tasks.
        self._has_bullets = True
        self._is_styled = dialect.target in ("docx", "odt")

    def page_block(self, node: Node) -> Iterator[Element]:
        """Yield the elements of one block of the page, which may run from right to left."""
        if self._is_typst and _is_right_to_left(node.plain):
            yield from self._with("text(dir: rtl)", self.block(node))
        else:
            yield from self.block(node)

    def block(self, node: Node) -> Iterator[Element]:
        """Yield the elements of one block."""
        match node.type:
            case "paragraph":
                yield from self._aligned(node, _element("Para", self._inline(node.content)))
            case "heading":
                level = min(max(number(node.attrs.get("level"), 1), 1), 6)
                header = _element("Header", [level, _NO_ATTR, self._inline(node.content)])
                yield from self._aligned(node, header) if self._is_typst else (header,)
            case "bulletList" | "orderedList" | "taskList":
                yield from self._list(node)
            case "blockquote":
                yield _element("BlockQuote", self._blocks(node.content))
            case "codeBlock":
                # pandoc writes the class of code into Typst and LaTeX as it stands.
                language = node.attrs.get("language")
                classes = (
                    [language] if isinstance(language, str) and language in CODE_LANGUAGES else []
                )
                yield _element("CodeBlock", [["", classes, []], _text(node.plain)])
            case "horizontalRule":
                yield _element("HorizontalRule")
            case "image":
                yield self._figure(node)
            case "blockMath":
                yield _element("Para", [self._math(node, "DisplayMath")])
            case "table":
                yield self._table(node)
            case "callout":
                yield from self._callout(node)
            case "details":
                yield from self._details(node)
            case _:
                yield from self._blocks(node.content)

    def _blocks(self, nodes: Sequence[Node]) -> list[Element]:
        return [element for node in nodes for element in self.block(node)]

    def _aligned(self, node: Node, element: Element) -> Iterator[Element]:
        alignment = node.attrs.get("textAlign")
        if alignment not in ALIGNMENTS or not isinstance(alignment, str):
            yield element
        elif self._is_typst:
            how = "#[#set par(justify: true)" if alignment == "justify" else f"#align({alignment})["
            yield _element("RawBlock", ["typst", how])
            yield element
            yield _element("RawBlock", ["typst", "]"])
        elif self._dialect.target == "epub":
            yield _element("Div", [["", [], [["style", f"text-align: {alignment}"]]], [element]])
        else:
            yield _div([element], style=align_style(alignment))

    def _with(self, rule: str, elements: Iterable[Element]) -> Iterator[Element]:
        """Yield ``elements`` with a rule of Typst's that holds for them only."""
        yield _element("RawBlock", ["typst", f"#[#set {rule}"])
        yield from elements
        yield _element("RawBlock", ["typst", "]"])

    def _list(self, node: Node) -> Iterator[Element]:
        around = self._has_bullets
        if node.type != "orderedList":
            self._has_bullets = node.type == "bulletList"
        items = [self._item(item) for item in node.content]
        self._has_bullets = around
        if node.type == "orderedList":
            start = number(node.attrs.get("start"), 1)
            form = [start, _element("Decimal"), _element("Period")]
            yield _element("OrderedList", [form, items])
            return
        element = _element("BulletList", items)
        if not self._is_typst or (around and node.type == "bulletList"):
            yield element
            return
        # Where a box stands there is no bullet, and one again in a list inside. What has no bullet
        # does not set its inner lists in.
        indent = "0pt" if around else "1.3em"
        bullets = "marker: none, body-indent: 0pt"
        if node.type == "bulletList":
            bullets = "marker: ([•], [‣], [–]), body-indent: 0.5em"
        yield from self._with(f"list({bullets}, indent: {indent})", [element])

    def _item(self, item: Node) -> list[Element]:
        blocks = self._blocks(item.content)
        if item.type == "taskItem":
            box = self._box(is_ticked=item.attrs.get("checked") is True)
            first = _opening(blocks)
            if first is None:
                blocks.insert(0, _element("Para", box))
            else:
                first["c"] = [*box, _element("Space"), *first["c"]]
        # A list of single lines is set without space between them.
        if sum(block["t"] == "Para" for block in blocks) == 1 and blocks[0]["t"] == "Para":
            blocks[0] = {**blocks[0], "t": "Plain"}
        return blocks

    def _box(self, *, is_ticked: bool) -> list[Element]:
        if self._is_typst:
            return [_element("RawInline", ["typst", f"#task({str(is_ticked).lower()})"])]
        return [_element("Str", TICKED_BOX if is_ticked else OPEN_BOX)]

    def _figure(self, node: Node) -> Element:
        inline = self._image(node)
        caption = node.attrs.get("caption")
        if inline["t"] != "Image" or not isinstance(caption, str) or not caption:
            return _element("Para", [inline])
        words = [None, [_element("Plain", list(_words(caption)))]]
        return _element("Figure", [_NO_ATTR, words, [_element("Plain", [inline])]])

    def _image(self, node: Node) -> Element:
        source, alt = node.attrs.get("src"), node.attrs.get("alt")
        words = list(_words(alt)) if isinstance(alt, str) else []
        target = self._dialect.images.get(source) if isinstance(source, str) else None
        if target is not None:
            width = number(node.attrs.get("width"), 0)
            size = [["width", f"{width}px"]] if width > 0 else []
            title = node.attrs.get("title")
            shown = [target, _text(title) if isinstance(title, str) else ""]
            return _element("Image", [["", [], size], words, shown])
        href = safe_link(source)
        if href is None or not href.startswith(("http://", "https://")):
            return _element("Emph", words)
        return _element("Link", [_NO_ATTR, words or list(_words(href)), [href, ""]])

    def _callout(self, node: Node) -> Iterator[Element]:
        kind = node.attrs.get("kind")
        kind = kind if isinstance(kind, str) and kind in CALLOUTS else "note"
        title = list(_words(callout_title(kind, self._dialect.language)))
        blocks = self._blocks(node.content)
        if self._is_typst:
            words = json.dumps(callout_title(kind, self._dialect.language), ensure_ascii=False)
            color = f'rgb("{CALLOUTS[kind]}")'
            yield _element("RawBlock", ["typst", f"#callout({words}, {color})["])
            yield from blocks
            yield _element("RawBlock", ["typst", "]"])
        elif self._is_styled:
            heading = _div([_element("Para", title)], style=CALLOUT_TITLE)
            yield _div([heading, *blocks], style=callout_style(kind))
        else:
            heading = _element("Para", [_element("Strong", title)])
            yield _element("BlockQuote", [heading, *blocks])

    def _details(self, node: Node) -> Iterator[Element]:
        for part in node.content:
            if part.type == "detailsSummary":
                words = self._inline(part.content)
                strong = words if self._is_styled else [_element("Strong", words)]
                yield _div([_element("Para", strong)], style=SUMMARY)
            else:
                yield _div(self._blocks(part.content), style=DETAILS)

    def _table(self, table: Node) -> Element:
        rows, width = grid_of(table)
        heads = head_count(rows)
        body = rows[heads:]
        side = min((leading_heads(row) for row in body), default=0)
        columns = [[_element("AlignDefault"), _width(part)] for part in widths(rows, width)]
        empty = [_NO_ATTR, []]
        bodies = [[_NO_ATTR, side, [], self._rows(body, width)]]
        head = [_NO_ATTR, self._rows(rows[:heads], width)]
        return _element("Table", [_NO_ATTR, [None, []], columns, head, bodies, empty])

    def _rows(self, rows: Sequence[Node], width: int) -> list[Any]:
        return [[_NO_ATTR, [self._cell(each) for each in row]] for row in laid_out(rows, width)]

    def _cell(self, placed: Placed) -> list[Any]:
        blocks = self._blocks(placed.cell.content if placed.cell else ())
        if len(blocks) == 1 and blocks[0]["t"] == "Para":
            blocks = [{**blocks[0], "t": "Plain"}]
        return [_NO_ATTR, _element("AlignDefault"), placed.rows, placed.columns, blocks]

    def _inline(self, runs: Sequence[Node]) -> list[Element]:
        return list(self._nested([(run, run.marks) for run in runs]))

    def _nested(self, runs: Sequence[tuple[Node, tuple[Mark, ...]]]) -> Iterator[Element]:
        """Yield runs with the marks that neighbours share around both."""
        for first, group in groupby(runs, key=lambda each: each[1][0] if each[1] else None):
            if first is None:
                for run, _ in group:
                    yield from self._run(run)
                continue
            inner = [(run, marks[1:]) for run, marks in group]
            if first.type == "code":
                yield _element("Code", [_NO_ATTR, _text("".join(run.text for run, _ in inner))])
            else:
                yield from self._marked(first, list(self._nested(inner)))

    def _run(self, run: Node) -> Iterator[Element]:
        match run.type:
            case "text":
                yield from _words(run.text)
            case "hardBreak":
                yield _element("LineBreak")
            case "inlineMath":
                yield self._math(run, "InlineMath")
            case "footnote":
                yield _element("Note", [_element("Para", self._inline(run.content))])
            case _:
                yield from self._inline(run.content)

    def _math(self, node: Node, kind: str) -> Element:
        latex = _latex(node)
        # For others pandoc reads the formula; for LaTeX it writes it down as it stands.
        if self._dialect.target == "latex" and not is_formula(latex):
            return _element("Code", [_NO_ATTR, latex])
        return _element("Math", [_element(kind), latex])

    def _marked(self, mark: Mark, inner: list[Element]) -> Iterator[Element]:
        if mark.type in _PLAIN_MARKS:
            yield _element(_PLAIN_MARKS[mark.type], inner)
        elif mark.type == "highlight":
            yield _element("Span", [["", ["mark"], []], inner])
        elif mark.type == "textColor" and (color := mark.attrs.get("color")) in COLORS:
            pair = self._color(str(color))
            yield _element("Span", [["", [], [list(pair)]], inner])
        elif mark.type == "link" and (href := safe_link(mark.attrs.get("href"))):
            yield _element("Link", [_NO_ATTR, inner, [href, ""]])
        else:
            yield from inner

    def _color(self, color: str) -> tuple[str, str]:
        match self._dialect.target:
            case "typst":
                return "typst:text:fill", f'rgb("{COLORS[color]}")'
            case "epub":
                return "style", f"color: #{COLORS[color]}"
            case _:
                return "custom-style", color_style(color)


def _latex(node: Node) -> str:
    latex = node.attrs.get("latex")
    return _text(latex) if isinstance(latex, str) else ""


def _opening(blocks: Sequence[Element]) -> Element | None:
    """Return the paragraph that blocks begin with, also where a style is around it."""
    if not blocks:
        return None
    match blocks[0]:
        case {"t": "Para"}:
            return blocks[0]
        case {"t": "Div", "c": [_, inner]}:
            return _opening(inner)
    return None


def _width(part: float | None) -> Element:
    return _element("ColWidthDefault") if part is None else _element("ColWidth", part)
