"""No text is read as a program's own syntax: each attribute of each node and mark, all formats."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import html5lib
import pytest
import typst

from collab.formats.export import export
from collab.formats.limits import Limits
from collab.formats.programs import Programs
from collab.richtext.tree import Node
from tests.formats.hostile import PAYLOADS, STEP, block_with, document, places
from tests.formats.samples import PNG

SCHEMES = {"", "http", "https", "mailto", "tel"}


class Kept(Programs):
    """The programs; the folder that typst would have seen is kept."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.files: dict[str, bytes] = {}

    def typst(self, source: str, files: Mapping[str, bytes]) -> bytes:
        self.files = {**files, "main.typ": source.encode()}
        return b"%PDF"


@pytest.fixture(scope="module")
def kept() -> Kept:
    return Kept(Limits(timeout_s=120))


def exported(programs: Programs, wanted: str, node: Node, title: str = "") -> bytes:
    made = export(
        node,
        wanted,
        title=title,
        language="en",
        resolve_image=lambda source: PNG if source == "/own.png" else None,
        programs=programs,
    )
    return made.data


def test_the_document_is_hostile_in_every_place() -> None:
    """Each attribute of the schema is there, so that a new one is tried by itself."""
    tried = set(places())
    assert {("codeBlock", "language"), ("image", "caption"), ("link", "href")} < tried
    assert len(document().content) >= len(tried) * (len(PAYLOADS) // STEP)


def test_typst_runs_nothing(kept: Kept, tmp_path: Path) -> None:
    """The markup of a PDF holds no metadata: a payload that ran would have made some."""
    words = block_with("text", "text", "words")
    for node, title in ((document(), ""), *((words, each) for each in PAYLOADS[::41])):
        exported(kept, "pdf", node, title)
        for name, data in kept.files.items():
            (tmp_path / name).write_bytes(data)
        found = typst.query(str(tmp_path / "main.typ"), "metadata", root=str(tmp_path))
        assert json.loads(found) == []


def test_tex_runs_nothing(kept: Kept) -> None:
    """In LaTeX no command of the document's stands outside of verbatim."""
    data = exported(kept, "latex", document())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        source = archive.read("document.tex").decode()
    body = source[source.index("\\begin{document}") :]
    # As TeX reads it: up to the first end, whatever stands there.
    for name in ("verbatim", "Highlighting"):
        body = re.sub(rf"\\begin{{{name}}}.*?\\end{{{name}}}", "", body, flags=re.DOTALL)
    for found in re.finditer(r"(\\+)pwned|\^\^5cpwned", body):
        around = body[max(found.start() - 80, 0) : found.end() + 20]
        assert found[1] is not None, around
        assert len(found[1]) % 2 == 0, around


@pytest.mark.parametrize("wanted", ["docx", "odt", "epub"])
def test_packed_xml_holds_no_element_of_the_text(kept: Kept, wanted: str) -> None:
    """Parts are well formed; no element, attribute or field is the text's; links go out only."""
    data = exported(kept, wanted, document(), PAYLOADS[3])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [n for n in archive.namelist() if n.endswith((".xml", ".rels", ".xhtml", ".opf"))]
        assert len(parts) > 3
        for part in parts:
            for element in ElementTree.fromstring(archive.read(part)).iter():  # noqa: S314  # our own
                _check_element(element)


def test_html_holds_no_element_of_the_text(kept: Kept) -> None:
    """A page has no element and no attribute that stood in the text."""
    page = exported(kept, "html", document(), PAYLOADS[3]).decode()
    for element in html5lib.parse(page, namespaceHTMLElements=False).iter():
        if isinstance(element.tag, str):
            _check_element(element)


def test_markdown_holds_nothing_raw(kept: Kept) -> None:
    """Read by pandoc with all that its Markdown has, nothing is raw but HTML of our own."""
    source = exported(kept, "markdown", document())
    tree = json.loads(kept.pandoc(source, "-f", "markdown", "-t", "json", suffix="json"))
    raw = list(_raw(tree["blocks"]))
    assert raw, "what only HTML can say is there"
    for kind, words in raw:
        assert kind == "html", words
        for element in html5lib.parseFragment(words, namespaceHTMLElements=False).iter():
            if isinstance(element.tag, str):
                _check_element(element)


def _check_element(element: ElementTree.Element) -> None:
    name = element.tag.rpartition("}")[2]
    assert name not in ("pwned", "script", "instrText", "fldSimple"), ElementTree.tostring(element)
    for attribute, value in element.attrib.items():
        key = str(attribute).rpartition("}")[2].lower()
        assert not key.startswith("on"), ElementTree.tostring(element)
        if key in ("href", "src", "target"):
            assert urlsplit(value.strip()).scheme.lower() in SCHEMES | {"data"}, value


def _raw(value: object) -> list[tuple[str, str]]:
    """Return the raw elements, and the attributes as if they were one, in pandoc's tree."""
    found: list[tuple[str, str]] = []
    if isinstance(value, list):
        # An attribute: identifier, classes, pairs.
        if len(value) == 3 and isinstance(value[0], str) and isinstance(value[2], list):
            found += [("attribute", str(pair)) for pair in value[2] if "onpwned" in str(pair[:1])]
        for each in value:
            found += _raw(each)
    elif isinstance(value, dict):
        if value.get("t") in ("RawBlock", "RawInline"):
            found.append((value["c"][0], value["c"][1]))
        else:
            found += _raw(list(value.values()))
    return found
