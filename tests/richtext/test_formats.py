from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings

from collab.richtext.errors import FormatError
from collab.richtext.formats import FORMATS, parse, render
from collab.richtext.html import Standalone
from collab.richtext.tree import Mark, Node
from tests.richtext.trees import documents


def saying(text: str) -> Node:
    return Node("doc", content=(Node("paragraph", content=(Node("text", text=text),)),))


@settings(deadline=None, max_examples=300)
@pytest.mark.parametrize("name", ["markdown", "html", "json"])
@given(documents)
@example(saying("\u00a0"))
@example(saying("\u3000\u3000第一段\u3000"))
def test_a_document_comes_back_from_its_format(name: str, document: Node) -> None:
    """Nothing is lost on the way out and back, to the last mark; but for what formats.md names."""
    source = render(document, name)
    found = parse(source, name)
    if name == "markdown":
        found, document = without_lone_spaces(found), without_lone_spaces(document)
    assert found == document, source


@pytest.mark.parametrize(
    "source",
    ["**Note:** t", "***both***, x", "(**a!**)", "**(a)** b", "*a.* ~~b~~", "[**a:**](/x)"],
)
def test_marks_are_written_as_people_write_them(source: str) -> None:
    """Not as tags, where the signs are read as the mark."""
    assert render(parse(source, "markdown"), "markdown").replace("\\!", "!") == f"{source}\n"


def without_lone_spaces(node: Node) -> Node:
    """A no-break space alone in a block: in Markdown it stands for an empty one."""
    content = tuple(without_lone_spaces(child) for child in node.content)
    if node.type in ("paragraph", "footnote") and [run.text for run in content] == ["\u00a0"]:
        content = ()
    return replace(node, content=content)


@settings(deadline=None)
@given(documents)
def test_text_keeps_every_word(document: Node) -> None:
    shown = render(document, "text")
    for node in document.walk():
        if node.type == "text":
            assert all(word in shown for word in node.text.split())


def paragraph(*runs: Node) -> Node:
    return Node("doc", content=(Node("paragraph", content=runs),))


def run(text: str, *marks: str) -> Node:
    return Node("text", text=text, marks=tuple(Mark(mark) for mark in marks))


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("# Title\n\nA *b* **c** ~~d~~ `e`", None),
        ("- one\n- two\n  - deep\n\n1. first\n2. second", None),
        ("- [x] done\n- [ ] open", None),
        ("| A | B |\n| --- | --- |\n| 1 | a \\| b |", None),
        ("```python\nx = 1\n```", None),
        ("> quote\n>\n> more", None),
        ("[link](https://a.b/c_d?e=f&g=h)", None),
        ("![alt](https://a.b/c.png)", None),
        ("snake_case and a_b", None),
        ("one\ntwo", "one two"),
        ("Title\n=====", "# Title"),
        ("* star\n* list", "- star\n- list"),
        ("[x](javascript:alert(1))", "x"),
        ("![x](data:text/html,hi)", "x"),
        ("<script>alert(1)</script>\n\nhi", "hi"),
        ("a <span>b</span> <u>c</u>", "a b <u>c</u>"),
        ("1. [x] no task", "1. \\[x\\] no task"),
    ],
)
def test_markdown_as_people_write_it(source: str, written: str | None) -> None:
    assert render(parse(source, "markdown"), "markdown").strip() == (written or source)


@pytest.mark.parametrize(
    ("source", "blocks"),
    [
        ("<p>a<div>b</div>c", ["a", "b", "c"]),
        ("<h2>H</h2> <p>two  spaces\n and a line</p>", ["H", "two spaces and a line"]),
        ("<ul><li>x<li>y</ul>", ["xy"]),
        ("<p onclick=x()>a<script>bad()</script></p>", ["a"]),
        ("<style>p{}</style><title>t</title><p>a", ["a"]),
        ("plain <b>bold</b>", ["plain bold"]),
        ("<p>a<img src='javascript:x'>b</p>", ["ab"]),
    ],
)
def test_html_as_pages_have_it(source: str, blocks: list[str]) -> None:
    assert [block.plain for block in parse(source, "html").content] == blocks


def test_gfm_task_lists_in_html_are_tasks() -> None:
    source = '<ul><li><input type="checkbox" checked disabled> a</li><li><input type=checkbox>b'
    (tasks,) = parse(source, "html").content
    assert [(i.type, i.attrs, i.plain) for i in tasks.content] == [
        ("taskItem", {"checked": True}, "a"),
        ("taskItem", {"checked": False}, "b"),
    ]


def test_text_is_never_markup() -> None:
    document = paragraph(run("<script>&amp;"), run('"q"', "bold"))
    assert render(document, "html") == '<p>&lt;script&gt;&amp;amp;<strong>"q"</strong></p>'
    page = render(document, "html", page=Standalone("</title><b>"))
    assert "<title>&lt;/title&gt;&lt;b&gt;</title>" in page


def test_an_address_that_could_run_is_left_out() -> None:
    evil = Node("text", text="x", marks=(Mark("link", {"href": " java\nscript:alert(1)"}),))
    assert render(paragraph(evil), "html") == "<p>x</p>"
    assert render(paragraph(evil), "markdown") == "x\n"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("{", "json"),
        ("[]", "json"),
        ('{"type":"doc","content":1}', "json"),
        ("[" * 100_000, "json"),
        ('{"type":"a","content":[' * 3000 + "]}" * 3000, "json"),
        ("<div>" * 300 + "x", "html"),
        ("> " * 150 + "x", "markdown"),
        ("x", "docx"),
    ],
)
def test_what_cannot_be_read_is_said(source: str, name: str) -> None:
    with pytest.raises(FormatError):
        parse(source, name)


def test_the_names() -> None:
    for name in FORMATS:
        assert parse(render(paragraph(run("你好 😀")), name), name).plain == "你好 😀"
