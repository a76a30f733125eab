"""What the editor shows and word processors have no word for, as styles with names.

DOCX keeps the names, so that what we wrote is read back; a person may change how each looks.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from collab.richtext.palette import ALIGNMENTS, CALLOUTS, COLORS

_CALLOUT = "Callout "
_COLOR = "Text "
_ALIGN = "Align "
CALLOUT_TITLE = "Callout Title"
SUMMARY = "Details Summary"
DETAILS = "Details"


def callout_style(kind: str) -> str:
    """Return the style of a callout's paragraphs."""
    return _CALLOUT + kind.title()


def color_style(color: str) -> str:
    """Return the style of characters in this colour."""
    return _COLOR + color.title()


def align_style(alignment: str) -> str:
    """Return the style of a paragraph that is not set to the left."""
    return _ALIGN + alignment.title()


def styled(style: str) -> tuple[str, str] | None:
    """Return what ``style`` says: ``callout``, ``color`` or ``align``, and which."""
    for prefix, kind, known in (
        (_CALLOUT, "callout", tuple(CALLOUTS)),
        (_COLOR, "color", tuple(COLORS)),
        (_ALIGN, "align", ALIGNMENTS),
    ):
        name = style.removeprefix(prefix).lower()
        if style.startswith(prefix) and name in known:
            return kind, name
    return None


def docx_template(plain: bytes) -> bytes:
    """Return pandoc's own template for DOCX with the styles above in it, and lines in tables."""

    def restyled(xml: str) -> str:
        # The table style of pandoc has a line under the head only.
        before, mark, after = xml.partition('w:styleId="Table">')
        between, begin, rest = after.partition("<w:tblPr>")
        if begin:
            xml = "".join((before, mark, between, begin, _TABLE_LINES, rest))
        return xml.replace("</w:styles>", f"{_docx_styles()}</w:styles>")

    return _with_part(plain, "word/styles.xml", restyled)


_TABLE_LINES = (
    "<w:tblBorders>"
    + "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="BFBFBF"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    + "</w:tblBorders>"
)


def _docx_styles() -> str:
    def paragraph(name: str, how: str, run: str = "") -> str:
        return (
            f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{name.replace(" ", "")}">'
            f'<w:name w:val="{name}"/><w:basedOn w:val="BodyText"/><w:qFormat/>'
            f"<w:pPr>{how}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
        )

    def callout(color: str) -> str:
        return (
            f'<w:pBdr><w:left w:val="single" w:sz="24" w:space="8" w:color="{color}"/></w:pBdr>'
            f'<w:shd w:val="clear" w:color="auto" w:fill="F5F5F4"/><w:ind w:left="240"/>'
        )

    out = [paragraph(callout_style(kind), callout(color)) for kind, color in CALLOUTS.items()]
    out.append(paragraph(CALLOUT_TITLE, '<w:keepNext/><w:ind w:left="240"/>', "<w:b/>"))
    out.append(paragraph(SUMMARY, "<w:keepNext/>", "<w:b/>"))
    out.append(paragraph(DETAILS, '<w:ind w:left="360"/>'))
    for alignment in ALIGNMENTS:
        value = "both" if alignment == "justify" else alignment
        out.append(paragraph(align_style(alignment), f'<w:jc w:val="{value}"/>'))
    for color, value in COLORS.items():
        name = color_style(color)
        identity = f'w:type="character" w:customStyle="1" w:styleId="{name.replace(" ", "")}"'
        how = f'<w:rPr><w:color w:val="{value}"/></w:rPr>'
        out.append(f'<w:style {identity}><w:name w:val="{name}"/><w:qFormat/>{how}</w:style>')
    return "".join(out)


def _with_part(archive: bytes, part: str, change: Callable[[str], str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == part:
                data = change(data.decode("utf-8")).encode("utf-8")
            new.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
