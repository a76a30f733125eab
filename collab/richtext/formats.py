"""The formats that a document is read from and written in, by name."""

from __future__ import annotations

import json

from collab.richtext.html import Standalone, to_html
from collab.richtext.html_in import HtmlError, from_html
from collab.richtext.markdown import to_markdown
from collab.richtext.markdown_in import MarkdownError, from_markdown
from collab.richtext.schema import normalise
from collab.richtext.text import from_text, to_text
from collab.richtext.tree import Node

FORMATS = ("markdown", "html", "text", "json")


class FormatError(ValueError):
    """The source cannot be read in the format named; the message is for people."""


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
            raise FormatError(f"no such format: {wanted}")


def parse(source: str, source_format: str) -> Node:
    """Return the document that ``source`` says in ``source_format``, one of FORMATS.

    Raises:
        FormatError: no such format, or ``source`` is not what it wants.
    """
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
                raise FormatError(f"no such format: {source_format}")
    except (HtmlError, MarkdownError) as error:
        raise FormatError(str(error)) from error
    except RecursionError as error:
        raise FormatError("The document is nested too deep.") from error
    except ValueError as error:
        raise FormatError(f"This is not a document in {source_format}: {error}") from error
