"""The audit log in the admin: searched, filtered, exported; never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from collab.audit.export import FORMS
from collab.audit.models import AuditEntry
from collab.streaming import streamed

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(AuditEntry)
class AuditEntryAdmin(ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    """Who did what."""

    list_display = ("at", "actor_name", "action", "subject", "document_id")
    list_filter = ("action", "at")
    search_fields = ("actor_name", "subject", "action", "document_id")
    fields = ("at", "actor", "actor_name", "action", "subject", "document_id", "details")
    readonly_fields = fields
    show_full_result_count = False
    actions = ("export_csv", "export_ndjson")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: entries are written by what they tell of."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False

    @admin.action(description=_("Export as CSV"), permissions=["view"])
    def export_csv(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> StreamingHttpResponse:
        """Send the selected entries as a table."""
        return _file(request, queryset, "csv")

    @admin.action(description=_("Export as NDJSON"), permissions=["view"])
    def export_ndjson(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> StreamingHttpResponse:
        """Send the selected entries, one JSON object a line."""
        return _file(request, queryset, "ndjson")


def _file(request: HttpRequest, entries: QuerySet[AuditEntry], form: str) -> StreamingHttpResponse:
    media_type, made = FORMS[form]
    response = StreamingHttpResponse(streamed(request, made(entries)), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="audit.{form}"'
    return response
