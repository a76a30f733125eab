from __future__ import annotations

import io
import re
import zipfile

import pytest
from PIL import Image

from collab.formats.errors import ConversionError, TooLarge, Unreadable
from collab.formats.export import export
from collab.formats.imports import Imported, StoreImage, import_file
from collab.formats.limits import MB, Limits
from collab.formats.programs import Programs
from collab.richtext.formats import parse, render
from collab.richtext.tree import Node
from tests.formats.samples import PNG, RICH, SAMPLE, resolve


def imported(
    programs: Programs,
    data: bytes,
    filename: str,
    media_type: str | None = None,
    store_image: StoreImage | None = None,
) -> Imported:
    return import_file(
        data,
        filename=filename,
        media_type=media_type,
        store_image=store_image,
        programs=programs,
    )


def exported(programs: Programs, document: Node, wanted: str) -> bytes:
    return export(
        document,
        wanted,
        title="标题",
        language="en",
        resolve_image=resolve,
        programs=programs,
    ).data


def test_docx_holds_words_and_forms(programs: Programs) -> None:
    """Words, headings, lists, tasks, tables, code, links, marks and the image."""
    document = parse(SAMPLE, "markdown")
    kept: list[bytes] = []

    def store(data: bytes, media_type: str) -> str:
        kept.append(data)
        assert media_type == "image/png"
        return "/files/a.png"

    docx = exported(programs, document, "docx")
    found = imported(programs, docx, "x.docx", store_image=store)
    assert (found.title, found.warnings, kept) == ("标题", (), [PNG])
    types = [block.type for block in found.node.content]
    # The image from elsewhere is written as a link in a paragraph.
    assert types == [*[block.type for block in document.content][:-1], "paragraph"]
    markdown = render(found.node, "markdown")
    assert "- [x] 完成" in markdown
    assert "**bold** *it* <u>under</u> ~~gone~~" in markdown


@pytest.mark.parametrize("wanted", ["docx", "odt"])
def test_links_to_headings_and_widths_of_pictures_come_back(
    programs: Programs, wanted: str
) -> None:
    """Each turn made a picture 4/3 as wide, and took links into the document away."""
    source = (
        "# Über uns!\n\n[one](#über-uns) [two](#goals-1) [none](#none)\n\n## Goals\n\n## Goals\n\n"
        '<ol start="3" type="a"><li>x</li></ol>\n\n![](/files/a.png)\n\n'
        '<img src="/files/a.png" width="150">\n\n'
        '<img src="/files/a.png" width="3000">\n'
    )
    file = io.BytesIO()
    Image.new("RGB", (300, 20)).save(file, "PNG")
    made = export(
        parse(source, "markdown"),
        wanted,
        title="",
        language="en",
        resolve_image=lambda _source: file.getvalue(),
        programs=programs,
    )
    kept = imported(programs, made.data, f"x.{wanted}", store_image=lambda *_: "/files/a.png").node
    # No wider than the page, and a link to nothing is words.
    expected = source.replace("3000", "560").replace("[none](#none)", "none")
    assert render(kept, "markdown") == render(parse(expected, "markdown"), "markdown")


def test_an_odt_with_a_heading_in_a_cell_keeps_title_and_pictures(programs: Programs) -> None:
    """What lies behind the content in the file was looked for in the wrong place: 500."""
    document = parse("| a |\n|-|\n| HEAD |\n\n![a](/files/a.png)\n", "markdown")
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(exported(programs, document, "odt"))) as old,
        zipfile.ZipFile(made, "w") as new,
    ):
        names = sorted(old.namelist(), key=lambda n: (n != "mimetype", n != "content.xml"))
        for name in names:
            data = old.read(name)
            if name == "content.xml":
                cell = rb"<text:p[^>]*>(HEAD)</text:p>"
                data, count = re.subn(cell, rb'<text:h text:outline-level="1">\1</text:h>', data)
                assert count == 1
            new.writestr(name, data)
    found = imported(programs, made.getvalue(), "x.odt", store_image=lambda *_: "/files/a.png")
    assert found.title == "标题"
    assert "HEAD" in found.node.plain
    assert [node.type for node in found.node.walk()].count("image") == 1


def test_odt_holds_words_lists_and_tables(programs: Programs) -> None:
    found = imported(programs, exported(programs, parse(SAMPLE, "markdown"), "odt"), "x.odt")
    assert found.title == "标题"
    markdown = render(found.node, "markdown")
    for part in ("# 第一章", "**bold** *it*", "- [x] 完成", "  - deep", "| 1 | 二 |", "> quote"):
        assert part in markdown


def test_docx_holds_the_rich_nodes(programs: Programs) -> None:
    """Formulas, footnotes, callouts, details, colour, alignment: all come back from DOCX."""
    document = parse(RICH, "markdown")
    found = imported(programs, exported(programs, document, "docx"), "x.docx")
    assert render(found.node, "markdown") == render(document, "markdown")


@pytest.mark.parametrize("wanted", ["markdown", "html", "json"])
def test_text_formats_come_back_as_files(programs: Programs, wanted: str) -> None:
    document = parse(RICH, "markdown")
    found = imported(programs, exported(programs, document, wanted), f"x.{wanted}")
    assert found.node == document


@pytest.mark.parametrize(
    ("data", "filename", "media_type", "kind"),
    [
        (b"<!doctype html><title>T</title><p>a", "x.txt", None, "html"),
        (b"<html><title>T</title><body>a", "x", "text/plain", "html"),
        (b"# T\n\na", "x.md", None, "markdown"),
        (b"# T\n\na", "x", "text/markdown", "markdown"),
        ("# T\n\na".encode("utf-16"), "x.md", None, "markdown"),
        ("# T\n\n中文".encode("gb18030"), "x.md", None, "markdown"),
        (b"\xef\xbb\xbf# T", "x.md", None, "markdown"),
    ],
)
def test_what_it_is_is_told_by_content_first(
    programs: Programs, data: bytes, filename: str, media_type: str | None, kind: str
) -> None:
    assert imported(programs, data, filename, media_type).title == "T", kind


def test_text_is_taken_as_it_stands(programs: Programs) -> None:
    found = imported(programs, b"# no heading\n<b>no tag</b>", "notes on it.txt")
    assert found.title == "notes on it"
    assert [block.plain for block in found.node.content] == ["# no heading", "<b>no tag</b>"]


def test_scripts_are_left_behind(programs: Programs) -> None:
    source = b"<html><p onclick='x()'>a<script>bad()</script><img src=x onerror=bad()></p>"
    found = imported(programs, source, "x.html")
    assert "bad" not in render(found.node, "html")


def test_images_in_html_are_kept_and_foreign_ones_stay(programs: Programs) -> None:
    page = exported(programs, parse("![mine](/files/a.png)", "markdown"), "html")
    found = imported(programs, page, "x.html", store_image=lambda data, _: f"/kept/{len(data)}")
    (image,) = found.node.content
    assert image.attrs["src"] == f"/kept/{len(PNG)}"
    left = imported(programs, page, "x.html")
    assert left.warnings == ("1 of the images could not be kept.",)


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"{\\rtf1 hello}", "RTF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "locked by a password"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (packed(a_xml=b"<a/>"), "neither DOCX nor ODT"),
        (packed(word__document_xml=b"<w:document"), "damaged"),
        (packed(mimetype=b"application/vnd.oasis.opendocument.text", content_xml=b"<"), "damaged"),
        (
            packed(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_xml=b"<a/>"),
            "another kind",
        ),
        (b"\x00\x01\x02\x03", "not text"),
        (b"\xff\xff\xff\xff\x80", "not text"),
    ],
)
def test_what_cannot_be_read_is_said(programs: Programs, data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        imported(programs, data, "x.docx")


def test_a_bomb_is_not_unpacked(programs: Programs) -> None:
    bomb = packed(word__document_xml=b"\0" * (30 * MB))
    assert len(bomb) < MB
    with pytest.raises(TooLarge, match="far more"):
        imported(programs, bomb, "x.docx")
    many = packed(**{f"f{n}": b"" for n in range(101)})
    with pytest.raises(TooLarge, match="unpacks to more"):
        imported(Programs(Limits(unpacked_entries=100)), many, "x.docx")


def test_a_bomb_that_lies_about_its_size_is_stopped_by_the_limits() -> None:
    bomb = bytearray(packed(word__document_xml=b" " * (20 * MB)))
    at = bomb.rindex(b"PK\x01\x02")
    bomb[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    with pytest.raises(ConversionError):
        imported(Programs(Limits(memory_bytes=1024 * MB, timeout_s=10)), bytes(bomb), "x.docx")


def test_an_over_long_file_is_said() -> None:
    small = Programs(Limits(import_bytes=100, text_chars=20))
    with pytest.raises(TooLarge, match="larger than"):
        imported(small, b"a" * 101, "x.txt")
    with pytest.raises(TooLarge, match="more than 20 characters"):
        imported(small, b"a" * 21, "x.txt")


@pytest.mark.parametrize("source", [b"<div>" * 5000, b"> " * 5000, b"{" * 5000])
def test_depth_is_said(programs: Programs, source: bytes) -> None:
    name = {b"<": "x.html", b">": "x.md", b"{": "x.json"}[source[:1]]
    with pytest.raises(Unreadable):
        imported(programs, source, name)
