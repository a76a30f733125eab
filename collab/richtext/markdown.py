"""Markdown out of a document: CommonMark with GFM's tables, strikes and tasks.

What Markdown cannot say exactly is said by inline HTML, which Markdown allows: other marks, marks
that touch spaces or punctuation, tables with spans. Reading it back gives the same document.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from html import escape
from itertools import count

from collab.richtext.html import close_tag, inline, open_tag, to_html
from collab.richtext.tex import is_formula
from collab.richtext.tree import Mark, Node
from collab.richtext.urls import safe_image, safe_link

#: Stands between two lists that would be read as one.
SEPARATOR = "<!-- -->"
EMPTY_PARAGRAPH = "&nbsp;"
#: Space that every reader takes for space.
_SPACES = " \t"
_STARS = {"bold": "**", "italic": "*", "strike": "~~"}
#: A brace would begin attributes where pandoc reads: of the code, link or heading before it.
_SPECIAL = re.compile(r"[\\`*\[\]<~|${]")
#: Names of languages that a fence takes; others could begin attributes, or be lost.
_LANGUAGE = re.compile(r"[\w.+#-]+")
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
#: What would begin a block, or make the line above a heading or a table.
_LINE_START = re.compile(r"[-#+>=:]|\d{1,9}(?=[.)](?:\s|$))")
#: By what they begin with: neighbours that begin alike need a separator.
_LIKE_LISTS = {
    "bulletList": "-",
    "taskList": "-",
    "orderedList": "1",
    "blockquote": ">",
    "callout": ">",
}
_RULES = {None: "---", "center": ":---:", "right": "---:"}


def to_markdown(document: Node) -> str:
    """Return the document as Markdown, with a newline at its end."""
    notes: list[Node] = []
    lines = _blocks(_numbered(document, notes).content)
    for number, note in enumerate(notes, start=1):
        words = _inline(note.content, is_one_line=True) or EMPTY_PARAGRAPH
        lines += ["", f"[^{number}]: {words}"]
    return "\n".join(lines) + "\n"


def _numbered(node: Node, notes: list[Node], *, is_in_cell: bool = False) -> Node:
    """Return the tree with a number in each footnote; ``notes`` takes them in order.

    What only HTML can say is written with its footnotes where they stand.
    """
    if node.type == "footnote":
        notes.append(node)
        return Node("footnote", {"number": len(notes)}, node.content)
    if not node.content or (_is_html(node) and not is_in_cell):
        return node
    is_cell = node.type in ("tableCell", "tableHeader")
    content = tuple(_numbered(child, notes, is_in_cell=is_cell) for child in node.content)
    return Node(node.type, node.attrs, content, node.text, node.marks)


def _is_html(block: Node) -> bool:
    """Return whether Markdown has no form for the block, so that HTML says it."""
    match block.type:
        case "paragraph" | "heading":
            return block.attrs.get("textAlign") is not None
        case "table":
            return not _is_plain(block)
        case "image":
            return bool(block.attrs.get("width") or block.attrs.get("caption"))
        case "codeBlock":
            language = block.attrs.get("language")
            # A fence named math is a formula.
            return bool(language) and (
                language == "math" or _LANGUAGE.fullmatch(str(language)) is None
            )
        case "blockMath":
            return not _is_plain_math(str(block.attrs.get("latex")))
        case _:
            return False


#: What some readers of Markdown read as its own syntax in HTML, too: written as references. None
#: of them stands in a tag of ours but in the values of attributes, where references are as good.
_IN_HTML = str.maketrans({sign: f"&#{ord(sign)};" for sign in "\n\\`{$["})


def _html(block: Node) -> str:
    return to_html(Node("doc", content=(block,))).translate(_IN_HTML)


def _blocks(blocks: Sequence[Node]) -> list[str]:
    lines: list[str] = []
    before: Node | None = None
    for block in blocks:
        if before is not None:
            lines.append("")
            like = _LIKE_LISTS.get(block.type)
            if like is not None and like == _LIKE_LISTS.get(before.type):
                lines += [SEPARATOR, ""]
        lines += _block(block)
        before = block
    return lines


def _block(block: Node) -> list[str]:
    if _is_html(block):
        return [_html(block)]
    match block.type:
        case "paragraph":
            return (_inline(block.content) or EMPTY_PARAGRAPH).split("\n")
        case "heading":
            level = block.attrs.get("level")
            marks = "#" * (min(max(int(level), 1), 6) if isinstance(level, int | float) else 1)
            text = _inline(block.content, is_one_line=True)
            if text.endswith("#"):
                text = text[:-1] + "\\#"
            return [f"{marks} {text}".rstrip()]
        case "codeBlock":
            return _fence(block)
        case "horizontalRule":
            return ["---"]
        case "image":
            return [_image(block)]
        case "blockMath":
            return ["$$", *str(block.attrs.get("latex")).split("\n"), "$$"]
        case "blockquote":
            return _quoted_lines(_blocks(block.content))
        case "callout":
            head = f"[!{str(block.attrs.get('kind')).upper()}]"
            return _quoted_lines([head, "", *_blocks(block.content)])
        case "details":
            summary, hidden = block.content
            words = inline(summary.content).translate(_IN_HTML)
            head = f"<details><summary>{words}</summary>"
            return [head, "", *_blocks(hidden.content), "", "</details>"]
        case "bulletList" | "orderedList" | "taskList":
            return _list(block)
        case "table":
            return _table(block)
        case _:
            return _blocks(block.content)


def _quoted_lines(lines: Sequence[str]) -> list[str]:
    return ["> " + line if line else ">" for line in lines]


def _is_plain_math(latex: str) -> bool:
    """Return whether dollars on lines of their own hold the formula."""
    lines = latex.split("\n")
    return is_formula(latex) and all(lines) and lines == [line.strip() for line in lines]


def _fence(block: Node) -> list[str]:
    text = block.plain
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence + str(block.attrs.get("language") or ""), *text.split("\n"), fence]


def _image(block: Node) -> str:
    alt = _escaped(str(block.attrs.get("alt") or ""))
    source = safe_image(block.attrs.get("src"))
    if source is None:
        return alt or EMPTY_PARAGRAPH
    title = block.attrs.get("title")
    shown = f' "{_quoted(str(title))}"' if title else ""
    return f"![{alt}]({_destination(source)}{shown})"


def _list(block: Node) -> list[str]:
    start = block.attrs.get("start")
    number = int(start) if isinstance(start, int | float) and 0 <= start < 10**8 else 1
    is_tight = all(_is_tight(item) for item in block.content)
    lines: list[str] = []
    for place, item in enumerate(block.content):
        if lines and not is_tight:
            lines.append("")
        marker = f"{number + place}. " if block.type == "orderedList" else "- "
        indent = " " * len(marker)
        inner = _item(item)
        if block.type == "taskList":
            inner[0] = ("[x] " if item.attrs.get("checked") else "[ ] ") + inner[0]
        lines.append(marker + inner[0])
        lines += [indent + line if line else "" for line in inner[1:]]
    return lines


def _is_tight(item: Node) -> bool:
    return len(item.content) == 1 or _has_plain_sublist(item)


def _has_plain_sublist(item: Node) -> bool:
    """Return whether the item is a paragraph with a list that may follow without an empty line."""
    return (
        len(item.content) == 2
        # A line of "<br>" alone begins HTML, which goes on until an empty line.
        and [run.type for run in item.content[0].content] != ["hardBreak"]
        and item.content[1].type in ("bulletList", "taskList")
        and all(_is_tight(inner) for inner in item.content[1].content)
    )


def _item(item: Node) -> list[str]:
    if _has_plain_sublist(item):
        return _block(item.content[0]) + _block(item.content[1])
    return _blocks(item.content)


def _table(table: Node) -> list[str]:
    rows = [
        "| "
        + " | ".join(_inline(c.content[0].content, is_one_line=True) for c in row.content)
        + " |"
        for row in table.content
    ]
    rule = "| " + " | ".join(_RULES[_alignment(cell)] for cell in table.content[0].content) + " |"
    return [rows[0], rule, *rows[1:]]


def _alignment(cell: Node) -> str | None:
    alignment = cell.content[0].attrs.get("textAlign")
    return alignment if isinstance(alignment, str) else None


def _is_plain(table: Node) -> bool:
    """Return whether GFM can say the table: one row of headers, one line of text a cell."""
    first = table.content[0].content
    width = len(first)
    return all(
        len(row.content) == width
        and all(
            cell.type == ("tableCell" if place else "tableHeader")
            and len(cell.content) == 1
            and cell.content[0].type == "paragraph"
            and _alignment(cell) == _alignment(first[column])
            and _alignment(cell) in _RULES
            and all(_is_cell_inline(run) for run in cell.content[0].content)
            and cell.attrs.get("colspan") in (None, 1)
            and cell.attrs.get("rowspan") in (None, 1)
            and not cell.attrs.get("colwidth")
            for column, cell in enumerate(row.content)
        )
        for place, row in enumerate(table.content)
    )


def _is_cell_inline(run: Node) -> bool:
    # A bar ends the cell, in a formula too.
    return run.type != "inlineMath" or "|" not in str(run.attrs.get("latex"))


def _inline(runs: Sequence[Node], *, is_one_line: bool = False) -> str:
    out: list[str] = []
    is_line_start = True
    for place, run in enumerate(runs):
        following = runs[place + 1] if place + 1 < len(runs) else None
        if run.type == "hardBreak":
            is_kept = is_one_line or following is None or following.type != "text"
            out.append("<br>" if is_kept or is_line_start else "\\\n")
            is_line_start = out[-1] != "<br>"
            continue
        before = runs[place - 1] if place else None
        if run.type == "inlineMath":
            out.append(_math(run, before, following))
            is_line_start = False
            continue
        if run.type == "footnote":
            out.append(f"[^{run.attrs.get('number')}]")
            is_line_start = False
            continue
        is_last = following is None or following.type == "hardBreak"
        out.append(_run(run, before, following, is_line_start=is_line_start, is_last=is_last))
        is_line_start = False
    return "".join(out)


def _run(
    run: Node, before: Node | None, following: Node | None, *, is_line_start: bool, is_last: bool
) -> str:
    if run.has("code"):
        return _code(run.text)
    opening, closing = "", ""
    href = next((safe_link(m.attrs.get("href")) for m in run.marks if m.type == "link"), None)
    others = [mark for mark in run.marks if mark.type != "link"]
    if href is not None:
        opening, closing = "[", f"]({_destination(href)})"
    star = _stars(run, others, before, following)
    if star is not None:
        opening, closing = opening + star, star[::-1] + closing
    else:
        opening += "".join(open_tag(mark) for mark in others)
        closing = "".join(close_tag(mark) for mark in reversed(others)) + closing
    text = _escaped(run.text, is_line_start=is_line_start and not opening)
    if before is not None and before.type == "footnote" and not opening and text[0] in ":(":
        text = "\\" + text  # else the number would begin a definition or a link
    # Readers strip lines of every kind of space, a Chinese paragraph's first two too.
    if is_line_start and text[0].isspace():
        text = f"&#{ord(text[0])};" + text[1:]
    if is_last and text[-1].isspace():
        text = text[:-1] + f"&#{ord(text[-1])};"
    return opening + text + closing


def _math(run: Node, before: Node | None, following: Node | None) -> str:
    latex = str(run.attrs.get("latex"))
    is_plain = (
        latex == latex.strip() != ""
        and is_formula(latex)
        and "$" not in latex
        and "\n" not in latex
        # Dollars beside digits are prices, and two dollars side by side are one sign.
        and not (before is not None and (before.plain[-1:].isdigit() or before.type != "text"))
        and not (following is not None and following.plain[:1].isdigit())
        and not (following is not None and following.type == "inlineMath")
        and not (before is not None and before.plain.endswith("$"))
        and not (following is not None and following.plain.startswith("$"))
    )
    if is_plain:
        return f"${latex}$"
    coded = escape(latex).translate(_IN_HTML).replace("\r", "&#13;")
    return f'<span data-type="inline-math" data-latex="{coded}"></span>'


def _stars(
    run: Node, others: Sequence[Mark], before: Node | None, following: Node | None
) -> str | None:
    """Return the sign that is read as the marks of the run; None: tags have to say them.

    CommonMark 6.2: a delimiter run opens before a letter and closes after one; before and after
    punctuation only where a space, punctuation or nothing is beside it. Two such runs side by side
    would be read as one, so the neighbours must have no such mark.
    """
    kinds = {mark.type for mark in others}
    is_known = len(others) == 1 and kinds <= _STARS.keys()
    if not is_known and kinds != {"bold", "italic"}:
        return None
    if any(each is not None and each.has(mark) for each in (before, following) for mark in _STARS):
        return None
    for edge, beside, end in ((run.text[0], before, -1), (run.text[-1], following, 0)):
        if edge.isspace() or not (edge.isalnum() or _is_open(beside, end)):
            return None
    return "".join(_STARS[mark.type] for mark in others)


def _is_open(beside: Node | None, end: int) -> bool:
    """Return whether a run that stands beside a sign of emphasis leaves it its meaning."""
    if beside is None or beside.type != "text" or beside.marks:
        return True  # an end, or the sign that the next thing begins with
    letter = beside.text[end]
    return letter in _SPACES or letter in string.punctuation


def _code(text: str) -> str:
    taken = {len(run) for run in re.findall("`+", text)}
    fence = "`" * next(length for length in count(1) if length not in taken)
    text = text.replace("\n", " ")
    is_padded = text[0] == "`" or text[-1] == "`" or (text[0] == text[-1] == " " and text.strip())
    inner = f" {text} " if is_padded else text
    # A table takes the backslash away, other places do not: there a bar in code needs none.
    return f"{fence}{inner}{fence}" if "|" not in inner else _code_tag(text)


def _code_tag(text: str) -> str:
    escaped = _escaped(text)
    edges = re.sub(r"^ | $", "&#32;", escaped)
    return f"<code>{edges}</code>"


def _escaped(text: str, *, is_line_start: bool = False) -> str:
    out = _SPECIAL.sub(r"\\\g<0>", text)
    out = _UNDERSCORE.sub(r"\\_", out)
    out = _ENTITY.sub("&amp;", out)
    out = out.replace("\r", "&#13;").replace("\n", "&#10;")
    if out.endswith("!"):
        out = out[:-1] + "\\!"  # before a link it would make an image
    if is_line_start and (found := _LINE_START.match(out)):
        if found.group().isdigit():
            return found.group() + "\\" + out[found.end() :]
        return "\\" + out
    return out


def _destination(address: str) -> str:
    escaped = _ENTITY.sub(r"\\&", re.sub(r"[\\<>|]", r"\\\g<0>", address))
    return f"<{escaped}>" if re.search(r"[\s()<>]", escaped) else escaped


def _quoted(title: str) -> str:
    flat = " ".join(title.split("\n"))
    return _ENTITY.sub(r"\\&", re.sub(r'[\\"|]', r"\\\g<0>", flat))
