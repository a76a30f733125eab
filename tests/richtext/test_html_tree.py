from __future__ import annotations

from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.richtext.errors import FormatError
from collab.richtext.html_in import from_html
from collab.richtext.html_tokens import html_tokens
from collab.richtext.html_tree import _MARKS, MAX_HTML_DEPTH, Run, html_tree, in_order
from collab.richtext.text import to_text
from collab.richtext.tree import MAX_NODES
from tests.cost import assert_grows_no_faster

TAGS = [
    *["p", "b", "i", "strong", "em", "u", "div", "blockquote", "ul", "li", "h2", "h3", "span"],
    *["table", "tr", "td", "th", "tbody", "dl", "dd", "dt", "code", "sub", "section", "ol"],
]
PIECES = st.sampled_from(
    [*(f"<{tag}>" for tag in TAGS), *(f"</{tag}>" for tag in TAGS), "<br>", "<!-- w -->", "w", "w"]
)


@st.composite
def soups(draw: st.DrawFn, pieces: st.SearchStrategy[str] = PIECES) -> str:
    """Tags in any order, and words that are told apart."""
    drawn = draw(st.lists(pieces, max_size=14))
    return "".join(f" w{n} " if piece == "w" else piece for n, piece in enumerate(drawn))


def marks_of(
    element: Element, marks: frozenset[str] = frozenset()
) -> list[tuple[str, frozenset[str]]]:
    """Return the words of a browser's tree with the marks around each."""
    if not isinstance(element.tag, str):
        return []
    inner = marks | ({_MARKS[element.tag]} if element.tag in _MARKS else set())
    out = [(word, inner) for word in (element.text or "").split()]
    for child in element:
        out += marks_of(child, inner)
        out += [(word, inner) for word in (child.tail or "").split()]
    return out


def found_in(source: str) -> list[tuple[str, frozenset[str]]]:
    runs = [each for each in in_order(html_tree(source)) if isinstance(each, Run)]
    return [(w, frozenset(m.type for m in run.marks)) for run in runs for w in run.text.split()]


@settings(deadline=None)
@given(soups())
def test_no_word_is_lost_whatever_the_tags_are(source: str) -> None:
    """The words are those of a browser's tree, each once, whatever is nested in whatever."""
    theirs = marks_of(html5lib.parseFragment(source, namespaceHTMLElements=False))
    assert sorted(word for word, _ in found_in(source)) == sorted(word for word, _ in theirs)


#: Without tables: what stands in one where it may not is put before it in the order of the source.
PLAIN = st.sampled_from(
    [
        *(f"<{end}{tag}>" for tag in ("b", "i", "em", "u", "code") for end in ("", "/")),
        *[
            "<p>",
            "</p>",
            "<div>",
            "</div>",
            "<li>",
            "<ul>",
            "</ul>",
            "<h2>",
            "</h2>",
            "<br>",
            "w",
            "w",
        ],
    ]
)


@settings(deadline=None)
@given(soups(PLAIN))
def test_marks_go_on_as_in_browsers(source: str) -> None:
    """Marks that are not closed go on in the next block; those that cross end what they began."""
    theirs = marks_of(html5lib.parseFragment(source, namespaceHTMLElements=False))
    assert found_in(source) == theirs


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a<!-->b", "ab"),
        ("a<!--->b", "ab"),
        ("a<!-- > -- --!>b", "ab"),
        ("a<!-- never", "a"),
        ("a<script>if (x < 1) '</p>'</script>b", "ab"),
        ("a<script>never", "a"),
        ("a<style", "a"),
        ('a<b title="never>b', "a"),
        ("1 < 2 & 3 &lt; 4 <3", "1 < 2 & 3 < 4 <3"),
        ("a</>b</ c>d<?php x ?>e<!doctype x>f", "abdef"),
        ("<textarea><b>x</b></textarea>", "<b>x</b>"),
        ("&#x4e2d;&#25991;&copy;&nosuch;", "中文©&nosuch;"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a\tb\nc"),
        ("<ul><li>a<li>b<ul><li>c</ul>d</ul>", "• a\n• b\n  • c\n  d"),
        ("<p>a<p>b<div>c", "a\nb\nc"),
        ("<td>a</td>", "a"),
    ],
)
def test_what_browsers_make_of_it(source: str, text: str) -> None:
    assert to_text(from_html(source)).rstrip("\n") == text


def test_addresses_keep_what_looks_like_a_reference() -> None:
    """``&lang=`` in an address is no angle; ``&amp;`` is an ampersand."""
    node = from_html('<a href="/x?a=1&lang=en&copy=2&amp;b=3">x</a>')
    assert node.content[0].content[0].marks[0].attrs["href"] == "/x?a=1&lang=en&copy=2&b=3"


@pytest.mark.parametrize("tag", ["div", "ul", "table", "span", "blockquote", "x"])
def test_depth_is_bounded_while_it_is_read(tag: str) -> None:
    """Refused at the first level too many, whatever follows."""
    with pytest.raises(FormatError, match="deeper"):
        from_html(f"<{tag}>" * (MAX_HTML_DEPTH + 2) if tag != "table" else "<table><td>" * 200)


def test_the_number_of_parts_is_bounded_while_it_is_read() -> None:
    with pytest.raises(FormatError, match="parts"):
        html_tree("<br>" * (MAX_NODES + 1))


HOSTILE = {
    "formats that are not closed": lambda n: (
        "<p>" + "".join(f'<b class="{i}">' for i in range(n)) + "<p>x" * n
    ),
    "links that are not closed": lambda n: "<a href=/x>" * n + "<p>x" * n,
    "marks that cross": lambda n: "<b><i></b></i>" * n,
    "formats in paragraphs": lambda n: "<p><b><i><u><s>x" * n,
    "comments": lambda n: "x<!---->" * n,
    "comments that never end": lambda n: "<!--" * n,
    "tags that never end": lambda n: "<a " * n,
    "attributes": lambda n: f"<p {'a ' * n}>x",
    "values": lambda n: f"<a href='{'&amp' * n}'>x</a>",
    "scripts": lambda n: "<script>" * n,
    "quotes": lambda n: "<a b='" * n,
    "paragraphs": lambda n: "<p>x" * n,
    "items": lambda n: "<ul>" + "<li>x" * n,
    "cells": lambda n: "<table>" + "<td>x" * n,
    "words in a table": lambda n: "<table>" + "<tr>x" * n,
    "end tags": lambda n: "<div>x" + "</p></b></td></i>" * n,
    "references": lambda n: "&#x41;&am&lt" * n,
    "lists of footnotes": lambda n: "<section class=footnotes><li id=a>x</section>" * n,
    "footnotes": lambda n: (
        "".join(f"<a href='#f{i}'>1</a>" for i in range(n))
        + "<section class=footnotes>"
        + "".join(f"<li id=f{i}>x<p>" for i in range(n))
        + "</section>"
    ),
    "details": lambda n: "<details><summary>x</details>" * n,
    "figures": lambda n: "<figure>" + "<img src=/a>" * n + "</figure>",
    "styles": lambda n: f"<p style='{'text-align ' * n}'>x",
    "classes": lambda n: f"<pre class='{'language-a ' * n}'>x</pre>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_cost_of_reading_is_that_of_the_source(name: str) -> None:
    """Twice the source takes twice the steps, whatever it is made of."""
    assert_grows_no_faster(HOSTILE[name], lambda source: _read(source), sizes=(100, 200, 400))


def _read(source: str) -> object:
    try:
        return from_html(source)
    except FormatError:
        return list(html_tokens(source))
