"""The nodes and marks that the editor knows; twin of editor/src/schema, compared by a test.

``normalise`` makes any tree one that the editor can hold: unknown nodes are unwrapped, what stands
in the wrong place is wrapped or lifted, runs of equal marks are joined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from collab.richtext.palette import ALIGNMENTS, CALLOUTS, COLORS
from collab.richtext.tree import Json, Mark, Node

#: Deeper trees are cut: the gate allows 64 levels of Yjs types.
MAX_DEPTH = 48
MAX_LEVEL = 6
#: Of a list's first number: what HTML's parsers take.
MAX_START = 2**31
#: In CSS pixels: wider than any page.
MAX_IMAGE_WIDTH = 4000
#: Columns or rows that a cell takes: what HTML allows for columns.
MAX_SPAN = 1000


@dataclass(frozen=True, slots=True)
class NodeType:
    """What a node may hold: ``blocks``, ``inline``, ``text``, ``nothing``, or named children."""

    content: str
    attrs: Mapping[str, Json] = field(default_factory=dict)
    children: tuple[str, ...] = ()


NODES: dict[str, NodeType] = {
    "doc": NodeType("blocks"),
    "paragraph": NodeType("inline", {"textAlign": None}),
    "heading": NodeType("inline", {"level": 1, "textAlign": None}),
    "bulletList": NodeType("named", {}, ("listItem",)),
    "orderedList": NodeType("named", {"start": 1, "type": None}, ("listItem",)),
    "listItem": NodeType("blocks"),
    "taskList": NodeType("named", {}, ("taskItem",)),
    "taskItem": NodeType("blocks", {"checked": False}),
    "blockquote": NodeType("blocks"),
    "codeBlock": NodeType("text", {"language": None}),
    "horizontalRule": NodeType("nothing"),
    "table": NodeType("named", {}, ("tableRow",)),
    "tableRow": NodeType("named", {}, ("tableCell", "tableHeader")),
    "tableCell": NodeType("blocks", {"colspan": 1, "rowspan": 1, "colwidth": None}),
    "tableHeader": NodeType("blocks", {"colspan": 1, "rowspan": 1, "colwidth": None}),
    "image": NodeType(
        "nothing", {"src": None, "alt": None, "title": None, "width": None, "caption": None}
    ),
    "callout": NodeType("blocks", {"kind": "note"}),
    "details": NodeType("named", {}, ("detailsSummary", "detailsContent")),
    "detailsSummary": NodeType("inline"),
    "detailsContent": NodeType("blocks"),
    "blockMath": NodeType("nothing", {"latex": ""}),
    "inlineMath": NodeType("nothing", {"latex": ""}),
    "footnote": NodeType("inline"),
    "hardBreak": NodeType("nothing"),
    "text": NodeType("nothing"),
}
INLINE = frozenset({"text", "hardBreak", "inlineMath", "footnote"})
#: Attributes that most nodes do not have: left out where they say nothing.
_SPARSE = frozenset({"textAlign", "width", "caption"})
#: Marks in the order in which they are nested in formats, outermost first.
MARKS: dict[str, Mapping[str, Json]] = {
    "link": {"href": None},
    "textColor": {"color": None},
    "bold": {},
    "italic": {},
    "underline": {},
    "strike": {},
    "highlight": {},
    "subscript": {},
    "superscript": {},
    "code": {},
}
_MARK_ORDER = {name: place for place, name in enumerate(MARKS)}
#: List items and cells stand in these when they stand alone.
_HOLDERS = {"listItem": "bulletList", "taskItem": "taskList", "tableRow": "table"}


def sorted_marks(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Return ``marks`` in the schema's order; unknown ones last, by name."""
    return tuple(sorted(marks, key=lambda m: (_MARK_ORDER.get(m.type, len(MARKS)), m.type)))


def joined(runs: Iterable[Node]) -> tuple[Node, ...]:
    """Return inline nodes with neighbouring runs of equal marks made one."""
    out: list[Node] = []
    pieces: list[str] = []
    marks: tuple[Mark, ...] = ()

    def end() -> None:
        if pieces:
            out.append(Node("text", text="".join(pieces), marks=marks))
            pieces.clear()

    for run in runs:
        if run.type != "text":
            end()
            out.append(run)
            continue
        if run.marks != marks:
            end()
            marks = run.marks
        if run.text:
            pieces.append(run.text)
    end()
    return tuple(out)


def normalise(node: Node) -> Node:
    """Return a document that the editor can hold, with all of ``node``'s text."""
    blocks = node.content if node.type == "doc" else (node,)
    return Node("doc", content=_blocks(blocks, 1) or (Node("paragraph"),))


def _attrs(node: Node, known: NodeType) -> dict[str, Json]:
    attrs: dict[str, Json] = {}
    for name, default in known.attrs.items():
        value = node.attrs.get(name, default)
        if name in _SOUND and not _SOUND[name](value):
            value = default
        if value is not None or name not in _SPARSE:
            attrs[name] = value
    return attrs


#: Attributes whose values are checked: what draws them takes these and no others.
_SOUND: dict[str, Callable[[Json], bool]] = {
    "kind": lambda value: isinstance(value, str) and value in CALLOUTS,
    "textAlign": lambda value: value in ALIGNMENTS,
    "level": lambda value: type(value) is int and 1 <= value <= MAX_LEVEL,
    "start": lambda value: type(value) is int and abs(value) < MAX_START,
    "checked": lambda value: isinstance(value, bool),
    "colwidth": lambda value: value is None or _are_widths(value),
    "latex": lambda value: isinstance(value, str),
    **dict.fromkeys(
        ("type", "language", "src", "alt", "title"),
        lambda value: value is None or isinstance(value, str),
    ),
    "caption": lambda value: isinstance(value, str) and value != "",
    "width": lambda value: type(value) is int and 0 < value <= MAX_IMAGE_WIDTH,
    "colspan": lambda value: type(value) is int and 0 < value <= MAX_SPAN,
    "rowspan": lambda value: type(value) is int and 0 < value <= MAX_SPAN,
}


def _are_widths(value: Json) -> bool:
    return isinstance(value, list) and all(type(each) is int and each >= 0 for each in value)


def _blocks(nodes: Iterable[Node], depth: int) -> tuple[Node, ...]:
    out: list[Node] = []
    runs: list[Node] = []

    def end_paragraph() -> None:
        if runs:
            out.append(Node("paragraph", content=_inline(runs)))
            runs.clear()

    for node in nodes:
        if node.type in INLINE:
            runs.append(node)
            continue
        end_paragraph()
        out.extend(_block(node, depth))
    end_paragraph()
    return tuple(out)


def _block(node: Node, depth: int) -> tuple[Node, ...]:
    known = NODES.get(node.type)
    if known is None or node.type == "doc":
        return _blocks(node.content, depth)
    if depth > MAX_DEPTH:
        return (Node("paragraph", content=_inline([Node("text", text=node.plain)])),)
    if node.type in _HOLDERS:
        return _block(Node(_HOLDERS[node.type], content=(node,)), depth)
    if node.type in ("tableCell", "tableHeader", "detailsContent"):
        return _blocks(node.content, depth)
    if node.type == "detailsSummary":
        return (Node("paragraph", content=_inline(node.content)),)
    if node.type == "details":
        return (_details(node, depth),)
    attrs = _attrs(node, known)
    match known.content:
        case "nothing":
            return (Node(node.type, attrs),)
        case "text":
            text = node.plain
            return (Node(node.type, attrs, (Node("text", text=text),) if text else ()),)
        case "inline":
            if any(child.type not in INLINE for child in node.content):
                return _lifted(node, attrs, depth)
            return (Node(node.type, attrs, _inline(node.content)),)
        case "named":
            children = _named(node, known, depth)
            return (Node(node.type, attrs, children),) if children else ()
        case _:
            content = _blocks(node.content, depth + 1) or (Node("paragraph"),)
            return (Node(node.type, attrs, content),)


def _lifted(node: Node, attrs: dict[str, Json], depth: int) -> tuple[Node, ...]:
    """Split a paragraph or heading around the blocks in it.

    Spaces and line breaks where it is split have nothing to part any more.
    """
    out = []
    for block in _blocks(node.content, depth):
        if block.type != "paragraph":
            out.append(block)
        elif content := _trimmed(block.content):
            out.append(Node(node.type, attrs, content))
    return tuple(out)


def _trimmed(runs: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the runs without spaces and line breaks at the beginning and the end."""
    kept = list(runs)
    for place, strip in ((0, str.lstrip), (-1, str.rstrip)):
        while kept and kept[place].type in ("text", "hardBreak"):
            run = kept[place]
            text = strip(run.text, " \t\n")
            if text:
                kept[place] = Node("text", text=text, marks=run.marks)
                break
            del kept[place]
    return tuple(kept)


def _named(node: Node, known: NodeType, depth: int) -> tuple[Node, ...]:
    out = []
    for child in node.content:
        kind = child.type if child.type in known.children else known.children[0]
        inner = child.content if child.type in known.children else (child,)
        attrs = _attrs(child, NODES[kind])
        if kind == "tableRow":
            content = _named(Node(kind, content=inner), NODES[kind], depth + 1)
        else:
            content = _blocks(inner, depth + 2) or (Node("paragraph"),)
            if kind in ("listItem", "taskItem") and content[0].type != "paragraph":
                content = (Node("paragraph"), *content)
        if content:
            out.append(Node(kind, attrs, content))
    return tuple(out)


def _details(node: Node, depth: int) -> Node:
    """Return the node with exactly one summary, of text only, and what it hides."""
    summaries = [child for child in node.content if child.type == "detailsSummary"]
    rest = [child for child in node.content if child.type != "detailsSummary"]
    words = _texts(summaries[0].content) if summaries else ()
    hidden = _blocks([*summaries[1:], *rest], depth + 2) or (Node("paragraph"),)
    content = (Node("detailsSummary", content=words), Node("detailsContent", content=hidden))
    return Node("details", content=content)


def _texts(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Return inline nodes as text with marks, in which nothing else can stand."""
    runs = [
        run if run.type == "text" else Node("text", text=run.plain.replace("\n", " "))
        for run in _inline(_flat(nodes))
    ]
    return joined(runs)


def _flat(nodes: Iterable[Node]) -> list[Node]:
    """Return what is in ``nodes`` without blocks: a line for each."""
    runs: list[Node] = []
    is_new_line = False
    for node in nodes:
        is_inline = node.type in INLINE
        if runs and (is_new_line or not is_inline):
            runs.append(Node("hardBreak"))
        is_new_line = not is_inline
        if node.type == "footnote" or not is_inline:
            runs += _flat(node.content)
        else:
            runs.append(node)
    return runs


def _mark_attrs(mark: Mark) -> dict[str, Json]:
    known = MARKS[mark.type]
    return {
        name: value if value is None or isinstance(value, str) else known[name]
        for name, value in mark.attrs.items()
        if name in known
    }


def _is_color(value: Json) -> bool:
    return isinstance(value, str) and value in COLORS


def _inline(runs: Iterable[Node]) -> tuple[Node, ...]:
    out = []
    for run in runs:
        if run.type == "footnote":
            out.append(Node("footnote", content=_inline(_flat(run.content))))
            continue
        if run.type != "text":
            out.append(Node(run.type, _attrs(run, NODES[run.type])))
            continue
        marks = [
            Mark(m.type, _mark_attrs(m))
            for m in run.marks
            if m.type in MARKS and (m.type != "textColor" or _is_color(m.attrs.get("color")))
        ]
        if any(m.type == "code" for m in marks):
            marks = [m for m in marks if m.type == "code"]  # Tiptap's code excludes all others
        out.append(Node("text", text=run.text, marks=sorted_marks(marks)))
    return joined(out)
