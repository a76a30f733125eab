"""Files of word processors, as small as they can be, with one thing in them many times."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping

W = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{path}:1.0"'
    for name, path in (
        *(("office", "office"), ("text", "text"), ("table", "table"), ("style", "style")),
        *(("draw", "drawing"), ("look", "xsl-f" + "o-compatible"), ("manifest", "manifest")),
    )
)
_DOCUMENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PARTS = ("styles", "numbering", "footnotes", "comments")


def zipped(files: Mapping[str, str]) -> bytes:
    """Return a zip."""
    out = io.BytesIO()
    # Stored: how well a repetition packs is no matter, and the bound on it is another test's.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def docx(body: str, *, relations: str = "", **parts: str) -> bytes:
    """Return a DOCX with this body, and parts by their names."""
    shown = {name: f"<w:{name} {W}>{parts.get(name, '')}</w:{name}>" for name in _PARTS}
    types = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_DOCUMENT_TYPE}.{kind}+xml"/>'
        for name, kind in (("document", "document.main"), *((each, each) for each in _PARTS))
    )
    near = "".join(
        f'<Relationship Id="p{name}" Type="{_RELATIONS}/{name}" Target="{name}.xml"/>'
        for name in _PARTS
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types">{types}</Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="a" '
            f'Type="{_RELATIONS}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships">'
            f"{near}{relations}</Relationships>",
            "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
            **{f"word/{name}.xml": text for name, text in shown.items()},
        }
    )


def odt(body: str, *, styles: str = "", files: Mapping[str, str] | None = None) -> bytes:
    """Return an ODT with this body, and automatic styles."""
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": f"<manifest:manifest {_NAMES}/>",
            "styles.xml": f"<office:document-styles {_NAMES}/>",
            "content.xml": f"<office:document-content {_NAMES}><office:automatic-styles>{styles}"
            f"</office:automatic-styles><office:body><office:text>{body}</office:text>"
            "</office:body></office:document-content>",
            **(files or {}),
        }
    )


def _paragraph(inner: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def _run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def _numbered(level: int, number: int = 1) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'


def _many(count: int, make: Callable[[int], str]) -> str:
    return "".join(make(number) for number in range(count))


_LEVELS = (
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>'
)
_ONE_LIST = _LEVELS + '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
_CELL = "<w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc>"

DOCX: dict[str, Callable[[int], bytes]] = {
    "paragraphs": lambda n: docx(_paragraph(_run("a")) * n),
    "empty paragraphs": lambda n: docx("<w:p/>" * n),
    "runs": lambda n: docx(_paragraph(_run("a") * n)),
    "runs in turns": lambda n: docx(_paragraph((_run("a") + _run("b", "<w:b/>")) * n)),
    "spaces": lambda n: docx(_paragraph(_run(" ", "<w:b/>") * n)),
    "one long text": lambda n: docx(_paragraph(_run("a " * n))),
    "breaks": lambda n: docx(_paragraph("<w:r><w:br/><w:tab/></w:r>" * n)),
    "headings": lambda n: docx(
        _paragraph(_run("a"), '<w:pStyle w:val="h"/>') * n,
        styles='<w:style w:type="paragraph" w:styleId="h"><w:name w:val="heading 1"/></w:style>',
    ),
    "styles": lambda n: docx(
        _many(n, lambda i: _paragraph(_run("a"), f'<w:pStyle w:val="s{i}"/>')),
        styles=_many(
            n,
            lambda i: (
                f'<w:style w:type="paragraph" w:styleId="s{i}"><w:name w:val="s{i}"/></w:style>'
            ),
        ),
    ),
    "styles upon a style": lambda n: docx(
        _paragraph(_run("a"), f'<w:pStyle w:val="s{n - 1}"/>'),
        styles=_many(
            n,
            lambda i: (
                f'<w:style w:type="paragraph" w:styleId="s{i}"><w:name w:val="s{i}"/>'
                f'<w:basedOn w:val="s{i - 1}"/></w:style>'
            ),
        ),
    ),
    "items": lambda n: docx(_paragraph(_run("a"), _numbered(0)) * n, numbering=_ONE_LIST),
    "items in turns": lambda n: docx(
        (_paragraph(_run("a"), _numbered(0)) + _paragraph(_run("a"), _numbered(1))) * n,
        numbering=_ONE_LIST,
    ),
    "lists": lambda n: docx(
        _many(n, lambda i: _paragraph(_run("a"), _numbered(0, i))),
        numbering=_LEVELS
        + _many(n, lambda i: f'<w:num w:numId="{i}"><w:abstractNumId w:val="1"/></w:num>'),
    ),
    "rows": lambda n: docx(f"<w:tbl>{f'<w:tr>{_CELL}{_CELL}</w:tr>' * n}</w:tbl>"),
    "cells": lambda n: docx(f"<w:tbl><w:tr>{_CELL * n}</w:tr></w:tbl>"),
    "cells that go on": lambda n: docx(
        "<w:tbl>" + "<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc></w:tr>" * n + "</w:tbl>"
    ),
    "tables": lambda n: docx(f"<w:tbl><w:tr>{_CELL}</w:tr></w:tbl><w:p/>" * n),
    "notes": lambda n: docx(
        _many(n, lambda i: _paragraph(f'<w:r><w:footnoteReference w:id="{i}"/></w:r>')),
        footnotes=_many(n, lambda i: f'<w:footnote w:id="{i}"><w:p/></w:footnote>'),
    ),
    "links": lambda n: docx(
        _many(n, lambda i: _paragraph(f'<w:hyperlink r:id="l{i}">{_run("a")}</w:hyperlink>')),
        relations=_many(
            n,
            lambda i: (
                f'<Relationship Id="l{i}" Type="{_RELATIONS}/hyperlink" Target="http://a/{i}"'
                ' TargetMode="External"/>'
            ),
        ),
    ),
    "names of places": lambda n: docx(
        _many(
            n,
            lambda i: _paragraph(
                f'<w:bookmarkStart w:id="{i}" w:name="b{i}"/>{_run("a")}<w:bookmarkEnd w:id="{i}"/>'
            ),
        )
    ),
    "changes": lambda n: docx(
        _paragraph(f"<w:ins>{_run('a')}</w:ins><w:del>{_run('b')}</w:del>" * n)
    ),
    "fields": lambda n: docx(
        _paragraph('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' * n + _run("a"))
    ),
    "formulas": lambda n: docx(_paragraph("<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>" * n)),
    "boxes": lambda n: docx("<w:sdt><w:sdtContent><w:p/></w:sdtContent></w:sdt>" * n),
    "comments": lambda n: docx(
        _many(
            n,
            lambda i: _paragraph(
                f'<w:commentRangeStart w:id="{i}"/>{_run("a")}<w:commentRangeEnd w:id="{i}"/>'
            ),
        ),
        comments=_many(n, lambda i: f'<w:comment w:id="{i}"><w:p/></w:comment>'),
    ),
}
_TEXT_STYLE = (
    '<style:style style:name="s{0}" style:family="text"><style:text-properties {1}/></style:style>'
)
_TABLE_CELL = "<table:table-cell><text:p>a</text:p></table:table-cell>"
ODT: dict[str, Callable[[int], bytes]] = {
    "paragraphs": lambda n: odt("<text:p>a</text:p>" * n),
    "spans": lambda n: odt(f"<text:p>{'<text:span>a</text:span>' * n}</text:p>"),
    "spans in turns": lambda n: odt(
        "<text:p>" + 'a<text:span text:style-name="s0">b</text:span>' * n + "</text:p>",
        styles=_TEXT_STYLE.format(0, 'look:font-weight="bold"'),
    ),
    "one long text": lambda n: odt(f"<text:p>{'a ' * n}</text:p>"),
    "spaces": lambda n: odt(f"<text:p>{'<text:s/><text:tab/>' * n}</text:p>"),
    "headings": lambda n: odt('<text:h text:outline-level="1">a</text:h>' * n),
    "styles": lambda n: odt(
        f"<text:p>{_many(n, lambda i: f'''<text:span text:style-name='s{i}'>a</text:span>''')}"
        "</text:p>",
        styles=_many(n, lambda i: _TEXT_STYLE.format(i, 'look:font-style="italic"')),
    ),
    "styles upon a style": lambda n: odt(
        f'<text:p><text:span text:style-name="s{n - 1}">a</text:span></text:p>',
        styles=_many(
            n,
            lambda i: (
                f'<style:style style:name="s{i}" style:family="text" '
                f'style:parent-style-name="s{i - 1}"/>'
            ),
        ),
    ),
    "items": lambda n: odt(
        f"<text:list>{'<text:list-item><text:p>a</text:p></text:list-item>' * n}</text:list>"
    ),
    "lists": lambda n: odt(
        "<text:list><text:list-item><text:p>a</text:p></text:list-item></text:list>" * n
    ),
    "rows": lambda n: odt(
        f"<table:table>{f'<table:table-row>{_TABLE_CELL}</table:table-row>' * n}</table:table>"
    ),
    "cells": lambda n: odt(
        f"<table:table><table:table-row>{_TABLE_CELL * n}</table:table-row></table:table>"
    ),
    "headings in cells": lambda n: odt(
        "<table:table><table:table-row>"
        + "<table:table-cell><text:h>a</text:h></table:table-cell>" * n
        + "</table:table-row></table:table>"
    ),
    "notes": lambda n: odt(
        "<text:p>"
        + '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        "<text:note-body><text:p>a</text:p></text:note-body></text:note>" * n + "</text:p>"
    ),
    "links": lambda n: odt(
        "<text:p>"
        + '<text:a xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="http://a/">b</text:a>' * n
        + "</text:p>"
    ),
    "nothing": lambda n: odt("<text:p>a</text:p>"),
    "names of places": lambda n: odt(
        "<text:p>a"
        + _many(
            n,
            lambda i: (
                f'<text:bookmark text:name="b{i}"/><text:bookmark-start text:name="c{i}"/>'
                f'<text:bookmark-end text:name="c{i}"></text:bookmark-end>'
                f'<text:reference-mark text:name="r{i}"/>'
            ),
        )
        + "</text:p>"
    ),
    "files": lambda n: odt("<text:p>a</text:p>", files={f"f{i}": "" for i in range(n)}),
}
