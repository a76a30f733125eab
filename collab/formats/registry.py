"""The formats by name: what each is called, its media type, its ending, which way it goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """A form that a document is kept in as a file."""

    name: str
    #: In English; pages translate it.
    label: str
    media_type: str
    extension: str
    #: Whether a program is run for it, so that it takes a second and may have to wait.
    is_slow: bool = False
    is_read: bool = False


_ALL = (
    Format("markdown", "Markdown", "text/markdown; charset=utf-8", "md", is_read=True),
    Format("html", "Web page", "text/html; charset=utf-8", "html", is_read=True),
    Format(
        "docx",
        "Word",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
        is_slow=True,
        is_read=True,
    ),
    Format(
        "odt",
        "OpenDocument",
        "application/vnd.oasis.opendocument.text",
        "odt",
        is_slow=True,
        is_read=True,
    ),
    Format("pdf", "PDF", "application/pdf", "pdf", is_slow=True),
    Format("epub", "EPUB", "application/epub+zip", "epub", is_slow=True),
    Format("latex", "LaTeX", "application/x-tex; charset=utf-8", "tex", is_slow=True),
    Format("text", "Plain text", "text/plain; charset=utf-8", "txt", is_read=True),
    Format("json", "ProseMirror JSON", "application/json", "json", is_read=True),
    Format("yjs", "Yjs update", "application/octet-stream", "yjs"),
)
#: In the order of menus.
FORMATS = {each.name: each for each in _ALL}
