"""The document at any moment of its past, and the timeline to choose one on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.response import Response

from collab.accounts.models import User
from collab.api.base import ApiView, query_of
from collab.api.content import CONTENT_POLICY, MEDIA, RESPONSES, content_shown
from collab.api.errors import CONVERSION_REFUSALS
from collab.api.history_schemas import AtQuery, TimelineQuery, TimelineSchema
from collab.documents.policy import Action
from collab.history.past import (
    Moment,
    UnknownMoment,
    moment_by_seq,
    moment_by_time,
    state_at,
)
from collab.history.selectors import head_seq
from collab.history.timeline import timeline_of
from collab.types import DocumentId

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from rest_framework.request import Request

    from collab.documents.models import Document


def moment_of(document: Document, *, seq: int | None = None, time: Any = None) -> Moment:
    """Return the moment asked for; the last one where neither is given.

    Raises:
        NotFound: there is no such moment.
    """
    key = DocumentId(document.pk)
    try:
        if time is not None:
            return moment_by_time(key, time)
        return moment_by_seq(key, head_seq(key) if seq is None else seq)
    except UnknownMoment as error:
        raise exceptions.NotFound(str(error)) from error


def past_content(
    request: Request, document: Document, moment: Moment, wanted: str
) -> HttpResponseBase:
    """Return the document as of a moment; it never changes, so a copy of it may be asked about."""
    etag = f'"{moment.seq}"'
    unchanged = get_conditional_response(request._request, etag=etag)
    response: HttpResponseBase
    if unchanged is not None:
        response = unchanged
    else:
        response = HttpResponse(_rendered(moment, wanted), content_type=MEDIA[wanted][0])
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["Content-Security-Policy"] = CONTENT_POLICY
    response["Scriptorium-Seq"] = str(moment.seq)
    patch_vary_headers(response, ("Authorization", "Cookie"))
    return response


def _rendered(moment: Moment, wanted: str) -> bytes:
    state = state_at(moment)
    return bytes(state) if wanted == "yjs" else content_shown(state, wanted)


class At(ApiView):
    """The document at a moment."""

    @extend_schema(
        operation_id="content_at",
        parameters=[AtQuery],
        responses=RESPONSES,
        extensions=CONVERSION_REFUSALS,
    )
    def get(self, request: Request, document_id: str) -> HttpResponseBase:
        """Read the document as it was; the header `Scriptorium-Seq` says at which record."""
        document = self.document_for(document_id, Action.SEE_HISTORY)
        query = query_of(AtQuery, request)
        moment = moment_of(document, seq=query.get("seq"), time=query.get("time"))
        return past_content(request, document, moment, query["format"])


class Timeline(ApiView):
    """The whole log at a glance."""

    @extend_schema(operation_id="timeline", parameters=[TimelineQuery], responses=TimelineSchema)
    def get(self, request: Request, document_id: str) -> Response:
        """Show the log in parts of about equal numbers of records."""
        document = self.document_for(document_id, Action.SEE_HISTORY)
        found = timeline_of(DocumentId(document.pk), query_of(TimelineQuery, request)["buckets"])
        ids = {author for bucket in found.buckets for author in bucket.author_ids}
        shown = {
            "seq": found.seq,
            "buckets": [
                {
                    "seq_from": bucket.seq_from,
                    "seq_to": bucket.seq_to,
                    "since": bucket.since,
                    "to": bucket.to,
                    "edits": bucket.edits,
                    "authors": bucket.author_ids,
                }
                for bucket in found.buckets
            ],
            "authors": User.objects.filter(pk__in=ids).order_by("pk"),
        }
        return Response(TimelineSchema(shown).data)
