"""Many documents at once: files in, a zip out."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from collab.api.base import ApiView, body_of, query_of
from collab.api.content import file_name
from collab.api.errors import NAMES_ONE
from collab.api.folders import folder_for
from collab.api.place_schemas import BulkExportQuery, ImportBody, OutcomesSchema
from collab.documents.policy import FolderAction
from collab.library.exports import documents_to_export, folders_to_export, zip_of
from collab.library.imports import import_file
from collab.streaming import streamed

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from rest_framework.request import Request


class Import(ApiView):
    """Files become documents."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="documents_import",
        request={"multipart/form-data": ImportBody},
        responses={200: OutcomesSchema, 201: OutcomesSchema},
        extensions=NAMES_ONE,
    )
    def post(self, request: Request) -> Response:
        """Make documents of a file, or of each file in a zip, whose folders become folders.

        A file that cannot be read is named with the reason; the others are taken. 201 where a
        document was made, 200 where none was. Of a zip that a server like this one wrote, the
        documents come back with all that they had; docs/formats.md says what that is.
        """
        body = body_of(ImportBody, request)
        folder = None
        if body["folder"] is not None:
            folder = folder_for(self.person, body["folder"], FolderAction.FILL)
        file = body["file"]
        outcomes = import_file(
            owner=self.person,
            name=file.name or "",
            source=file.file,
            folder=folder,
            including=body["include"],
        )
        shown = [
            {
                "name": outcome.name,
                "document": None if outcome.document is None else outcome.document.pk,
                "error": outcome.error,
                "warnings": outcome.warnings,
            }
            for outcome in outcomes
        ]
        made = [outcome.document for outcome in outcomes if outcome.document is not None]
        failed = sum(outcome.error is not None for outcome in outcomes)
        answer = OutcomesSchema({"made": len(made), "failed": failed, "results": shown})
        if not made:
            return Response(answer.data)
        # Of several documents there is no one address.
        place = reverse("api-document", args=[made[0].pk])
        headers = {"Location": place} if len(made) == 1 else {}
        return Response(answer.data, status=HTTPStatus.CREATED, headers=headers)


class BulkExport(ApiView):
    """Documents as a zip."""

    @extend_schema(
        operation_id="export",
        parameters=[BulkExportQuery],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
        extensions=NAMES_ONE,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Download a folder with all below it, some documents, or (neither) all that are yours.

        The zip is written while it is sent; its last entry, `manifest.json`, says what is in it,
        and why a document is not.
        """
        query = query_of(BulkExportQuery, request)
        folder = None
        if query["folder"] is not None:
            folder = folder_for(self.person, query["folder"], FolderAction.SEE)
        documents = documents_to_export(self.person, folder=folder, document_ids=query["document"])
        language = get_language() or "en"
        pieces = zip_of(
            documents,
            user=self.person,
            wanted=query["format"],
            language=language,
            folders=folders_to_export(
                self.person, folder=folder, is_chosen=bool(query["document"])
            ),
            including=query["include"],
        )
        response = StreamingHttpResponse(
            streamed(request._request, pieces), content_type="application/zip"
        )
        stem = folder.name if folder else f"Scriptorium {timezone.now():%Y-%m-%d}"
        name = file_name(stem, "zip")
        response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        response["Cache-Control"] = "private, no-store"
        return response
