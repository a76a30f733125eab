"""The whole history of a document as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from collab.api.base import ApiView, query_of
from collab.api.content import file_name
from collab.api.history_schemas import HistoryExportQuery
from collab.documents.policy import Action
from collab.history.export import FORMS, HistoryExport
from collab.streaming import streamed

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from rest_framework.request import Request


class HistoryExportView(ApiView):
    """All records and revisions."""

    @extend_schema(
        operation_id="history_export",
        parameters=[HistoryExportQuery],
        responses={
            (200, media.partition(";")[0]): OpenApiTypes.BINARY for media, _ in FORMS.values()
        }
        | {(200, "application/json"): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, document_id: str) -> HttpResponseBase:
        """Download every record and revision, as it comes.

        The headers `Scriptorium-Records` and `Scriptorium-Revisions` say how many there are, so
        that a reader of lines or rows can show how far it is.
        """
        document = self.document_for(document_id, Action.SEE_HISTORY)
        wanted = query_of(HistoryExportQuery, request)["format"]
        export = HistoryExport.of(document)
        media_type, form = FORMS[wanted]
        response = StreamingHttpResponse(
            streamed(request._request, form(export)), content_type=media_type
        )
        name = file_name(f"{document.title} history", wanted)
        response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        response["Cache-Control"] = "private, no-store"
        response["Scriptorium-Records"] = str(export.seq)
        response["Scriptorium-Revisions"] = str(len(export.revisions))
        return response
