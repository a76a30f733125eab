"""Revisions of a document: list, name, read, keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from collab.accounts.models import User
from collab.api.base import ApiView, body_of, query_of
from collab.api.content import RESPONSES
from collab.api.errors import CONVERSION_REFUSALS
from collab.api.exports import RESPONSES as EXPORT_RESPONSES
from collab.api.exports import export_response
from collab.api.history_schemas import (
    MAX_REVISION,
    PastFormatQuery,
    RevisionBody,
    RevisionListQuery,
    RevisionNameBody,
    RevisionPageSchema,
    RevisionSchema,
)
from collab.api.moments import moment_of, past_content
from collab.api.schemas import ExportQuery
from collab.documents.policy import Action
from collab.history.past import state_at
from collab.history.revisions import (
    NothingToName,
    moment_name,
    revision_get,
    revision_rename,
    revisions_cut,
    revisions_of,
)
from collab.types import DocumentId

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from rest_framework.request import Request

    from collab.documents.models import Document
    from collab.history.models import Revision


def shown_revisions(revisions: Sequence[Revision]) -> list[dict[str, Any]]:
    """Return revisions as ``RevisionSchema`` has them; one query for all authors."""
    people = User.objects.in_bulk({key for row in revisions for key in row.author_ids})
    return [
        {
            "number": row.number,
            "seq": row.seq,
            "first_seq": row.first_seq,
            "kind": row.kind,
            "name": row.name,
            "authors": [people[key] for key in row.author_ids if key in people],
            "started_at": row.started_at,
            "ended_at": row.ended_at,
            "insertions": row.insertions,
            "deletions": row.deletions,
            "size_bytes": row.size_bytes,
        }
        for row in revisions
    ]


def shown_revision(revision: Revision) -> Any:
    """Return one revision as JSON."""
    return RevisionSchema(shown_revisions([revision])[0]).data


def revision_for(document: Document, number: str) -> Revision:
    """Return the revision of this number.

    Raises:
        NotFound: there is none.
    """
    found = None
    if number.isascii() and number.isdecimal() and len(number) <= len(str(MAX_REVISION)):
        key = DocumentId(document.pk)
        revisions_cut(document_id=key)
        found = revision_get(key, min(int(number), MAX_REVISION))
    if found is None:
        raise exceptions.NotFound(f"The document has no revision {number[:20]}.")
    return found


class RevisionList(ApiView):
    """The revisions of a document."""

    @extend_schema(
        operation_id="revisions_list", parameters=[RevisionListQuery], responses=RevisionPageSchema
    )
    def get(self, request: Request, document_id: str) -> Response:
        """List the revisions, newest first. The first one grows while people write."""
        document = self.document_for(document_id, Action.SEE_HISTORY)
        query = query_of(RevisionListQuery, request)
        key = DocumentId(document.pk)
        revisions_cut(document_id=key)
        wanted = revisions_of(key)
        if query["named"]:
            wanted = wanted.exclude(name="")
        if "before" in query:
            wanted = wanted.filter(number__lt=query["before"])
        if "seq" in query:
            wanted = wanted.filter(first_seq__lte=query["seq"])
        size = query["page_size"]
        rows = list(wanted[: size + 1])
        link = None
        if len(rows) > size:
            rows.pop()
            here = request.build_absolute_uri()
            link = replace_query_param(here, "before", rows[-1].number)
        page = {"next": link, "results": shown_revisions(rows)}
        return Response(RevisionPageSchema(page).data)

    @extend_schema(
        operation_id="revisions_name_now", request=RevisionBody, responses={201: RevisionSchema}
    )
    def post(self, request: Request, document_id: str) -> Response:
        """Name the document as it is now."""
        document = self.document_for(document_id, Action.WRITE, Action.SEE_HISTORY)
        name = body_of(RevisionBody, request)["name"]
        try:
            revision = moment_name(document=document, name=name)
        except NothingToName as error:
            raise exceptions.NotFound("The document has no content to name yet.") from error
        location = reverse("api-revision", args=[document.pk, revision.number])
        return Response(shown_revision(revision), status=201, headers={"Location": location})


class RevisionDetail(ApiView):
    """One revision."""

    @extend_schema(operation_id="revisions_retrieve", responses=RevisionSchema)
    def get(self, request: Request, document_id: str, number: str) -> Response:
        """Show the revision."""
        document = self.document_for(document_id, Action.SEE_HISTORY)
        return Response(shown_revision(revision_for(document, number)))

    @extend_schema(
        operation_id="revisions_rename", request=RevisionNameBody, responses=RevisionSchema
    )
    def patch(self, request: Request, document_id: str, number: str) -> Response:
        """Give the revision another name."""
        document = self.document_for(document_id, Action.WRITE, Action.SEE_HISTORY)
        revision = revision_for(document, number)
        name = body_of(RevisionNameBody, request)["name"]
        return Response(shown_revision(revision_rename(revision=revision, name=name)))


class RevisionContent(ApiView):
    """The document as of a revision."""

    @extend_schema(
        operation_id="revisions_content",
        parameters=[PastFormatQuery],
        responses=RESPONSES,
        extensions=CONVERSION_REFUSALS,
    )
    def get(self, request: Request, document_id: str, number: str) -> HttpResponseBase:
        """Read the document as of the revision."""
        document = self.document_for(document_id, Action.SEE_HISTORY)
        wanted = query_of(PastFormatQuery, request)["format"]
        moment = moment_of(document, seq=revision_for(document, number).seq)
        return past_content(request, document, moment, wanted)


class RevisionExport(ApiView):
    """The document as of a revision, as a file."""

    @extend_schema(
        operation_id="revisions_export",
        parameters=[ExportQuery],
        responses=EXPORT_RESPONSES,
        extensions=CONVERSION_REFUSALS,
    )
    def get(self, request: Request, document_id: str, number: str) -> HttpResponseBase:
        """Download the document as of the revision."""
        document = self.document_for(document_id, Action.SEE_HISTORY)
        wanted = query_of(ExportQuery, request)["format"]
        revision = revision_for(document, number)
        state = state_at(moment_of(document, seq=revision.seq))
        stem = f"{document.title} {revision.name or revision.number}"
        return export_response(document, state, wanted, stem=stem)
