"""The audit log in the admin: searched, filtered, exported; never changed."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from collab.audit.models import AuditEntry

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

COLUMNS = ("at", "actor", "action", "document_id", "subject", "details")
#: A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@admin.register(AuditEntry)
class AuditEntryAdmin(ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    """Who did what."""

    list_display = ("at", "actor_name", "action", "subject", "document_id")
    list_filter = ("action", "at")
    search_fields = ("actor_name", "subject", "action", "document_id")
    fields = ("at", "actor", "actor_name", "action", "subject", "document_id", "details")
    readonly_fields = fields
    show_full_result_count = False
    actions = ("export_csv",)

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
        """Send the selected entries as a file."""
        response = StreamingHttpResponse(_lines(queryset), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="audit.csv"'
        return response


class _Echo:
    """A file for ``csv`` that gives back what is written."""

    def write(self, line: str) -> str:
        return line


def _lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for entry in entries.iterator(chunk_size=500):
        details = json.dumps(entry.details, ensure_ascii=False, sort_keys=True)
        cells = (entry.actor_name, entry.action, str(entry.document_id or ""), entry.subject)
        yield writer.writerow([entry.at.isoformat(), *map(_plain, cells), details])


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
