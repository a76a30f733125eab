"""A document as pandoc's tree, from which pandoc writes DOCX, ODT, EPUB, LaTeX and Typst.

The tree goes to pandoc as it is, in its JSON form: nothing is written as markup on the way, so that
no text can be read as something else. What pandoc has no word for is said by the name of a style
(``styles.py``), which DOCX keeps and ``pandoc_in.py`` reads back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from collab.formats.pandoc_elements import (
    Dialect,
    Element,
    clean_text,
    column_width,
    elem,
    numbers_of,
    opening_of,
    words_of,
)
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
from collab.formats.typst_fit import (
    LONG_IN_CELL,
    LONG_IN_CODE,
    LONG_WORD,
    breakable,
    is_right_to_left,
    is_tall,
)
from collab.richtext.anchors import Anchors
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

API_VERSION = [1, 23, 1]
#: What fits between the margins of a page of a word processor, in CSS pixels.
PAGE_PX = 560
#: Deeper quotes are set as those around them.
MAX_QUOTES = 12
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


def to_pandoc(document: Node, dialect: Dialect) -> bytes:
    """Return ``document``, a normal one, in pandoc's JSON."""
    writer = _Writer(dialect, Anchors(document))
    meta: dict[str, Element] = {}
    if dialect.language:
        meta["lang"] = elem("MetaString", dialect.language)
    if dialect.title:
        meta["title"] = elem("MetaInlines", list(words_of(dialect.title)))
    # Block by block: encoding is one step of the interpreter, and others wait for it.
    blocks = (
        json.dumps(each, ensure_ascii=False)
        for block in document.content
        for each in writer.page_block(block)
    )
    head = json.dumps({"pandoc-api-version": API_VERSION, "meta": meta}, ensure_ascii=False)
    return f'{head[:-1]}, "blocks": [{",".join(blocks)}]}}'.encode()


def _div(blocks: list[Element], *, style: str = "", name: str = "") -> Element:
    pairs = [["custom-style", style]] if style else []
    return elem("Div", [["", [name] if name else [], pairs], blocks])


class _Writer:
    def __init__(self, dialect: Dialect, anchors: Anchors) -> None:
        self._dialect = dialect
        self._anchors = anchors
        #: How many quotes and tables are around.
        self._quotes = 0
        self._tables = 0
        self._is_typst = dialect.target == "typst"
        #: Whether the list around has bullets, as all have but those of tasks.
        self._has_bullets = True
        self._is_styled = dialect.target in ("docx", "odt")

    def page_block(self, node: Node) -> Iterator[Element]:
        """Yield the elements of one block of the page, which may run from right to left."""
        if self._is_typst and is_right_to_left(node.plain):
            yield from self._with("text(dir: rtl)", self.block(node))
        else:
            yield from self.block(node)

    def block(self, node: Node) -> Iterator[Element]:
        """Yield the elements of one block."""
        match node.type:
            case "paragraph":
                yield from self._aligned(node, elem("Para", self._inline(node.content)))
            case "heading":
                level = min(max(number(node.attrs.get("level"), 1), 1), 6)
                attr = [self._anchor(self._anchors.of(node)), [], []]
                header = elem("Header", [level, attr, self._inline(node.content)])
                yield from self._aligned(node, header) if self._is_typst else (header,)
            case "bulletList" | "orderedList" | "taskList":
                yield from self._list(node)
            case "blockquote":
                yield from self._quote(node)
            case "codeBlock":
                # pandoc writes the class of code into Typst and LaTeX as it stands.
                language = node.attrs.get("language")
                classes = (
                    [language] if isinstance(language, str) and language in CODE_LANGUAGES else []
                )
                code = clean_text(node.plain)
                if self._is_typst:
                    code = breakable(code, self._longest(LONG_IN_CODE))
                yield elem("CodeBlock", [["", classes, []], code])
            case "horizontalRule":
                yield elem("HorizontalRule")
            case "image":
                yield self._figure(node)
            case "blockMath":
                yield elem("Para", [self._math(node, "DisplayMath")])
            case "table":
                yield self._table(node)
            case "callout":
                yield from self._callout(node)
            case "details":
                yield from self._details(node)
            case _:
                yield from self._blocks(node.content)

    def _longest(self, longest: int) -> int:
        """Return how long a word may be, given how long it may be outside of tables."""
        return LONG_IN_CELL if self._tables else longest

    def _anchor(self, name: str) -> str:
        """Return the name of an anchor; Typst's labels take not every letter."""
        return f"heading-{self._anchors.place(name)}" if self._is_typst and name else name

    def _quote(self, node: Node) -> Iterator[Element]:
        self._quotes += 1
        blocks = self._blocks(node.content)
        self._quotes -= 1
        # Each sets what is in it in a little more: a page has room for so many.
        is_shown = not self._is_typst or self._quotes < MAX_QUOTES
        yield from [elem("BlockQuote", blocks)] if is_shown else blocks

    def _blocks(self, nodes: Sequence[Node]) -> list[Element]:
        return [element for node in nodes for element in self.block(node)]

    def _aligned(self, node: Node, element: Element) -> Iterator[Element]:
        alignment = node.attrs.get("textAlign")
        if alignment not in ALIGNMENTS or not isinstance(alignment, str):
            yield element
        elif self._is_typst:
            how = "#[#set par(justify: true)" if alignment == "justify" else f"#align({alignment})["
            yield elem("RawBlock", ["typst", how])
            yield element
            yield elem("RawBlock", ["typst", "]"])
        elif self._dialect.target == "epub":
            yield elem("Div", [["", [], [["style", f"text-align: {alignment}"]]], [element]])
        else:
            yield _div([element], style=align_style(alignment))

    def _with(self, rule: str, elements: Iterable[Element]) -> Iterator[Element]:
        """Yield ``elements`` with a rule of Typst's that holds for them only."""
        yield elem("RawBlock", ["typst", f"#[#set {rule}"])
        yield from elements
        yield elem("RawBlock", ["typst", "]"])

    def _list(self, node: Node) -> Iterator[Element]:
        around = self._has_bullets
        if node.type != "orderedList":
            self._has_bullets = node.type == "bulletList"
        items = [self._item(item) for item in node.content]
        self._has_bullets = around
        if node.type == "orderedList":
            form = numbers_of(node, least=0 if self._is_typst else None)
            yield elem("OrderedList", [form, items])
            return
        element = elem("BulletList", items)
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
            first = opening_of(blocks)
            if first is None:
                blocks.insert(0, elem("Para", box))
            else:
                first["c"] = [*box, elem("Space"), *first["c"]]
        # A list of single lines is set without space between them.
        if sum(block["t"] == "Para" for block in blocks) == 1 and blocks[0]["t"] == "Para":
            blocks[0] = {**blocks[0], "t": "Plain"}
        return blocks

    def _box(self, *, is_ticked: bool) -> list[Element]:
        if self._is_typst:
            return [elem("RawInline", ["typst", f"#task({str(is_ticked).lower()})"])]
        return [elem("Str", TICKED_BOX if is_ticked else OPEN_BOX)]

    def _figure(self, node: Node) -> Element:
        inline = self._image(node)
        caption = node.attrs.get("caption")
        if inline["t"] != "Image" or not isinstance(caption, str) or not caption:
            return elem("Para", [inline])
        words = [None, [elem("Plain", list(words_of(caption)))]]
        return elem("Figure", [_NO_ATTR, words, [elem("Plain", [inline])]])

    def _image(self, node: Node) -> Element:
        source, alt = node.attrs.get("src"), node.attrs.get("alt")
        words = list(words_of(alt)) if isinstance(alt, str) else []
        target = self._dialect.images.get(source) if isinstance(source, str) else None
        if target is not None:
            width = number(node.attrs.get("width"), 0) or self._dialect.widths.get(str(source), 0)
            if self._is_styled:
                width = min(width, PAGE_PX)
            size = [["width", f"{width}px"]] if width > 0 else []
            title = node.attrs.get("title")
            shown = [target, clean_text(title) if isinstance(title, str) else ""]
            return elem("Image", [["", [], size], words, shown])
        href = safe_link(source)
        if href is None or not href.startswith(("http://", "https://")):
            return elem("Emph", words)
        return elem("Link", [_NO_ATTR, words or list(words_of(href)), [href, ""]])

    def _callout(self, node: Node) -> Iterator[Element]:
        kind = node.attrs.get("kind")
        kind = kind if isinstance(kind, str) and kind in CALLOUTS else "note"
        title = list(words_of(callout_title(kind, self._dialect.language)))
        blocks = self._blocks(node.content)
        if self._is_typst:
            words = json.dumps(callout_title(kind, self._dialect.language), ensure_ascii=False)
            color = f'rgb("{CALLOUTS[kind]}")'
            yield elem("RawBlock", ["typst", f"#callout({words}, {color})["])
            yield from blocks
            yield elem("RawBlock", ["typst", "]"])
        elif self._is_styled:
            heading = _div([elem("Para", title)], style=CALLOUT_TITLE)
            yield _div([heading, *blocks], style=callout_style(kind))
        else:
            heading = elem("Para", [elem("Strong", title)])
            yield elem("BlockQuote", [heading, *blocks])

    def _details(self, node: Node) -> Iterator[Element]:
        for part in node.content:
            if part.type == "detailsSummary":
                words = self._inline(part.content)
                strong = words if self._is_styled else [elem("Strong", words)]
                yield _div([elem("Para", strong)], style=SUMMARY)
            else:
                yield _div(self._blocks(part.content), style=DETAILS)

    def _table(self, table: Node) -> Element:
        rows, width = grid_of(table)
        heads = head_count(rows)
        if self._is_typst and any(is_tall(row, width) for row in rows[:heads]):
            # A head is never parted: what is too high for a page would be cut off.
            heads = 0
        self._tables += 1
        body = rows[heads:]
        side = min((leading_heads(row) for row in body), default=0)
        # Typst would centre them, as it does whatever stands in a figure.
        side_of_text = elem("AlignLeft" if self._is_typst else "AlignDefault")
        columns = [[side_of_text, column_width(part)] for part in widths(rows, width)]
        empty = [_NO_ATTR, []]
        bodies = [[_NO_ATTR, side, [], self._rows(body, width)]]
        head = [_NO_ATTR, self._rows(rows[:heads], width)]
        self._tables -= 1
        return elem("Table", [_NO_ATTR, [None, []], columns, head, bodies, empty])

    def _rows(self, rows: Sequence[Node], width: int) -> list[Any]:
        return [[_NO_ATTR, [self._cell(each) for each in row]] for row in laid_out(rows, width)]

    def _cell(self, placed: Placed) -> list[Any]:
        blocks = self._blocks(placed.cell.content if placed.cell else ())
        if len(blocks) == 1 and blocks[0]["t"] == "Para":
            blocks = [{**blocks[0], "t": "Plain"}]
        return [_NO_ATTR, elem("AlignDefault"), placed.rows, placed.columns, blocks]

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
                code = clean_text("".join(run.text for run, _ in inner))
                if self._is_typst:
                    code = breakable(code, self._longest(LONG_WORD))
                yield elem("Code", [_NO_ATTR, code])
            else:
                yield from self._marked(first, list(self._nested(inner)))

    def _run(self, run: Node) -> Iterator[Element]:
        match run.type:
            case "text" if self._is_typst:
                yield from words_of(breakable(run.text, self._longest(LONG_WORD)))
            case "text":
                yield from words_of(run.text)
            case "hardBreak":
                yield elem("LineBreak")
            case "inlineMath":
                yield self._math(run, "InlineMath")
            case "footnote":
                yield elem("Note", [elem("Para", self._inline(run.content))])
            case _:
                yield from self._inline(run.content)

    def _math(self, node: Node, kind: str) -> Element:
        latex = _latex(node)
        # For others pandoc reads the formula; for LaTeX it writes it down as it stands.
        if self._dialect.target == "latex" and not is_formula(latex):
            return elem("Code", [_NO_ATTR, latex])
        return elem("Math", [elem(kind), latex])

    def _marked(self, mark: Mark, inner: list[Element]) -> Iterator[Element]:
        if mark.type in _PLAIN_MARKS:
            yield elem(_PLAIN_MARKS[mark.type], inner)
        elif mark.type == "highlight":
            yield elem("Span", [["", ["mark"], []], inner])
        elif mark.type == "textColor" and (color := mark.attrs.get("color")) in COLORS:
            pair = self._color(str(color))
            yield elem("Span", [["", [], [list(pair)]], inner])
        elif mark.type == "link" and (href := self._target(safe_link(mark.attrs.get("href")))):
            yield elem("Link", [_NO_ATTR, inner, [href, ""]])
        else:
            yield from inner

    def _target(self, href: str | None) -> str | None:
        """Return where a link leads in the file; a link to no heading is none in a PDF."""
        if href is None or not href.startswith("#"):
            return href
        anchor = self._anchors.resolved(href)
        if anchor is None:
            return None if self._is_typst else href
        return f"#{self._anchor(anchor)}"

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
    return clean_text(latex) if isinstance(latex, str) else ""
