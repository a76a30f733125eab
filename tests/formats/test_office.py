"""Our files as LibreOffice opens them, and the PDF as a reader's program reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from collab.formats.programs import Programs
from collab.richtext.schema import MARKS, NODES
from collab.richtext.tree import Node
from tests.formats.office import WORDS, everything, opened, text_of, written


def test_the_document_has_every_node_and_mark() -> None:
    """So that nothing is left out of what is looked at."""
    nodes, marks = set[str](), set[str]()

    def walk(node: Node) -> None:
        nodes.add(node.type)
        marks.update(mark.type for mark in node.marks)
        for child in node.content:
            walk(child)

    walk(everything())
    assert set(NODES) - nodes == set()
    assert set(MARKS) - marks == set()


@pytest.mark.needs("libreoffice")
@pytest.mark.parametrize("wanted", ["docx", "odt", "pdf"])
def test_all_words_stand_on_the_pages(programs: Programs, tmp_path: Path, wanted: str) -> None:
    """DOCX and ODT as LibreOffice prints them; nothing is lost, nothing stops it."""
    file = tmp_path / f"all.{wanted}"
    file.write_bytes(written(wanted, programs))
    text = text_of(file if wanted == "pdf" else opened(file))
    assert [words for words in WORDS if words not in text] == []
