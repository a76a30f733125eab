"""Our files as LibreOffice opens them, and the PDF as a reader's program reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from collab.formats.export import export
from collab.formats.programs import Programs
from collab.richtext.formats import parse
from collab.richtext.schema import MARKS, NODES
from collab.richtext.tree import Node
from tests.formats.office import WORDS, everything, opened, places_in, text_of, written
from tests.formats.samples import resolve


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


def page_of(folder: Path, programs: Programs, markdown: str) -> dict[str, float]:
    document = parse(markdown, "markdown")
    file = folder / "page.pdf"
    file.write_bytes(
        export(
            document, "pdf", title="", language="en", resolve_image=resolve, programs=programs
        ).data
    )
    return places_in(file)


@pytest.mark.needs("libreoffice")
def test_a_task_has_its_box_and_no_bullet_and_stands_in_the_one_around(
    programs: Programs, tmp_path: Path
) -> None:
    tasks = page_of(tmp_path, programs, "- [x] outer\n  - [ ] inner\n")
    assert not {"•", "‣", "–"} & set(tasks)
    assert tasks["outer"] + 10 < tasks["inner"]
    mixed = page_of(tmp_path, programs, "- [x] outer\n\n  * bullet\n")
    assert {"•", "‣", "–"} & set(mixed), "a list inside that is none of tasks has bullets again"
    assert mixed["outer"] + 10 < mixed["bullet"]


@pytest.mark.needs("libreoffice")
def test_what_runs_from_right_to_left_begins_at_the_right(
    programs: Programs, tmp_path: Path
) -> None:
    places = page_of(tmp_path, programs, "left\n\nשלום\n")
    (hebrew,) = (place for word, place in places.items() if word not in ("left", "1"))
    assert places["left"] < 100 < 400 < hebrew
