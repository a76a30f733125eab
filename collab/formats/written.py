"""What somebody sends as text, made into a document or an edit of one. Pure work on bytes.

What is large is done in a process of its own: ``apart.py`` decides, ``apart_worker.py`` runs it.
"""

from __future__ import annotations

from collab.crdt.patch import extend_document, patch_document
from collab.crdt.whole import read_whole
from collab.richtext.errors import FormatError
from collab.richtext.formats import parse, render
from collab.richtext.html_tokens import what_runs
from collab.richtext.tree import Node
from collab.types import ClientId, Update

#: What a document says in which nothing is written.
BLANK = Node("doc", content=(Node("paragraph"),))


class SourceRefused(ValueError):
    """The source cannot be read; its cause is what the reader said."""

    def __init__(self, error: FormatError) -> None:
        super().__init__(str(error))
        self.error = error


class Runs(ValueError):
    """HTML that holds something that would run: its name."""


def read(source: str, source_format: str) -> Node:
    """Return what ``source`` says; a blank document where it is blank.

    Raises:
        SourceRefused: it is not what the format wants.
    """
    if not source.strip():
        return BLANK
    try:
        return parse(source, source_format)
    except FormatError as error:
        raise SourceRefused(error) from error


def shown(state: Update, wanted: str) -> bytes:
    """Return all that a document in this state says, in a format of text."""
    return render(read_whole([state]), wanted).encode("utf-8")


def merge(source: str, source_format: str, state: Update, client_id: ClientId) -> Update | None:
    """Return the update that makes ``state`` say ``source``; None where it does already.

    Raises:
        SourceRefused: the source is not what the format wants.
        Runs: it is HTML that holds something that runs.
        FormatError: the state cannot be said in the format.
        Unseen: the format cannot hold all blocks of the state.
    """
    new = _accepted(source, source_format)
    # What this format shows of the base: the rest is not the editor's to change.
    seen = parse(render(read_whole([state]), source_format), source_format)
    may_hide = source_format != "text"
    return patch_document(state, new, client_id, shown=seen, may_hide=may_hide)


def extend(
    source: str, source_format: str, state: Update, client_id: ClientId, *, at_end: bool
) -> Update | None:
    """Return the update that puts what ``source`` says behind all else, or before it.

    Raises:
        SourceRefused | Runs: as ``merge``.
    """
    new = _accepted(source, source_format)
    blocks = () if new == BLANK else new.content
    return extend_document(state, blocks, client_id, at_end=at_end)


def _accepted(source: str, source_format: str) -> Node:
    # Refused rather than cleaned away, since whoever sent it thinks it is there.
    if source_format == "html" and (what := what_runs(source)):
        raise Runs(what)
    return read(source, source_format)
