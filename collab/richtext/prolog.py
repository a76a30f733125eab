"""Which element a page or a picture begins with: what stands before it is stepped over, once."""

from __future__ import annotations

import re

_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"<([A-Za-z!][^\s>/]*)")


def root_element(source: str) -> str:
    """Return the name of the first element in lower case, ``!doctype`` too; empty: there is none.

    A mark of byte order, white space, declarations of XML and comments may stand before it.
    """
    at = 1 if source.startswith("\ufeff") else 0
    while True:
        gap = _SPACE.match(source, at)
        at = gap.end() if gap else at
        if source.startswith("<!--", at):
            end = source.find("-->", at + 2)
            at = end + 3
        elif source.startswith("<?", at):
            end = source.find("?>", at)
            at = end + 2
        else:
            found = _NAME.match(source, at)
            return found[1].lower() if found else ""
        if end < 0:
            return ""


def behind_doctype(source: str) -> str:
    """Return what follows a doctype that ``source`` begins with; all of it where there is none."""
    begin = source.find("<!")
    if root_element(source) != "!doctype":
        return source
    while source.startswith("<!--", begin):
        begin = source.find("<!", source.find("-->", begin + 2))
    return source[source.find(">", begin) + 1 :]
