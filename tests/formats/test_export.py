from __future__ import annotations

import io
import json
import zipfile

import pypdf
import pytest

from collab.crdt.reader import read_document
from collab.formats.errors import UnknownFormat
from collab.formats.export import export
from collab.formats.programs import Programs
from collab.formats.registry import FORMATS
from collab.richtext.formats import parse
from collab.richtext.tree import Node
from collab.types import Update
from tests.formats.samples import PNG, SAMPLE, resolve


def exported(programs: Programs, wanted: str, document: Node | None = None) -> bytes:
    found = export(
        document or parse(SAMPLE, "markdown"),
        wanted,
        title="标题 Title",
        language="zh-hans",
        resolve_image=resolve,
        programs=programs,
    )
    if wanted != "latex":  # with images it is a zip
        known = FORMATS[wanted]
        assert (found.media_type, found.extension) == (known.media_type, known.extension)
    return found.data


def text_of_pdf(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


@pytest.mark.parametrize("wanted", ["markdown", "html", "text", "json"])
def test_text_formats_hold_the_words(programs: Programs, wanted: str) -> None:
    data = exported(programs, wanted).decode()
    for words in ("第一章", "bold", "完成", "deep"):
        assert words in data


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("docx", "word/document.xml"),
        ("odt", "content.xml"),
        ("epub", "EPUB/text/ch001.xhtml"),
        ("latex", "document.tex"),
    ],
)
def test_packed_formats_hold_the_words_and_the_image(
    programs: Programs, wanted: str, part: str
) -> None:
    with zipfile.ZipFile(io.BytesIO(exported(programs, wanted))) as archive:
        assert archive.testzip() is None
        for words in ("第一章", "bold", "完成", "deep"):
            assert words in archive.read(part).decode()
        assert PNG in [archive.read(name) for name in archive.namelist()]


def test_a_pdf_holds_the_words_as_text(programs: Programs) -> None:
    data = exported(programs, "pdf")
    text = text_of_pdf(data)
    for words in ("标题 Title", "第一章", "bold", "完成", "deep", "你好世界"):
        assert words in text
    assert pypdf.PdfReader(io.BytesIO(data)).pages[0].images


def test_json_and_yjs_come_back(programs: Programs) -> None:
    document = parse(SAMPLE, "markdown")
    assert Node.from_json(json.loads(exported(programs, "json", document))) == document
    assert read_document(Update(exported(programs, "yjs", document))).plain == document.plain


def test_foreign_images_are_named_and_not_fetched(programs: Programs) -> None:
    asked: list[str] = []

    def remember(source: str) -> None:
        asked.append(source)

    document = parse("![their picture](http://127.0.0.1:9/x.png)", "markdown")
    found = export(
        document, "pdf", title="", language="en", resolve_image=remember, programs=programs
    )
    assert asked == ["http://127.0.0.1:9/x.png"]
    assert "their picture" in text_of_pdf(found.data)


def test_a_broken_image_costs_no_words(programs: Programs) -> None:
    document = parse("words\n\n![broken](/files/a.png)", "markdown")
    found = export(
        document,
        "pdf",
        title="",
        language="en",
        resolve_image=lambda _: PNG[:40],
        programs=programs,
    )
    assert "words" in text_of_pdf(found.data)
    assert "broken" in text_of_pdf(found.data)


def test_an_unknown_format_is_said(programs: Programs) -> None:
    with pytest.raises(UnknownFormat):
        export(
            Node("doc"), "rtf", title="", language="en", resolve_image=resolve, programs=programs
        )


@pytest.mark.parametrize("wanted", list(FORMATS))
def test_an_empty_document_is_written(programs: Programs, wanted: str) -> None:
    assert exported(programs, wanted, Node("doc"))


@pytest.mark.parametrize("wanted", ["docx", "odt", "epub", "latex", "pdf"])
def test_text_is_never_markup(programs: Programs, wanted: str) -> None:
    """What looks like Typst, TeX, XML or a control character comes out as it stands."""
    evil = '#read("/etc/passwd") \\input{/etc/passwd} <w:p/> $x$ @ref \x0b\x07 #[a] ]] // */'
    block = Node("paragraph", content=(Node("text", text=evil),))
    code = Node("codeBlock", {"language": None}, (Node("text", text="```\n#panic()\n" + evil),))
    head = Node("heading", {"level": 1}, (Node("text", text=evil),))
    data = exported(programs, wanted, Node("doc", content=(head, block, code)))
    if wanted == "pdf":
        assert "read(" in text_of_pdf(data)
