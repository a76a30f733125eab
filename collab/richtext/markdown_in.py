"""A document out of Markdown: CommonMark with GFM's tables, strikes and tasks, and inline HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from collab.richtext.errors import FormatError, gettext_noop
from collab.richtext.html import MARK_TAGS
from collab.richtext.html_in import from_html
from collab.richtext.html_tokens import Start, html_tokens
from collab.richtext.palette import CALLOUTS
from collab.richtext.schema import normalise
from collab.richtext.tree import Json, Mark, Node
from collab.richtext.urls import safe_image, safe_link

#: Deeper Markdown is refused: the parser would leave text out.
MAX_MARKDOWN_DEPTH = 100
_TOO_DEEP = gettext_noop("The Markdown is nested deeper than %(most)d levels.")
_OPEN = {
    "paragraph_open": "paragraph",
    "blockquote_open": "blockquote",
    "bullet_list_open": "bulletList",
    "ordered_list_open": "orderedList",
    "list_item_open": "listItem",
    "heading_open": "heading",
    "table_open": "table",
    "tr_open": "tableRow",
    "th_open": "tableHeader",
    "td_open": "tableCell",
    "footnote_open": "footnote",
}
_MARKS = {"strong": "bold", "em": "italic", "s": "strike"}
_TAG_MARKS = {tag: mark for mark, tag in MARK_TAGS.items()} | {"b": "bold", "i": "italic"}
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
#: With a title, foldable, and of other kinds, as Obsidian has it.
_ALERT = re.compile(r"\[!([A-Za-z]+)\][+-]?(?:[ \t]+|$)")
_ALERT_KINDS = {kind: kind for kind in CALLOUTS} | {
    **dict.fromkeys(("info", "abstract", "summary", "tldr", "todo", "question", "help"), "note"),
    **dict.fromkeys(("faq", "example", "quote", "cite"), "note"),
    **dict.fromkeys(("hint", "success", "check", "done"), "tip"),
    "attention": "warning",
    **dict.fromkeys(("failure", "fail", "missing", "danger", "error", "bug"), "caution"),
}
#: HTML that opens what Markdown fills, and HTML that closes it; whole ones are read as HTML.
_DETAILS = re.compile(r"\s*<details(?:\s[^<>]*)?>\s*", re.IGNORECASE)
_SUMMARY = re.compile(r"<summary(?:\s[^<>]*)?>", re.IGNORECASE)
_SUMMARY_END = re.compile(r"</summary>", re.IGNORECASE)
_DETAILS_END = re.compile(r"</details>", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\](?:[ \t]+|$)")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_MARKDOWN_DEPTH})
    parser.enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False, move_to_end=True)
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, allow_labels=False)
    # Addresses are taken as they stand, and judged by collab.richtext.urls.
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.validateLink = lambda url: bool(url)  # type: ignore[method-assign]
    return parser


_PARSER = _parser()


def from_markdown(source: str) -> Node:
    """Return the document that ``source`` says.

    Raises:
        FormatError: it is nested deeper than MAX_MARKDOWN_DEPTH, or HTML in it too deep.
    """
    tokens = _PARSER.parse(source)
    if any(token.level >= MAX_MARKDOWN_DEPTH - 1 for token in tokens):
        raise FormatError(_TOO_DEEP, most=MAX_MARKDOWN_DEPTH)
    blocks = list(_blocks(tokens))
    # The parser puts the words of footnotes at the end, in the order of their ids.
    notes = {node.attrs["id"]: node for node in blocks if node.type == "footnote"}
    rest = _grouped([node for node in blocks if node.type != "footnote"])
    return normalise(_with_notes(Node("doc", content=tuple(rest)), notes))


def _with_notes(node: Node, notes: Mapping[Json, Node]) -> Node:
    """Return the tree with the words of each footnote where its number stands."""
    if node.type == "footnote" and "id" in node.attrs:
        note = notes.get(node.attrs.get("id"))
        content = () if note is None or note.plain == "\u00a0" else note.content
        # A note in a note has no place: its number is dropped, or it could go on for ever.
        return Node("footnote", content=tuple(_without_notes(child) for child in content))
    if not node.content:
        return node
    content = tuple(_with_notes(child, notes) for child in node.content)
    return Node(node.type, node.attrs, content, node.text, node.marks)


def _without_notes(node: Node) -> Node:
    content = tuple(_without_notes(each) for each in node.content if each.type != "footnote")
    return Node(node.type, node.attrs, content, node.text, node.marks)


def _grouped(nodes: Sequence[Node]) -> list[Node]:
    """Return nodes with all between an opening and a closing ``<details>`` put into it."""
    out: list[Node] = []
    open_ones: list[tuple[Node, list[Node]]] = []
    for node in nodes:
        if node.type == "detailsOpen":
            open_ones.append((node, []))
            continue
        if node.type == "detailsClose":
            if not open_ones:
                continue
            node = _details(*open_ones.pop())
        (open_ones[-1][1] if open_ones else out).append(node)
    while open_ones:
        whole = _details(*open_ones.pop())
        (open_ones[-1][1] if open_ones else out).append(whole)
    return out


def _details(opening: Node, hidden: list[Node]) -> Node:
    summary = Node("detailsSummary", content=opening.content)
    return Node("details", content=(summary, Node("detailsContent", content=tuple(hidden))))


def _blocks(tokens: Sequence[Token]) -> Iterator[Node]:
    stack: list[tuple[Token, list[Node]]] = []
    for token in tokens:
        found: list[Node] = []
        if token.nesting == 1:
            stack.append((token, []))
            continue
        if token.nesting == -1:
            opening, content = stack.pop()
            found = _closed(opening, content)
        else:
            found = list(_leaf(token))
        if stack:
            stack[-1][1].extend(found)
        else:
            yield from found


def _closed(opening: Token, content: list[Node]) -> list[Node]:
    kind = _OPEN.get(opening.type)
    if kind is None:
        return content
    attrs: dict[str, Json] = {}
    content = _grouped(content)
    if kind == "footnote":
        attrs = {"id": opening.meta["id"]}
    elif kind in ("tableCell", "tableHeader"):
        alignment = str(opening.attrs.get("style", "")).removeprefix("text-align:")
        inner = Node("paragraph", {"textAlign": alignment or None}, tuple(content))
        return [Node(kind, content=(inner,))]
    elif kind == "blockquote" and (found := _alert(content)):
        return [found]
    elif kind == "heading":
        attrs = {"level": int(opening.tag[1])}
    elif kind == "orderedList":
        attrs = {"start": int(opening.attrs.get("start", 1))}
    elif kind == "bulletList" and any(_TASK.match(_first_text(item)) for item in content):
        items = tuple(_task(item) for item in content)
        return [Node("taskList", content=items)]
    elif kind == "paragraph" and [n.text for n in content] == ["\u00a0"]:
        content = []
    return [Node(kind, attrs, tuple(content))]


def _leaf(token: Token) -> Iterator[Node]:
    match token.type:
        case "inline":
            yield from _inline(token.children or [])
        case "fence" | "code_block":
            text = token.content.removesuffix("\n")
            language = token.info.split()[0] if token.info.split() else None
            if language == "math":
                yield Node("blockMath", {"latex": text})
                return
            content = (Node("text", text=text),) if text else ()
            yield Node("codeBlock", {"language": language}, content)
        case "math_block":
            # Indents of the list that it stands in are left to us; none means anything here.
            lines = [line.strip() for line in token.content.strip().split("\n")]
            yield Node("blockMath", {"latex": "\n".join(lines)})
        case "hr":
            yield Node("horizontalRule")
        case "html_block" if (opening := _opened_details(token.content)) is not None:
            summary, rest = opening
            yield Node("detailsOpen", content=from_html(summary).content)
            if rest.strip():
                yield from from_html(rest).content
        case "html_block" if _DETAILS_END.fullmatch(token.content.strip()):
            yield Node("detailsClose")
        case "html_block":
            found = from_html(token.content).content
            if found != (Node("paragraph"),):  # nothing but comments, or what was cleaned away
                yield from found


def _opened_details(source: str) -> tuple[str, str] | None:
    """Return the summary and what follows where a foldable section is opened and not closed."""
    began = _DETAILS.match(source)
    if began is None:
        return None
    at, summary = began.end(), ""
    if (opened := _SUMMARY.match(source, at)) and (
        ended := _SUMMARY_END.search(source, opened.end())
    ):
        summary, at = source[opened.end() : ended.start()], ended.end()
    return None if _DETAILS_END.search(source, at) else (summary, source[at:])


def _alert(content: list[Node]) -> Node | None:
    """Return the callout that GitHub, or Obsidian, makes of a quote with such a content.

    A title is the first paragraph of it, in bold.
    """
    first = content[0] if content else None
    if first is None or first.type != "paragraph" or not first.content:
        return None
    head, *rest = first.content
    found = _ALERT.match(head.text) if head.attrs.get("raw") else None
    kind = None if found is None else _ALERT_KINDS.get(found[1].lower())
    if found is None or kind is None:
        return None
    end = next((at for at, run in enumerate(rest) if run.attrs.get("soft")), len(rest))
    title = [Node("text", text=head.text[found.end() :], marks=head.marks), *rest[:end]]
    if not "".join(run.plain for run in title).strip():
        title = [Node("text", text=found[1].capitalize())] if kind != found[1].lower() else []
    lines = [[_bold(run) for run in title], rest[end + 1 :]]
    words = (Node("paragraph", content=tuple(line)) for line in lines if line)
    return Node("callout", {"kind": kind}, (*words, *content[1:]))


def _bold(run: Node) -> Node:
    is_text = run.type == "text" and not run.has("bold")
    return Node("text", text=run.text, marks=(*run.marks, Mark("bold"))) if is_text else run


def _first_text(item: Node) -> str:
    """Return the Markdown-plain beginning of an item, where a task's box stands."""
    first = item.content[0] if item.content else None
    if first is None or first.type != "paragraph" or not first.content:
        return ""
    head = first.content[0]
    return head.text if head.attrs.get("raw") else ""


def _task(item: Node) -> Node:
    found = _TASK.match(_first_text(item))
    if found is None:
        return Node("taskItem", {"checked": False}, item.content)
    first, *rest = item.content
    head, *runs = first.content
    text = head.text[found.end() :]
    kept = (Node("text", text=text, marks=head.marks), *runs) if text else tuple(runs)
    if [run.text for run in kept] == ["\u00a0"]:
        kept = ()
    checked = found.group(1) != " "
    return Node("taskItem", {"checked": checked}, (Node("paragraph", content=kept), *rest))


def _inline(tokens: Sequence[Token]) -> Iterator[Node]:
    marks: list[Mark] = []
    for place, token in enumerate(tokens):
        match token.type:
            case "text" | "text_special":
                # Only text that was not escaped may be a task's box: `raw` tells it apart.
                is_raw = place == 0 and token.type == "text"
                attrs: dict[str, Json] = {"raw": True} if is_raw else {}
                if token.content:
                    yield Node("text", attrs, text=token.content, marks=_ordered(marks))
            case "softbreak":
                yield Node("text", {"soft": True}, text=" ", marks=_ordered(marks))
            case "hardbreak":
                yield Node("hardBreak")
            case "code_inline":
                yield Node("text", text=token.content, marks=(*_ordered(marks), Mark("code")))
            case "image":
                yield from _image(token)
            case "math_inline":
                yield Node("inlineMath", {"latex": token.content})
            case "footnote_ref":
                yield Node("footnote", {"id": token.meta["id"]})
            case "html_inline":
                yield from _tag(token.content, marks)
            case _ if token.nesting == 1:
                marks.append(_opened(token))
            case _ if token.nesting == -1 and marks:
                marks.pop()


def _ordered(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """Return each mark once; ``none`` stands for a link whose address is refused."""
    return tuple({mark.type: mark for mark in marks if mark.type != "none"}.values())


def _opened(token: Token) -> Mark:
    if token.type == "link_open":
        href = safe_link(token.attrs.get("href"))
        return Mark("link", {"href": href}) if href else Mark("none")
    return Mark(_MARKS.get(token.tag, "none"))


def _image(token: Token) -> Iterator[Node]:
    source = safe_image(token.attrs.get("src"))
    alt = "".join(child.content for child in token.children or [])
    if source is None:
        yield Node("text", text=alt)
    else:
        title = token.attrs.get("title")
        yield Node("image", {"src": source, "alt": alt or None, "title": title or None})


def _tag(source: str, marks: list[Mark]) -> Iterator[Node]:
    found = _TAG.match(source)
    if found is None:
        return
    is_closing, tag = bool(found.group(1)), found.group(2).lower()
    if tag == "br":
        yield Node("hardBreak")
    elif tag == "img":
        yield from (node for node in from_html(source).content if node.type == "image")
    elif tag == "span" and not is_closing and len(marks) < MAX_MARKDOWN_DEPTH:
        attrs = next((each.attrs for each in html_tokens(source) if isinstance(each, Start)), {})
        if "data-latex" in attrs:
            yield Node("inlineMath", {"latex": attrs["data-latex"]})
        color = attrs.get("data-color")
        marks.append(Mark("textColor", {"color": color}) if color else Mark("none"))
    elif tag in _TAG_MARKS and not is_closing:
        if len(marks) < MAX_MARKDOWN_DEPTH:  # of those that nothing closes
            marks.append(Mark(_TAG_MARKS[tag]))
    elif is_closing:
        kinds = ("textColor", "none") if tag == "span" else (_TAG_MARKS.get(tag),)
        for place in range(len(marks) - 1, -1, -1):
            if marks[place].type in kinds:
                del marks[place]
                break
