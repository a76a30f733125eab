"""HTML out of a document: the tags that the editor itself renders, so that pasting reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape

from collab.richtext.anchors import Anchors
from collab.richtext.palette import ALIGNMENTS, CALLOUTS, COLORS, callout_title
from collab.richtext.tree import Json, Mark, Node
from collab.richtext.urls import safe_image, safe_link

MARK_TAGS = {
    "bold": "strong",
    "italic": "em",
    "underline": "u",
    "strike": "s",
    "highlight": "mark",
    "subscript": "sub",
    "superscript": "sup",
    "code": "code",
}
_BLOCK_TAGS = {
    "details": "details",
    "blockquote": "blockquote",
    "bulletList": "ul",
    "listItem": "li",
    "tableRow": "tr",
    "tableCell": "td",
    "tableHeader": "th",
}
_PAGE = """<!doctype html>
<html{language}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui }}
img {{ max-width: 100%; height: auto }}
figure {{ margin: 1rem 0 }}
figcaption {{ color: #666; font-size: .9rem }}
table {{ border-collapse: collapse }}
th, td {{ border: 1px solid #999; padding: .3rem .6rem; text-align: left; vertical-align: top }}
pre {{ overflow-x: auto; padding: .8rem; background: #f3f3f1 }}
blockquote {{ margin-left: 0; padding-left: 1rem; border-left: 3px solid #bbb }}
ul[data-type="taskList"] {{ list-style: none; padding-left: .5rem }}
li[data-type="taskItem"]::before {{ content: "☐ "; float: left; margin-right: .4rem }}
li[data-checked="true"]::before {{ content: "☑ " }}
[data-type="block-math"] {{ margin: 1rem 0; text-align: center; overflow-x: auto }}
[data-type="callout"] {{ margin: 1rem 0; padding: .5rem 1rem; border-left: 4px solid }}
[data-type="callout"] > * {{ color: #222 }}
[data-type="callout"]::before {{ content: attr(data-title); font-weight: 600 }}
.footnotes {{ margin-top: 2rem; border-top: 1px solid #999; font-size: .9rem }}
{colors}
</style>
</head>
<body>
{body}
</body>
</html>
"""
_COLORS = "\n".join(
    [f'[data-color="{name}"] {{ color: #{value} }}' for name, value in COLORS.items()]
    + [f'[data-kind="{name}"] {{ color: #{value} }}' for name, value in CALLOUTS.items()]
)


@dataclass(frozen=True, slots=True)
class Standalone:
    """What a page of its own has beside the body."""

    title: str = ""
    language: str = ""
    #: Images that are carried in the page, as ``data:`` addresses, by their own.
    images: Mapping[str, str] = field(default_factory=dict)
    #: MathML of formulas, by their LaTeX and whether they stand alone. It goes in as it is.
    mathml: Mapping[tuple[str, bool], str] = field(default_factory=dict)


def to_html(document: Node, page: Standalone | None = None) -> str:
    """Return the document as HTML, all text escaped; with ``page`` as a page of its own."""
    writer = _Writer(page, None if page is None else Anchors(document))
    body = "\n".join(writer.block(block) for block in document.content)
    if page is None:
        return body
    language = _attribute("lang", page.language or None)
    whole = body + writer.endnotes()
    return _PAGE.format(title=escape(page.title), body=whole, colors=_COLORS, language=language)


class _Writer:
    def __init__(self, page: Standalone | None, anchors: Anchors | None = None) -> None:
        self._page = page
        self._anchors = anchors
        self._notes: list[str] = []

    def block(self, node: Node) -> str:
        """Return one block."""
        match node.type:
            case "paragraph":
                return f"<p{_aligned(node)}>{self.inline(node.content)}</p>"
            case "heading":
                tag = f"h{_int(node.attrs.get('level'), 1, low=1, high=6)}"
                anchor = "" if self._anchors is None else self._anchors.of(node)
                named = _attribute("id", anchor or None) + _aligned(node)
                return f"<{tag}{named}>{self.inline(node.content)}</{tag}>"
            case "codeBlock":
                return _code_block(node)
            case "horizontalRule":
                return "<hr>"
            case "image":
                return self._image(node)
            case "blockMath":
                return self._math(node, "div")
            case "callout":
                return self._callout(node)
            case "detailsSummary":
                return f"<summary>{self.inline(node.content)}</summary>"
            case "detailsContent":
                return f'<div data-type="detailsContent">{self._inside(node)}</div>'
            case "orderedList":
                start = _int(node.attrs.get("start"), 1, low=-(2**31), high=2**31)
                named = _attribute("start", start if start != 1 else None)
                named += _attribute("type", node.attrs.get("type"))
                return f"<ol{named}>{self._inside(node)}</ol>"
            case "taskList":
                return f'<ul data-type="taskList">{self._inside(node)}</ul>'
            case "taskItem":
                checked = "true" if node.attrs.get("checked") else "false"
                head = f'<li data-type="taskItem" data-checked="{checked}">'
                return f"{head}{self._inside(node)}</li>"
            case "table":
                return f"<table><tbody>{self._inside(node)}</tbody></table>"
            case known if known in _BLOCK_TAGS:
                tag = _BLOCK_TAGS[known]
                return f"<{tag}{_cell(node)}>{self._inside(node)}</{tag}>"
            case _:
                return self._inside(node)

    def _led(self, mark: Mark) -> Mark:
        """Return a link into the document with the name that its heading has in the page."""
        href = mark.attrs.get("href") if mark.type == "link" else None
        if self._anchors is None or not isinstance(href, str) or not href.startswith("#"):
            return mark
        anchor = self._anchors.resolved(href)
        return mark if anchor is None else Mark("link", {"href": f"#{anchor}"})

    def _inside(self, node: Node) -> str:
        return "".join(self.block(child) for child in node.content)

    def _callout(self, node: Node) -> str:
        kind = str(node.attrs.get("kind"))
        named = _attribute("data-kind", kind)
        if self._page is not None:
            named += ' role="note"'
            named += _attribute("data-title", callout_title(kind, self._page.language))
        return f'<div data-type="callout"{named}>{self._inside(node)}</div>'

    def _image(self, node: Node) -> str:
        source = safe_image(node.attrs.get("src"))
        alt = node.attrs.get("alt")
        if source is None:
            return f"<p>{escape(str(alt or ''), quote=False)}</p>"
        if self._page is not None:
            source = self._page.images.get(source, source)
        rest = "".join(_attribute(name, node.attrs.get(name)) for name in ("alt", "title", "width"))
        image = f"<img{_attribute('src', source)}{rest}>"
        caption = node.attrs.get("caption")
        if not caption:
            return image
        words = escape(str(caption), quote=False)
        return f"<figure>{image}<figcaption>{words}</figcaption></figure>"

    def _math(self, node: Node, tag: str) -> str:
        latex = str(node.attrs.get("latex") or "")
        is_block = tag == "div"
        shown = escape(latex, quote=False)
        if self._page is not None:
            shown = self._page.mathml.get((latex, is_block), shown)
        kind = "block-math" if is_block else "inline-math"
        return f'<{tag} data-type="{kind}"{_attribute("data-latex", latex)}>{shown}</{tag}>'

    def _footnote(self, node: Node) -> str:
        words = self.inline(node.content)
        if self._page is None:
            return f'<span data-type="footnote">{words}</span>'
        self._notes.append(words)
        number = len(self._notes)
        return f'<sup><a id="ref-{number}" href="#note-{number}">{number}</a></sup>'

    def endnotes(self) -> str:
        """Return the footnotes of a page, which stand at its end."""
        if not self._notes:
            return ""
        items = "".join(
            f'<li id="note-{number}">{words} <a href="#ref-{number}" role="doc-backlink">↩</a></li>'
            for number, words in enumerate(self._notes, 1)
        )
        return f'\n<section class="footnotes" role="doc-endnotes"><ol>{items}</ol></section>'

    def inline(self, runs: Iterable[Node]) -> str:
        """Return runs of text as HTML; marks that neighbours share stay open between them."""
        out: list[str] = []
        stack: list[Mark] = []
        for run in runs:
            # A break stands within marks; a footnote has its own, and a link may hold no other.
            marks = stack if run.type in ("hardBreak", "inlineMath") else list(run.marks)
            shared = 0
            while shared < min(len(stack), len(marks)) and stack[shared] == marks[shared]:
                shared += 1
            out.extend(close_tag(mark) for mark in reversed(stack[shared:]))
            out.extend(open_tag(self._led(mark)) for mark in marks[shared:])
            stack = list(marks)
            match run.type:
                case "hardBreak":
                    out.append("<br>")
                case "inlineMath":
                    out.append(self._math(run, "span"))
                case "footnote":
                    out.append(self._footnote(run))
                case _:
                    out.append(escape(run.text, quote=False))
        out.extend(close_tag(mark) for mark in reversed(stack))
        return "".join(out)


def inline(runs: Iterable[Node]) -> str:
    """Return runs of text as a piece of HTML."""
    return _Writer(None).inline(runs)


def _code_block(node: Node) -> str:
    language = node.attrs.get("language")
    named = _attribute("class", f"language-{language}" if language else None)
    # The parser drops a newline that comes first in a <pre>: one more keeps the text's own.
    first = "\n" if node.plain.startswith("\n") else ""
    return f"<pre>{first}<code{named}>{escape(node.plain, quote=False)}</code></pre>"


def _aligned(node: Node) -> str:
    alignment = node.attrs.get("textAlign")
    return _attribute("style", f"text-align: {alignment}" if alignment in ALIGNMENTS else None)


def _cell(node: Node) -> str:
    if node.type not in ("tableCell", "tableHeader"):
        return ""
    out = ""
    for name in ("colspan", "rowspan"):
        span = _int(node.attrs.get(name), 1, low=1, high=1000)
        out += _attribute(name, span if span != 1 else None)
    widths = node.attrs.get("colwidth")
    if isinstance(widths, list) and widths:
        shown = ",".join(str(_int(width, 0, low=0, high=100_000)) for width in widths)
        out += _attribute("data-colwidth", shown)
    return out


def open_tag(mark: Mark) -> str:
    """Return the tag that begins ``mark``; nothing for a link whose address is refused."""
    if mark.type == "link":
        href = safe_link(mark.attrs.get("href"))
        return f"<a{_attribute('href', href)}>" if href else ""
    if mark.type == "textColor":
        return f"<span{_attribute('data-color', mark.attrs.get('color'))}>"
    tag = MARK_TAGS.get(mark.type)
    return f"<{tag}>" if tag else ""


def close_tag(mark: Mark) -> str:
    """Return the tag that ends ``mark``."""
    if mark.type == "link":
        return "</a>" if safe_link(mark.attrs.get("href")) else ""
    if mark.type == "textColor":
        return "</span>"
    tag = MARK_TAGS.get(mark.type)
    return f"</{tag}>" if tag else ""


def _attribute(name: str, value: Json) -> str:
    return "" if value is None else f' {name}="{escape(str(value))}"'


def _int(value: Json, default: int, *, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return default
    return int(min(max(value, low), high))
