"""What goes out as DOCX or ODT and comes back: no word is lost, and DOCX loses exactly what we say.

Pandoc takes a second to start, so that each example is a document of many blocks.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from collab.formats.errors import TooLarge
from collab.formats.export import export
from collab.formats.imports import import_file
from collab.formats.odt import readable
from collab.formats.pandoc_out import PAGE_PX
from collab.formats.programs import Programs
from collab.formats.tables import MAX_COLUMNS, MAX_PLACES, grid_of
from collab.richtext.schema import MAX_SPAN, joined, normalise
from collab.richtext.tree import Json, Node
from tests.attachments.pictures import png
from tests.richtext.trees import block, blocks, cells, leaves

#: Of 72 pixels to the inch, where it says nothing: in a page, of 96, it is 8 pixels wide.
PNG, PNG_WIDTH = png(6, 6), 6
KEPT = "/files/kept.png"
#: Formulas as Word's form of them comes back.
IN_WORD = {
    "x^2": "x^{2}",
    "a | b": "a|b",
    " y ": "y",
    " z": "z",
    "a\n= b": "a = b",
    "\\sum_{i}\n\n x": "\\sum_{i}^{}x",
}
#: What is no TeX stays as it was typed, in dollars.
NO_TEX = {"a $ b", "x\\", "*a* `b`", '"q" & r', "a $$ b"}
QUICKLY = settings(
    max_examples=6,
    deadline=None,
    # To shrink an example would take minutes; it says which of its parts is wrong.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
BOXES = str.maketrans("", "", "☐☒")


class Parts(list[Node]):
    """Blocks, which hypothesis need not print."""

    def __repr__(self) -> str:
        return f"{len(self)} blocks"


def parts(inner: st.SearchStrategy[Node], *, at_least: int) -> st.SearchStrategy[Parts]:
    return st.lists(inner, min_size=at_least, max_size=at_least + 10).map(Parts)


def round_trip(programs: Programs, content: Iterable[Node], kind: str) -> list[list[Node]]:
    """Return what becomes of each of ``content``, which a heading of its own keeps apart."""
    marked: list[Node] = []
    for number, node in enumerate(content):
        text = Node("text", text=f"Part {number}")
        marked += [Node("heading", {"level": 1}, (text,)), node]
    document = normalise(Node("doc", content=tuple(marked)))
    data = export(
        document, kind, title="T", language="en", resolve_image=lambda _: PNG, programs=programs
    ).data
    found = import_file(
        data,
        filename=f"x.{kind}",
        media_type=None,
        store_image=lambda *_: KEPT,
        programs=programs,
    )
    came: list[list[Node]] = []
    for each in found.node.content:
        if each.type == "heading" and each.plain == f"Part {len(came)}":
            came.append([])
        else:
            came[-1].append(each)
    return came


def words(content: Sequence[Node]) -> str:
    """All words in their order; without spaces, formulas, and the boxes of tasks."""
    said: list[str] = []
    for node in (each for top in content for each in top.walk()):
        said.append(node.text)
        latex, caption = node.attrs.get("latex"), node.attrs.get("caption")
        if latex in NO_TEX:
            dollars = "$" if node.type == "inlineMath" else "$$"
            said.append(f"{dollars}{latex}{dollars}")
        elif isinstance(caption, str):
            said.append(caption)
    return "".join("".join(said).translate(BOXES).split())


def is_for_odt(node: Node) -> bool:
    """Whether pandoc's reader of ODT may give all words back, and none of its own."""
    return not any(
        # It says the kind of a callout in words, and counts the columns by the cells of a row.
        each.type == "callout" or each.attrs.get("colspan") not in (None, 1)
        for each in node.walk()
    )


@pytest.mark.parametrize("kind", ["docx", "odt"])
@QUICKLY
@given(content=parts(blocks, at_least=12))
def test_no_word_is_lost(programs: Programs, kind: str, content: Parts) -> None:
    """Whatever is nested in whatever; of ODT all but what its reader cannot read."""
    shown = [node for node in content if kind == "docx" or is_for_odt(node)]
    for before, after in zip(shown, round_trip(programs, shown, kind), strict=True):
        assert words(after) == words([before]), before.to_json()


def held(node: Node) -> Node:
    """Return what DOCX holds of a node."""
    attrs = dict(node.attrs)
    match node.type:
        case "image":
            # As wide as the page at most; as wide as it is, it has no width of its own.
            width = min(int(str(attrs.get("width") or PNG_WIDTH)), PAGE_PX)
            attrs |= {"src": KEPT, "width": width}
            if abs(width - PNG_WIDTH) <= 1:
                del attrs["width"]
        case "codeBlock":
            text = node.plain.rstrip("\n")
            return Node("codeBlock", {"language": None}, (Node("text", text=text),) if text else ())
        case "heading":
            attrs.pop("textAlign", None)
        case "blockMath":
            return _formula(node, "$$")
        case "paragraph" | "footnote" | "detailsSummary":
            pass
        case _:
            return Node(node.type, attrs, tuple(map(held, node.content)))
    return Node(node.type, attrs, joined(map(_held_inline, node.content)))


def _held_inline(run: Node) -> Node:
    if run.type == "inlineMath":
        return _formula(run, "$")
    if run.type == "footnote":
        return held(run)
    names = {mark.type for mark in run.marks}
    marks = [
        mark
        for mark in run.marks
        if not (mark.type == "subscript" and "superscript" in names)
        and not str(mark.attrs.get("href")).startswith("#")
    ]
    return replace(run, marks=tuple(marks))


def _formula(node: Node, dollars: str) -> Node:
    latex = str(node.attrs["latex"])
    if latex in NO_TEX:
        return Node("text", text=f"{dollars}{latex}{dollars}")
    return Node(node.type, {"latex": IN_WORD.get(latex, latex)})


def without_edges(node: Node) -> Node:
    """Return the node without line breaks at the beginning and end of paragraphs."""
    content = [without_edges(each) for each in node.content]
    while content and content[0].type == "hardBreak":
        content.pop(0)
    while content and content[-1].type == "hardBreak":
        content.pop()
    return replace(node, content=tuple(content))


def listed(
    kind: str, inner: st.SearchStrategy[Node] | None, **attrs: Json
) -> st.SearchStrategy[Node]:
    """Items that begin with words, and may have a list inside."""
    opening = st.builds(
        lambda rest: Node("paragraph", content=(Node("text", text="词 word:"), *rest.content)),
        block("paragraph"),
    )
    more = st.just([]) if inner is None else st.lists(inner, max_size=1)
    item = st.builds(lambda head, rest: Node(kind, attrs, (head, *rest)), opening, more)
    return st.lists(item, min_size=1, max_size=3).map(lambda items: Node("", content=tuple(items)))


def lists_in(inner: st.SearchStrategy[Node] | None) -> st.SearchStrategy[Node]:
    def of(kind: str, item: str, **attrs: Json) -> st.SearchStrategy[Node]:
        return listed(item, inner).map(lambda made: Node(kind, attrs, made.content))

    return st.one_of(
        of("bulletList", "listItem"),
        st.integers(1, 12).flatmap(lambda start: of("orderedList", "listItem", start=start)),
        st.lists(st.booleans(), min_size=1, max_size=3).flatmap(
            lambda ticked: listed("taskItem", inner).map(
                lambda made: Node(
                    "taskList",
                    content=tuple(
                        replace(item, attrs={"checked": ticked[place % len(ticked)]})
                        for place, item in enumerate(made.content)
                    ),
                )
            )
        ),
    )


paragraphs = st.lists(block("paragraph").filter(lambda node: node.plain.strip() != ""), min_size=1)
around = st.one_of(
    paragraphs.map(lambda inner: Node("blockquote", content=tuple(inner))),
    st.builds(
        lambda kind, inner: Node("callout", {"kind": kind}, tuple(inner)),
        st.sampled_from(["note", "warning"]),
        paragraphs,
    ),
)
flat_lists = lists_in(None)
nested_lists = lists_in(flat_lists)


@QUICKLY
@given(content=parts(st.one_of(leaves, leaves, nested_lists, around), at_least=20))
def test_docx_loses_what_is_stated_and_nothing_else(programs: Programs, content: Parts) -> None:
    """Leaves with all marks, lists in lists, quotes and callouts of paragraphs. See formats.md."""
    sound = [normalise(Node("doc", content=(node,))).content[0] for node in content]
    for before, after in zip(sound, round_trip(programs, sound, "docx"), strict=True):
        expected = normalise(Node("doc", content=(held(before),)))
        found = normalise(Node("doc", content=tuple(after)))
        assert without_edges(found) == without_edges(expected), before.to_json()


def cell(kind: str, words: str, **spans: int) -> Node:
    content = (Node("paragraph", content=(Node("text", text=words),)),)
    return Node(kind, dict(spans), content)


def table(*rows: Sequence[Node]) -> Node:
    return Node("table", content=tuple(Node("tableRow", content=tuple(row)) for row in rows))


TABLES = {
    "beyond the last row": table([cell("tableCell", "a", rowspan=3)]),
    "beyond the head": table(
        [cell("tableHeader", "a", rowspan=2), cell("tableHeader", "b")], [cell("tableCell", "c")]
    ),
    "short rows": table(
        [cell("tableHeader", "a"), cell("tableHeader", "b")],
        [cell("tableCell", "c")],
        [cell("tableCell", "d"), cell("tableCell", "e"), cell("tableCell", "f")],
    ),
    "into a full row": table([cell("tableHeader", "a", rowspan=2)], [cell("tableCell", "b")]),
    "a thousand columns": table(
        [cell("tableCell", "a", colspan=MAX_SPAN), cell("tableCell", "b", colspan=MAX_COLUMNS)],
        [cell("tableCell", "c", colspan=10**9)],
    ),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("kind", ["docx", "odt", "epub", "latex", "pdf"])
def test_spans_that_go_wrong_are_written(programs: Programs, kind: str, name: str) -> None:
    """With all words, where they can be read back; pandoc takes none as they are."""
    document = TABLES[name]
    if kind in ("docx", "odt"):
        assert words(round_trip(programs, [document], kind)[0]) == words([document])
    else:
        whole = Node("doc", content=(document,))
        made = export(
            whole, kind, title="T", language="en", resolve_image=lambda _: None, programs=programs
        )
        assert made.data


def test_a_table_of_many_places_is_refused() -> None:
    """Few cells can make a grid of millions, each of which pandoc has an element for."""
    wide = [cell("tableCell", "a", colspan=MAX_COLUMNS)]
    whole = table(wide, *[[cell("tableCell", "b")]] * (MAX_PLACES // MAX_COLUMNS))
    with pytest.raises(TooLarge, match="too big"):
        grid_of(whole)


def test_headings_in_the_cells_of_an_odt_are_read(programs: Programs) -> None:
    """Pandoc drops them; headings elsewhere stay, and so does a file without any."""
    head = Node("heading", {"level": 2}, (Node("text", text="head 标题"),))
    made = table([Node("tableCell", content=(head,)), cell("tableCell", "b")])
    (heading,), (found,) = round_trip(programs, [head, made], "odt")
    assert (heading.type, found.type) == ("heading", "table")
    assert words([found]) == words([made])
    plain = export(
        Node("doc", content=(table([cell("tableCell", "b")]),)),
        "odt",
        title="T",
        language="en",
        resolve_image=lambda _: None,
        programs=programs,
    ).data
    assert readable(plain, zipfile.ZipFile(io.BytesIO(plain))) is plain


@QUICKLY
@given(
    content=st.lists(
        st.lists(cells("tableCell"), min_size=2, max_size=2), min_size=1, max_size=3
    ).filter(lambda rows: all(each.plain.strip() for row in rows for each in row)),
    title=st.sampled_from(["word", "标题", "عنوان"]),
)
def test_a_table_comes_back(programs: Programs, content: list[list[Node]], title: str) -> None:
    """Header and cells, spans in both directions; the widths of columns are not kept."""
    head = [cell("tableHeader", title, colspan=2, rowspan=1)]
    tall = [cell("tableCell", "tall", rowspan=2), cell("tableCell", "one")]
    made = table(head, *content, tall, [cell("tableCell", "two")])
    (before,) = normalise(Node("doc", content=(made,))).content
    (after,) = round_trip(programs, [before], "docx")
    assert [without_edges(each) for each in after] == [without_edges(held(before))]
