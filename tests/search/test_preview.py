"""The picture of a page is short, and nothing in it can run, link, or call elsewhere."""

from __future__ import annotations

from collab.richtext.formats import parse
from collab.richtext.tree import Node
from collab.search.preview import MAX_BLOCKS, MAX_CHARS, preview_of


def test_first_blocks_and_no_more() -> None:
    long = parse("\n\n".join(f"paragraph {n}" for n in range(100)), "markdown")
    assert preview_of(long).count("<p>") == MAX_BLOCKS
    wall = parse("x" * 10_000, "markdown")
    assert len(preview_of(wall)) < MAX_CHARS + 20


def test_links_are_words_and_pictures_are_our_own() -> None:
    page = parse(
        "# Title\n\n[link](https://example.org) **bold**\n\n![a](https://example.org/a.png)\n\n"
        "![b](/d/00000000-0000-0000-0000-000000000000/files/00000000-0000-0000-0000-000000000001/)",
        "markdown",
    )
    html = preview_of(page)
    assert "<h1>Title</h1>" in html
    assert "<strong>bold</strong>" in html
    assert "<a" not in html
    assert "example.org/a.png" not in html
    assert 'src="/d/' in html


def test_text_is_text() -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    page = Node("doc", content=(Node("paragraph", content=(Node("text", text=hostile),)),))
    assert "<script" not in preview_of(page)
    assert "<img" not in preview_of(page)
