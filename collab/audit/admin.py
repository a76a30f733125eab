"""The audit log in the admin: searched, filtered, exported; never changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from collab.audit.export import FORMS
from collab.audit.models import AuditEntry
from collab.audit.services import A_VISITOR
from collab.audit.words import in_words
from collab.streaming import streamed

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class ActionFilter(admin.SimpleListFilter):
    """Filters by what was done, named in words."""

    title = _("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Return what the log has, by name."""
        kept = AuditEntry.objects.order_by("action").values_list("action", flat=True).distinct()
        return sorted(((each, str(in_words(each))) for each in kept), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the entries of the chosen action."""
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    """Who did what."""

    list_display = ("moment", "who", "words", "subject", "more", "document_id")
    list_filter = (ActionFilter, "at")
    search_fields = ("actor_name", "subject", "action", "document_id")
    fields = ("moment", "actor", "who", "words", "action", "subject", "document_id", "more")
    readonly_fields = fields
    show_full_result_count = False
    actions = ("export_csv", "export_ndjson")

    @display(description=_("time"), ordering="at")  # type: ignore[untyped-decorator]
    def moment(self, entry: AuditEntry) -> str:
        """Return when it was, to the second, where the server's clock stands."""
        return f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}"

    @display(description=_("name"), ordering="actor_name")  # type: ignore[untyped-decorator]
    def who(self, entry: AuditEntry) -> str:
        """Return the name of who did it; a word where nobody who is known did."""
        return str(_("visitor")) if entry.actor_name == A_VISITOR else entry.actor_name

    @display(description=_("in words"), ordering="action")  # type: ignore[untyped-decorator]
    def words(self, entry: AuditEntry) -> str:
        """Return what was done, in words."""
        return str(in_words(entry.action))

    @display(description=_("details"))  # type: ignore[untyped-decorator]
    def more(self, entry: AuditEntry) -> str:
        """Return the details as names and values."""
        pairs = (f"{name}: {_value(value)}" for name, value in entry.details.items())
        # As exports and REST have them: names of a program, in no language.
        return format_html("<code>{}</code>", " · ".join(pairs)) if entry.details else ""

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


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _file(request: HttpRequest, entries: QuerySet[AuditEntry], form: str) -> StreamingHttpResponse:
    media_type, made = FORMS[form]
    response = StreamingHttpResponse(streamed(request, made(entries)), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="audit.{form}"'
    return response
