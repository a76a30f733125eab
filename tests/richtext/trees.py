"""Generated rich text."""

from __future__ import annotations

from hypothesis import strategies as st

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
]
text = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
marks = st.sets(
    st.sampled_from(["bold", "italic", "strike", "underline", "highlight", "code"]), max_size=3
)
links = st.one_of(st.none(), st.sampled_from(["https://example.org/a?b=c&d", "mailto:a@b.org"]))


@st.composite
def runs(draw: st.DrawFn) -> Node:
    found = [Mark(name) for name in draw(marks)]
    if href := draw(links):
        found.append(Mark("link", {"href": href}))
    return Node("text", text=draw(text), marks=tuple(found))


def block(kind: str, **attrs: object) -> st.SearchStrategy[Node]:
    content = st.lists(runs(), max_size=3).map(tuple)
    return content.map(lambda c: Node(kind, dict(attrs), c))  # type: ignore[arg-type]


leaves = st.one_of(
    block("paragraph"),
    st.integers(1, 4).flatmap(lambda level: block("heading", level=level)),
    st.builds(
        lambda code, language: Node(
            "codeBlock", {"language": language}, (Node("text", text=code),)
        ),
        st.sampled_from(["x = 1\n\ty", "```\n~~~", "<&>\n\n  z", "你好"]),
        st.sampled_from([None, "python"]),
    ),
    st.just(Node("horizontalRule")),
    st.just(
        Node("image", {"src": "https://example.org/i.png", "alt": "an [image]", "title": None})
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
    return block("paragraph").map(lambda p: Node(kind, {}, (p,)))


@st.composite
def tables(draw: st.DrawFn) -> Node:
    width = draw(st.integers(1, 3))
    kinds = ["tableHeader"] + ["tableCell"] * draw(st.integers(0, 2))
    rows = [Node("tableRow", {}, tuple(draw(cells(k)) for _ in range(width))) for k in kinds]
    return Node("table", {}, tuple(rows))


blocks = st.one_of(st.recursive(leaves, holders, max_leaves=5), tables())
documents = st.lists(blocks, min_size=1, max_size=4).map(
    lambda content: normalise(Node("doc", content=tuple(content)))
)
