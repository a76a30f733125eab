"""Generated rich text: every node, mark and attribute that the editor has."""

from __future__ import annotations

from hypothesis import strategies as st

from collab.richtext.palette import ALIGNMENTS as WHERE
from collab.richtext.palette import CALLOUTS, COLORS
from collab.richtext.schema import normalise
from collab.richtext.tree import Mark, Node

WORDS = [
    "word",
    "你好，世界",
    "😀",
    "👩‍👩‍👧",
    "a*b_c",
    "<&>",
    "`tick`",
    "[x](y)",
    "|",
    "# no",
    "1. no",
    "- no",
    "\\",
    "~~s~~",
    "http://a.b",
    "e\u0301",
    "!",
    "<u>",
    "&amp;",
    "+ x",
    "> q",
    "```",
    "===",
    "$5",
    "$x$",
    "[^1]",
    "(a)",
    ": b",
    "[!NOTE]",
    "</details>",
    "שלום עולם",
    "مرحبا",
    "\u200fא1",
    "🇨🇭👍🏽",
    "ﷺ",
    "a_b_",
    "&nbsp;",
    "\u00a0",
    "ends\\",
    "<!-- -->",
    "~",
]
FORMULAS = ["x^2", "\\frac{a}{b} < c", "a | b", "a $ b", "x\\", " y ", "*a* `b`", '"q" & r']
ALIGNMENTS = st.sampled_from([None, None, None, *WHERE])
MARKS = ["bold", "italic", "strike", "underline", "highlight", "subscript", "superscript", "code"]
LINKS = [
    "https://example.org/a?b=c&d",
    "mailto:a@b.org",
    "https://example.org/(a)_b|c",
    "https://例子.测试/路径 x",
    "https://example.org/\"'&amp;<>",
    "#part",
]
text = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
marks = st.sets(st.sampled_from(MARKS), max_size=3)
links = st.one_of(st.none(), st.sampled_from(LINKS))


@st.composite
def runs(draw: st.DrawFn) -> Node:
    found = [Mark(name) for name in draw(marks)]
    if href := draw(links):
        found.append(Mark("link", {"href": href}))
    if color := draw(st.sampled_from([None, None, None, *COLORS])):
        found.append(Mark("textColor", {"color": color}))
    return Node("text", text=draw(text), marks=tuple(found))


breaks = st.just(Node("hardBreak"))
formulas = st.sampled_from(FORMULAS).map(lambda latex: Node("inlineMath", {"latex": latex}))
notes = st.lists(st.one_of(runs(), formulas, breaks), max_size=3).map(
    lambda content: Node("footnote", {}, tuple(content))
)
inlines = st.one_of(runs(), runs(), runs(), formulas, notes, breaks)


def block(kind: str, **attrs: object) -> st.SearchStrategy[Node]:
    content = st.lists(inlines, max_size=3).map(tuple)
    return content.map(lambda c: Node(kind, dict(attrs), c))  # type: ignore[arg-type]


leaves = st.one_of(
    ALIGNMENTS.flatmap(lambda where: block("paragraph", textAlign=where)),
    st.tuples(st.integers(1, 6), ALIGNMENTS).flatmap(
        lambda both: block("heading", level=both[0], textAlign=both[1])
    ),
    st.sampled_from(["x", "a\n= b", "\\sum_{i}\n\n x", "a $$ b", "", " z"]).map(
        lambda latex: Node("blockMath", {"latex": latex})
    ),
    st.builds(
        lambda code, language: Node(
            "codeBlock", {"language": language}, (Node("text", text=code),) if code else ()
        ),
        st.sampled_from(["x = 1\n\ty", "```\n~~~", "<&>\n\n  z", "你好", "", "\n x\n"]),
        st.sampled_from([None, "python", "c++", "math"]),
    ),
    st.just(Node("horizontalRule")),
    st.builds(
        lambda src, alt, title, width, caption: Node(
            "image",
            {"src": src, "alt": alt, "title": title, "width": width, "caption": caption},
        ),
        st.sampled_from(["https://example.org/i.png", "/a (1)|<2>.png"]),
        st.sampled_from([None, "an [image]", '图 "<&>" | a\\']),
        st.sampled_from([None, 'a "title"', "标题 | <&amp;> \\"]),
        st.sampled_from([None, 320]),
        st.sampled_from([None, "图 1: <a> & b"]),
    ),
)


def holders(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    blocks = st.lists(inner, min_size=1, max_size=2)

    def item(kind: str, **attrs: object) -> st.SearchStrategy[Node]:
        return st.tuples(block("paragraph"), st.lists(inner, max_size=1)).map(
            lambda both: Node(kind, dict(attrs), (both[0], *both[1]))  # type: ignore[arg-type]
        )

    return st.one_of(
        blocks.map(lambda c: Node("blockquote", {}, tuple(c))),
        st.tuples(st.sampled_from(list(CALLOUTS)), blocks).map(
            lambda c: Node("callout", {"kind": c[0]}, tuple(c[1]))
        ),
        st.tuples(st.lists(runs(), max_size=2), blocks).map(
            lambda c: Node(
                "details",
                {},
                (
                    Node("detailsSummary", {}, tuple(c[0])),
                    Node("detailsContent", {}, tuple(c[1])),
                ),
            )
        ),
        st.lists(item("listItem"), min_size=1, max_size=3).map(
            lambda c: Node("bulletList", {}, tuple(c))
        ),
        st.tuples(st.integers(1, 12), st.lists(item("listItem"), min_size=1, max_size=3)).map(
            lambda c: Node("orderedList", {"start": c[0]}, tuple(c[1]))
        ),
        st.lists(
            st.booleans().flatmap(lambda checked: item("taskItem", checked=checked)),
            min_size=1,
            max_size=3,
        ).map(lambda c: Node("taskList", {}, tuple(c))),
    )


def cells(kind: str) -> st.SearchStrategy[Node]:
    return st.sampled_from([None, None, "center"]).flatmap(
        lambda where: block("paragraph", textAlign=where).map(lambda p: Node(kind, {}, (p,)))
    )


@st.composite
def tables(draw: st.DrawFn) -> Node:
    """Tables that Markdown has a form for."""
    width = draw(st.integers(1, 3))
    kinds = ["tableHeader"] + ["tableCell"] * draw(st.integers(0, 2))
    rows = [Node("tableRow", {}, tuple(draw(cells(k)) for _ in range(width))) for k in kinds]
    return Node("table", {}, tuple(rows))


@st.composite
def spanned_tables(draw: st.DrawFn) -> Node:
    """Tables with spans, several blocks in a cell, headers anywhere, widths of columns."""
    height, width = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    widths = [draw(st.integers(40, 300)) for _ in range(width)] if draw(st.booleans()) else None
    taken: set[tuple[int, int]] = set()
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            if (y, x) in taken:
                continue
            down = draw(st.integers(1, height - y))
            across = draw(st.integers(1, width - x))
            if any((y, x + step) in taken for step in range(across)):
                across = 1
            taken |= {(y + a, x + b) for a in range(down) for b in range(across)}
            attrs = {
                "colspan": across,
                "rowspan": down,
                "colwidth": widths and widths[x : x + across],
            }
            kind = draw(st.sampled_from(["tableCell", "tableHeader"]))
            content = draw(st.lists(leaves, min_size=1, max_size=2))
            row.append(Node(kind, attrs, tuple(content)))
        if row:
            rows.append(Node("tableRow", {}, tuple(row)))
    return Node("table", {}, tuple(rows))


blocks = st.one_of(st.recursive(leaves, holders, max_leaves=5), tables(), spanned_tables())
documents = st.lists(blocks, min_size=1, max_size=4).map(
    lambda content: normalise(Node("doc", content=tuple(content)))
)
