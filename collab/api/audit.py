"""The audit log, for staff who may view it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from collab.api.base import ApiView, query_of
from collab.api.errors import REFUSALS
from collab.audit.export import FORMS, entry_shown
from collab.audit.selectors import AuditFilter, audit_entries, may_read_audit
from collab.streaming import streamed

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from rest_framework.request import Request

MAX_ENTRIES = 500


class AuditQuery(serializers.Serializer[Any]):
    """Which entries."""

    action = serializers.CharField(
        required=False,
        default="",
        max_length=64,
        help_text="`document.purge`; or `document.`, with the point, for all done to documents.",
    )
    actor = serializers.CharField(
        required=False, default="", max_length=255, help_text="User name; `server` for itself."
    )
    document = serializers.UUIDField(required=False)
    at_from = serializers.DateTimeField(required=False, help_text="From this moment on.")
    at_until = serializers.DateTimeField(required=False, help_text="Before this moment.")


class AuditPageQuery(AuditQuery):
    """Which entries, a page at a time."""

    before = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="`next` of the page before."
    )
    limit = serializers.IntegerField(
        required=False, default=100, min_value=1, max_value=MAX_ENTRIES
    )


class AuditExportQuery(AuditQuery):
    """Which entries, and in which form."""

    format = serializers.ChoiceField(tuple(FORMS), required=False, default="ndjson")


class AuditEntrySchema(serializers.Serializer[Any]):
    """One act."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor_id = serializers.IntegerField(allow_null=True, help_text="null: gone, or the server.")
    actor = serializers.CharField(help_text="The user name at that time.")
    action = serializers.CharField()
    document_id = serializers.UUIDField(allow_null=True)
    subject = serializers.CharField(help_text="Whom or what it was done to.")
    details = serializers.DictField()


class AuditPageSchema(serializers.Serializer[Any]):
    """Entries, newest first."""

    results = AuditEntrySchema(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="`before` of the next page.")


class AuditView(ApiView):
    """What staff may see who have the permission `audit.view_auditentry`."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the request before its method runs."""
        super().initial(request, *args, **kwargs)
        if not may_read_audit(self.person):
            raise exceptions.PermissionDenied(_("The audit log is for staff who may view it."))


class AuditList(AuditView):
    """The audit log."""

    @extend_schema(
        operation_id="audit_list",
        parameters=[AuditPageQuery],
        responses=AuditPageSchema,
        extensions={REFUSALS: ("403",)},
    )
    def get(self, request: Request) -> Response:
        """Read who did what to whom, newest first."""
        query = query_of(AuditPageQuery, request)
        rows = audit_entries(_filter(query))
        if "before" in query:
            rows = rows.filter(pk__lt=query["before"])
        limit = query["limit"]
        found = list(rows[: limit + 1])
        shown = [entry_shown(entry) for entry in found[:limit]]
        return Response({"results": shown, "next": shown[-1]["id"] if found[limit:] else None})


class AuditExport(AuditView):
    """The audit log as a file."""

    @extend_schema(
        operation_id="audit_export",
        parameters=[AuditExportQuery],
        responses={
            (200, media.partition(";")[0]): OpenApiTypes.BINARY for media, _ in FORMS.values()
        },
        extensions={REFUSALS: ("403",)},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Download the entries, newest first, as they are read."""
        query = query_of(AuditExportQuery, request)
        media_type, form = FORMS[query["format"]]
        entries = audit_entries(_filter(query))
        response = StreamingHttpResponse(
            streamed(request._request, form(entries)), content_type=media_type
        )
        response["Content-Disposition"] = f'attachment; filename="audit.{query["format"]}"'
        response["Cache-Control"] = "private, no-store"
        return response


def _filter(query: dict[str, Any]) -> AuditFilter:
    return AuditFilter(
        action=query["action"],
        actor_name=query["actor"],
        document_id=query.get("document"),
        at_from=query.get("at_from"),
        at_until=query.get("at_until"),
    )
