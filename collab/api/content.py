"""A document's content, read in several formats. As a file to keep: exports.py."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions

from collab.api.base import ApiView, query_of
from collab.api.errors import CONVERSION_REFUSALS, conversion_refused
from collab.api.schemas import FormatQuery
from collab.documents.policy import Action
from collab.formats.errors import ConversionError
from collab.formats.services import rendered, source_read
from collab.formats.words import format_error_text
from collab.formats.written import SourceRefused
from collab.history.selectors import current_state, head_seq
from collab.types import DocumentId

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from rest_framework.request import Request

    from collab.documents.models import Document
    from collab.richtext.tree import Node
    from collab.types import Update

#: Media type and file name extension of each format.
MEDIA = {
    "markdown": ("text/markdown; charset=utf-8", "md"),
    "html": ("text/html; charset=utf-8", "html"),
    "text": ("text/plain; charset=utf-8", "txt"),
    "json": ("application/json", "json"),
    "yjs": ("application/octet-stream", "yjs"),
}
RESPONSES = {(200, media.partition(";")[0]): OpenApiTypes.STR for media, _ in MEDIA.values()} | {
    (200, "application/json"): OpenApiTypes.OBJECT,
    (200, "application/octet-stream"): OpenApiTypes.BINARY,
    304: None,
}
#: People's words in a page of its own: shown, never run, and not in our origin.
CONTENT_POLICY = (
    "sandbox; default-src 'none'; img-src 'self' https: data:; style-src 'unsafe-inline'"
)
MAX_NAME_CHARS = 100
#: What Windows, macOS or Linux refuse in a file name.
_FORBIDDEN = frozenset('\\/:*?"<>|')


def parse_content(source: str, source_format: str) -> Node:
    """Return what ``source`` says; a blank document where it is blank.

    Raises:
        ValidationError: it is not what the format wants.
        CannotConvert | TryLater: it takes more than the server gives, or gives now.
    """
    try:
        return source_read(source, source_format)
    except SourceRefused as refused:
        raise content_refused(refused) from refused
    except ConversionError as error:
        raise conversion_refused(error) from error


def content_refused(refused: SourceRefused) -> exceptions.ValidationError:
    """Return what is answered to content that is not what its format wants."""
    return exceptions.ValidationError({"content": [format_error_text(refused.error)]})


def file_name(title: str, extension: str) -> str:
    """Return a file name for ``title`` that every system takes."""
    # Categories C*: control characters, and marks that turn the direction of what is shown.
    kept = "".join(
        " " if char in _FORBIDDEN or unicodedata.category(char)[0] == "C" else char
        for char in title
    )
    stem = " ".join(kept.split())[:MAX_NAME_CHARS].strip(". ")
    return f"{stem or 'document'}.{extension}"


def _rendered(document: Document, wanted: str) -> tuple[bytes, int]:
    """Return the content in the format, and the number of the last record in it."""
    state, seq = current_state(DocumentId(document.pk))
    if wanted == "yjs":
        return bytes(state), seq
    return content_shown(state, wanted), seq


def content_shown(state: Update, wanted: str) -> bytes:
    """Return what ``state`` says in a format of text.

    Raises:
        CannotConvert | TryLater: it takes more than the server gives, or gives now.
    """
    try:
        return rendered(state, wanted)
    except ConversionError as error:
        raise conversion_refused(error) from error


class Content(ApiView):
    """The content as it is now."""

    guests_welcome = True

    @extend_schema(
        operation_id="content_read",
        parameters=[FormatQuery],
        responses=RESPONSES,
        extensions=CONVERSION_REFUSALS,
    )
    def get(self, request: Request, document_id: str) -> HttpResponseBase:
        """Read the content. The ETag is the number of the last record: use If-None-Match."""
        document = self.document_for(document_id, Action.READ)
        wanted = query_of(FormatQuery, request)["format"]
        etag = f'"{head_seq(DocumentId(document.pk))}"'
        unchanged = get_conditional_response(request._request, etag=etag)
        if unchanged is not None:
            return private(unchanged, etag)
        body, seq = _rendered(document, wanted)
        response = HttpResponse(body, content_type=MEDIA[wanted][0])
        response["Content-Security-Policy"] = CONTENT_POLICY
        return private(response, f'"{seq}"')


def private(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    """Return the answer with its ETag, to be kept by nobody but who asked."""
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ("Authorization", "Cookie"))
    return response
