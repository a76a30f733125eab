"""What pandoc's reader of ODT leaves out or takes for ever over, said in a way that it reads.

It reads paragraphs in the cells of tables, and drops headings there with all their words. What
names a place in the text, which documents here have nothing for, takes it the square of its number:
3,200 in a paragraph took more than a minute.
"""

from __future__ import annotations

import io
import re
import zipfile

_CONTENT = "content.xml"
#: Cells, which may have tables in them, headings, and names of places.
_TAG = re.compile(
    # In a tag of XML there is no other "<": a search that finds no end begins where it stopped.
    rb"<(?P<end>/?)(?P<name>table:table-cell|text:h|text:(?:bookmark|reference-mark)(?:-start|-end)?)"
    rb"(?=[\s/>])(?P<rest>[^<>]*>)"
)


def readable(data: bytes, archive: zipfile.ZipFile) -> bytes:
    """Return an ODT without headings in cells and names of places; ``data`` where it has none.

    Args:
        data: the file.
        archive: the same, opened; what it unpacks to was weighed.

    Raises:
        BadZipFile: a part of it is damaged.
    """
    content = archive.read(_CONTENT)
    changed = _readable(content)
    if changed == content:
        return data
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in archive.infolist():
            is_content = entry.filename == _CONTENT
            # By name: with the entry itself, zipfile notes in it where it lies in the new file, and
            # whatever is read from the old one after that is looked for there.
            made.writestr(entry.filename, changed if is_content else archive.read(entry))
    return out.getvalue()


def _readable(content: bytes) -> bytes:
    depth = 0

    def put(match: re.Match[bytes]) -> bytes:
        nonlocal depth
        if match["name"] == b"text:h":
            return match[0] if depth == 0 else b"<" + match["end"] + b"text:p" + match["rest"]
        if match["name"] != b"table:table-cell":
            return b""
        if match["end"]:
            depth -= 1
        elif not match["rest"].endswith(b"/>"):
            depth += 1
        return match[0]

    return _TAG.sub(put, content)
