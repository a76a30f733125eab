"""HTML out of a document: the tags that the editor itself renders, so that pasting reads them."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

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
    "paragraph": "p",
    "blockquote": "blockquote",
    "bulletList": "ul",
    "listItem": "li",
    "tableRow": "tr",
    "tableCell": "td",
    "tableHeader": "th",
}
_PAGE = """<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui }}
img {{ max-width: 100% }}
table {{ border-collapse: collapse }}
th, td {{ border: 1px solid #999; padding: .3rem .6rem; text-align: left; vertical-align: top }}
pre {{ overflow-x: auto; padding: .8rem; background: #f3f3f1 }}
blockquote {{ margin-left: 0; padding-left: 1rem; border-left: 3px solid #bbb }}
ul[data-type="taskList"] {{ list-style: none; padding-left: .5rem }}
li[data-type="taskItem"]::before {{ content: "☐ "; float: left; margin-right: .4rem }}
li[data-checked="true"]::before {{ content: "☑ " }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def to_html(document: Node, title: str = "", *, is_standalone: bool = False) -> str:
    """Return the document as HTML, all text escaped; ``is_standalone`` makes it a page."""
    body = "\n".join(_block(block) for block in document.content)
    return _PAGE.format(title=escape(title), body=body) if is_standalone else body


def _block(node: Node) -> str:
    match node.type:
        case "heading":
            tag = f"h{_int(node.attrs.get('level'), 1, low=1, high=6)}"
            return f"<{tag}>{inline(node.content)}</{tag}>"
        case "codeBlock":
            language = node.attrs.get("language")
            named = _attribute("class", f"language-{language}" if language else None)
            # The parser drops a newline that comes first in a <pre>: one more keeps the text's own.
            first = "\n" if node.plain.startswith("\n") else ""
            return f"<pre>{first}<code{named}>{escape(node.plain, quote=False)}</code></pre>"
        case "horizontalRule":
            return "<hr>"
        case "image":
            return image(node)
        case "orderedList":
            start = _int(node.attrs.get("start"), 1, low=-(2**31), high=2**31)
            named = _attribute("start", start if start != 1 else None)
            return f"<ol{named}{_attribute('type', node.attrs.get('type'))}>{_inside(node)}</ol>"
        case "taskList":
            return f'<ul data-type="taskList">{_inside(node)}</ul>'
        case "taskItem":
            checked = "true" if node.attrs.get("checked") else "false"
            return f'<li data-type="taskItem" data-checked="{checked}">{_inside(node)}</li>'
        case "table":
            return f"<table><tbody>{_inside(node)}</tbody></table>"
        case "paragraph":
            return f"<p>{inline(node.content)}</p>"
        case known if known in _BLOCK_TAGS:
            tag = _BLOCK_TAGS[known]
            return f"<{tag}{_cell(node)}>{_inside(node)}</{tag}>"
        case _:
            return _inside(node)


def _inside(node: Node) -> str:
    return "".join(_block(child) for child in node.content)


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


def image(node: Node) -> str:
    """Return the tag of an image; its other text where its address is refused."""
    source = safe_image(node.attrs.get("src"))
    alt = node.attrs.get("alt")
    if source is None:
        return f"<p>{escape(str(alt or ''), quote=False)}</p>"
    rest = _attribute("alt", alt) + _attribute("title", node.attrs.get("title"))
    return f"<img{_attribute('src', source)}{rest}>"


def inline(runs: Iterable[Node]) -> str:
    """Return runs of text as HTML; marks that neighbours share stay open between them."""
    out: list[str] = []
    stack: list[Mark] = []
    for run in runs:
        marks = list(run.marks) if run.type == "text" else stack
        shared = 0
        while shared < min(len(stack), len(marks)) and stack[shared] == marks[shared]:
            shared += 1
        out.extend(close_tag(mark) for mark in reversed(stack[shared:]))
        out.extend(open_tag(mark) for mark in marks[shared:])
        stack = list(marks)
        out.append("<br>" if run.type == "hardBreak" else escape(run.text, quote=False))
    out.extend(close_tag(mark) for mark in reversed(stack))
    return "".join(out)


def open_tag(mark: Mark) -> str:
    """Return the tag that begins ``mark``; nothing for a link whose address is refused."""
    if mark.type == "link":
        href = safe_link(mark.attrs.get("href"))
        return f"<a{_attribute('href', href)}>" if href else ""
    tag = MARK_TAGS.get(mark.type)
    return f"<{tag}>" if tag else ""


def close_tag(mark: Mark) -> str:
    """Return the tag that ends ``mark``."""
    if mark.type == "link":
        return "</a>" if safe_link(mark.attrs.get("href")) else ""
    tag = MARK_TAGS.get(mark.type)
    return f"</{tag}>" if tag else ""


def _attribute(name: str, value: Json) -> str:
    return "" if value is None else f' {name}="{escape(str(value))}"'


def _int(value: Json, default: int, *, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return default
    return int(min(max(value, low), high))
