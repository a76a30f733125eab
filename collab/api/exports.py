"""A document as a file to keep, in any format of ``collab/formats/registry.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from collab.api.base import ApiView, query_of
from collab.api.content import CONTENT_POLICY, file_name
from collab.api.errors import CONVERSION_REFUSALS, conversion_refused
from collab.api.schemas import ExportQuery
from collab.attachments.selectors import image_resolver
from collab.documents.policy import Action
from collab.formats.errors import ConversionError
from collab.formats.export import Exported
from collab.formats.registry import FORMATS
from collab.formats.services import export_state
from collab.history.selectors import current_state
from collab.library.exports import with_all_of
from collab.types import DocumentId

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from rest_framework.request import Request

    from collab.documents.models import Document
    from collab.types import Update

RESPONSES = {
    (200, media_type.partition(";")[0]): OpenApiTypes.BINARY
    # LaTeX with images is a zip.
    for media_type in (*(known.media_type for known in FORMATS.values()), "application/zip")
} | {(200, "application/json"): OpenApiTypes.OBJECT}


def export_response(document: Document, state: Update, wanted: str, *, stem: str) -> HttpResponse:
    """Return the answer that carries ``state`` of ``document`` as a file.

    Args:
        document: whose title and images stand in it.
        state: of which moment; a Yjs file is these very bytes.
        wanted: a name in ``FORMATS``.
        stem: what the file is called, without its ending.

    Raises:
        CannotConvert: it could not be written in this format.
        TryLater: too many are being written now.
    """
    if wanted == "yjs":
        known = FORMATS[wanted]
        made = Exported(bytes(state), known.media_type, known.extension)
    else:
        made = _converted(document, state, wanted)
    response = HttpResponse(made.data, content_type=made.media_type)
    name = file_name(stem, made.extension)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Content-Security-Policy"] = CONTENT_POLICY
    response["Cache-Control"] = "private, no-store"
    return response


def _converted(document: Document, state: Update, wanted: str) -> Exported:
    try:
        made = export_state(
            state,
            wanted,
            title=document.title,
            language=get_language() or "en",
            resolve_image=image_resolver(document),
        )
    except ConversionError as error:
        raise conversion_refused(error) from error
    return with_all_of(state, made)


class Export(ApiView):
    """The content as a file."""

    guests_welcome = True

    @extend_schema(
        operation_id="content_export",
        parameters=[ExportQuery],
        responses=RESPONSES,
        extensions=CONVERSION_REFUSALS,
    )
    def get(self, request: Request, document_id: str) -> HttpResponseBase:
        """Download the content as a file that stands alone, the document's own images in it."""
        document = self.document_for(document_id, Action.READ)
        wanted = query_of(ExportQuery, request)["format"]
        state, _seq = current_state(DocumentId(document.pk))
        return export_response(document, state, wanted, stem=document.title)
