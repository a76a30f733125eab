"""The formats that a document is read from and written in, by name."""

from __future__ import annotations

import json

from collab.richtext.errors import FormatError, gettext_noop
from collab.richtext.html import Standalone, to_html
from collab.richtext.html_in import from_html
from collab.richtext.markdown import to_markdown
from collab.richtext.markdown_in import from_markdown
from collab.richtext.schema import normalise
from collab.richtext.text import from_text, to_text
from collab.richtext.tree import MAX_NODES, TOO_MANY_NODES, Node

FORMATS = ("markdown", "html", "text", "json")
_NO_SUCH_FORMAT = gettext_noop("There is no format “%(format)s”.")
_NO_JSON = gettext_noop("No JSON from line %(line)d, column %(column)d on.")
_NO_DOCUMENT = gettext_noop("This is no document in the format “%(format)s”.")
_TOO_DEEP = gettext_noop("The document is nested too deep.")


def render(document: Node, wanted: str, *, page: Standalone | None = None) -> str:
    """Return ``document`` in the format ``wanted``.

    Args:
        document: what the reader returned.
        wanted: one of FORMATS.
        page: makes HTML a page of its own, with its style; a fragment without.

    Raises:
        FormatError: no such format.
    """
    whole = normalise(document)
    match wanted:
        case "markdown":
            return to_markdown(whole)
        case "html":
            return to_html(whole, page)
        case "text":
            return to_text(whole)
        case "json":
            return json.dumps(whole.to_json(), ensure_ascii=False)
        case _:
            raise FormatError(_NO_SUCH_FORMAT, format=wanted)


#: What each part of a document takes at least one of, so that too many show before they are read.
_SIGNS = {"markdown": "\n*_`[<~|", "text": "\n", "json": "{"}


def _check_size(source: str, source_format: str) -> None:
    """Refuse what would have too many parts; HTML is counted while it is read."""
    signs = _SIGNS.get(source_format, "")
    if sum(map(source.count, signs)) > MAX_NODES:
        raise FormatError(TOO_MANY_NODES, most=MAX_NODES)


def parse(source: str, source_format: str) -> Node:
    """Return the document that ``source`` says in ``source_format``, one of FORMATS.

    Raises:
        FormatError: no such format, or ``source`` is not what it wants, or has too many parts.
    """
    _check_size(source, source_format)
    try:
        match source_format:
            case "markdown":
                return from_markdown(source)
            case "html":
                return from_html(source)
            case "text":
                return from_text(source)
            case "json":
                return normalise(Node.from_json(json.loads(source)))
            case _:
                raise FormatError(_NO_SUCH_FORMAT, format=source_format)
    except FormatError:
        raise
    except json.JSONDecodeError as error:
        raise FormatError(_NO_JSON, line=error.lineno, column=error.colno) from error
    except RecursionError as error:
        raise FormatError(_TOO_DEEP) from error
    except ValueError as error:
        raise FormatError(_NO_DOCUMENT, format=source_format) from error
