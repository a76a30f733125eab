"""What a PDF shows is whole, and on the page; links into the document lead somewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from collab.formats.export import export
from collab.formats.limits import Limits
from collab.formats.programs import Programs
from collab.richtext.anchors import Anchors
from collab.richtext.formats import parse, render
from collab.richtext.html import Standalone
from collab.richtext.schema import normalise
from collab.richtext.tree import Node

WIDE = f"{'x' * 300} `{'q' * 200}`\n\n```\n{'y' * 300}\n```\n\n"
LINKS = "# Über uns!\n\n[one](#über-uns) [two](#%C3%BCber-uns-1) [none](#none)\n\n# Über uns\n\n"


def odd_lists() -> Node:
    starts = [(0, None), (-3, None), (2**31 - 1, None), (3, "a"), (4, "I"), (5, "i"), (2, "A")]
    item = Node("listItem", content=(Node("paragraph", content=(Node("text", text="item"),)),))
    lists = [Node("orderedList", {"start": n, "type": kind}, (item,)) for n, kind in starts]
    return Node("doc", content=tuple(lists))


def table(head: str, cell: str, columns: int) -> Node:
    def row(kind: str, words: str) -> Node:
        paragraph = Node("paragraph", content=(Node("text", text=words),))
        return Node("tableRow", content=(Node(kind, content=(paragraph,)),) * columns)

    return Node("table", content=(row("tableHeader", head), row("tableCell", cell)))


@pytest.mark.needs("libreoffice")
def test_all_of_it_is_on_the_page(tmp_path: Path) -> None:
    parts = [
        *parse(WIDE + LINKS + ">" * 30 + " deep quote\n", "markdown").content,
        *odd_lists().content,
        table("START " + "word " * 900 + "END", "x", 2),
        table("short", "Z" * 40, 4),
    ]
    made = export(
        normalise(Node("doc", content=tuple(parts))),
        "pdf",
        title="",
        language="en",
        resolve_image=lambda _source: None,
        programs=Programs(Limits()),
    )
    file = tmp_path / "made.pdf"
    file.write_bytes(made.data)

    def said(*options: str) -> str:
        command = ["pdftotext", *options, str(file), "-"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    text = "".join(said("-raw").split())
    for word in ("x" * 300, "q" * 200, "y" * 300, "deepquote", "END"):
        assert word in text
    assert text.count("Z") == 160
    for shown in ("0.item", "2147483647.item", "c.item", "IV.item", "v.item", "B.item"):
        assert shown in text
    words = said("-bbox")
    assert max(map(float, re.findall(r'xMax="([\d.]+)"', words))) < 595
    assert max(map(float, re.findall(r'yMax="([\d.]+)"', words))) < 842
    # What has no alignment begins at the left: the cells of the second table's head.
    (first, *_), *_ = [re.findall(r'xMin="([\d.]+)"[^>]*>short<', words)]
    assert float(first) < 100


def test_headings_have_anchors_in_pages_and_links_lead_to_them() -> None:
    document = parse(LINKS, "markdown")
    html = render(document, "html", page=Standalone())
    assert re.findall(r'<h1 id="([^"]+)"', html) == ["über-uns", "über-uns-1"]
    assert re.findall(r'<a href="#([^"]+)"', html) == ["über-uns", "über-uns-1", "none"]
    assert Anchors(document).resolved("#Über uns!") == "über-uns"
    assert 'id="' not in render(document, "html")
