"""A comparison, written for people: HTML and plain text. Every change says whose it is.

HTML is a fragment: all text escaped, addresses checked, no script, no style. Insertions stand in
``<ins>``, deletions in ``<del>``, formats in ``<span data-op="format">``, each with ``data-author``
(an id) and ``title`` (a name), so that colour is never all that tells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from collab.history.authors import Authorship
from collab.history.comparison import SignedChange, SignedRun
from collab.richtext.diff import holds_text
from collab.richtext.html import inline, to_html
from collab.richtext.text import to_text
from collab.richtext.tree import Node

_TAGS = {
    "paragraph": "p",
    "blockquote": "blockquote",
    "bulletList": "ul",
    "orderedList": "ol",
    "taskList": "ul",
    "listItem": "li",
    "taskItem": "li",
    "codeBlock": "pre",
    "tableRow": "tr",
    "tableCell": "td",
    "tableHeader": "th",
}


#: Blocks that stand in a list or table only: written with their tag, also when nothing changed.
_PARTS = frozenset({"listItem", "taskItem", "tableRow", "tableCell", "tableHeader"})
NameOf = Callable[[int], str]


def diff_to_html(changes: Sequence[SignedChange], name_of: NameOf) -> str:
    """Return the comparison as an HTML fragment."""
    return "\n".join(_block(change, name_of) for change in changes)


def _block(change: SignedChange, name_of: NameOf) -> str:
    node = change.node
    if change.kind == "same" and node.type not in _PARTS:
        return to_html(Node("doc", content=(node,)))
    marks = f' data-diff="{change.kind}"' + _signed(change.by, name_of)
    if not holds_text(node) and not node.content:
        tag = {"added": "ins", "removed": "del"}.get(change.kind, "div")
        return f"<{tag}{marks}>{to_html(Node('doc', content=(node,)))}</{tag}>"
    if change.kind == "same":
        inner = to_html(Node("doc", content=node.content))
    elif holds_text(node):
        inner = "".join(_run(run, name_of) for run in change.runs)
    else:
        inner = "".join(_block(each, name_of) for each in change.blocks)
    if node.type == "heading":
        level = node.attrs.get("level")
        tag = f"h{level if isinstance(level, int) and 1 <= level <= 6 else 1}"
        return f"<{tag}{marks}>{inner}</{tag}>"
    if node.type == "table":
        return f"<table{marks}><tbody>{inner}</tbody></table>"
    if node.type == "taskItem":
        checked = "true" if node.attrs.get("checked") else "false"
        marks += f' data-type="taskItem" data-checked="{checked}"'
    tag = _TAGS.get(node.type, "div")
    return f"<{tag}{marks}>{inner}</{tag}>"


def _run(run: SignedRun, name_of: NameOf) -> str:
    said = inline((run.node,))
    match run.op:
        case "insert":
            return f"<ins{_signed(run.by, name_of)}>{said}</ins>"
        case "delete":
            return f"<del{_signed(run.by, name_of)}>{said}</del>"
        case "format":
            return f'<span data-op="format"{_signed(run.by, name_of)}>{said}</span>'
        case _:
            return said


def _signed(by: Authorship | None, name_of: NameOf) -> str:
    if by is None or by.author_id is None:
        return ""
    return f' data-author="{by.author_id}" title="{escape(name_of(by.author_id))}"'


def diff_to_text(changes: Sequence[SignedChange], name_of: NameOf) -> str:
    """Return the comparison as lines: ``+`` came, ``-`` went, ``~`` changed.

    In a changed line ``{+this came+}``, ``[-this went-]``, ``{=this has other marks=}``; a name in
    brackets says whose it is.
    """
    lines: list[str] = []
    for change in changes:
        _lines(change, name_of, lines)
    return "\n".join(lines) + ("\n" if lines else "")


def _lines(change: SignedChange, name_of: NameOf, lines: list[str]) -> None:
    sign = {"same": "  ", "added": "+ ", "removed": "- ", "changed": "~ "}[change.kind]
    if change.kind == "changed" and not holds_text(change.node) and change.blocks:
        for inner in change.blocks:
            _lines(inner, name_of, lines)
        return
    if change.kind == "changed" and holds_text(change.node):
        said = "".join(_words(run, name_of) for run in change.runs).split("\n")
    else:
        said = to_text(Node("doc", content=(change.node,))).removesuffix("\n").split("\n")
    tail = "" if change.by is None else _named(change.by, name_of)
    lines += [
        sign + line + (tail if place == len(said) - 1 else "") for place, line in enumerate(said)
    ]


def _words(run: SignedRun, name_of: NameOf) -> str:
    text = run.node.plain if run.node.type in ("text", "hardBreak") else f"<{run.node.type}>"
    who = "" if run.by is None else _named(run.by, name_of)
    match run.op:
        case "insert":
            return f"{{+{text}+}}{who}"
        case "delete":
            return f"[-{text}-]{who}"
        case "format":
            return f"{{={text}=}}{who}"
        case _:
            return text


def _named(by: Authorship, name_of: NameOf) -> str:
    return "" if by.author_id is None else f" ({name_of(by.author_id)})"
