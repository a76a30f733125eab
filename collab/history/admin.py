"""The log and what is made from it, to look at. Nothing of it can be changed or deleted.

Bytes are what people typed. They are shown on the page of one row, to who may read text, and each
look is noted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import BinaryField, QuerySet
from django.db.models.functions import Length, Substr
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from collab.accounts.rights import may_read_text
from collab.accounts.shown_admin import ShownAdmin
from collab.audit.services import audit_record
from collab.history.models import (
    Checkpoint,
    ClientBinding,
    Erasure,
    HistoryCheckpoint,
    Revision,
    UpdateRecord,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from collab.accounts.models import User

EXCERPT_BYTES = 32


class ReadOnlyAdmin(ShownAdmin):
    """A list and pages that only show."""

    # Logs are long: counting all rows for every page of a search would be felt.
    show_full_result_count = False
    list_select_related: tuple[str, ...] = ("document",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False


class BytesAdmin(ReadOnlyAdmin):
    """Rows with bytes: the size for all, the beginning for who may read text."""

    bytes_field = ""
    #: What of a row's page shows text.
    text_fields: tuple[str, ...] = ("excerpt",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return rows without their bytes."""
        rows = cast("QuerySet[Any]", super().get_queryset(request))
        light = rows.defer(self.bytes_field).annotate(byte_count=Length(self.bytes_field))
        return cast("QuerySet[Any]", light)

    def get_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Return what is shown of a row to this administrator."""
        fields = list(super().get_fields(request, obj))
        if may_read_text(request.user):
            return fields
        return [name for name in fields if name not in self.text_fields]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a row; who is shown text by it stands in the audit log."""
        row = self.get_object(request, unquote(object_id))
        is_shown = row is not None and self.has_view_permission(request, row)
        if is_shown and may_read_text(request.user):
            audit_record(
                action="text.read",
                actor=cast("User", request.user),
                subject=row.document.title,
                document_id=row.document_id,
                row=f"{self.opts.model_name} {row.pk}",
            )
        response: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        return response

    @display(description=_("size"), ordering="byte_count")  # type: ignore[untyped-decorator]
    def size(self, row: Any) -> str:
        """Return how many bytes there are."""
        return filesizeformat(row.byte_count)

    @display(description=_("begins with"))  # type: ignore[untyped-decorator]
    def excerpt(self, row: Any) -> str:
        """Return the first bytes in hex."""
        start = Substr(self.bytes_field, 1, EXCERPT_BYTES, output_field=BinaryField())
        rows = type(row)._default_manager.filter(pk=row.pk)
        shown = bytes(rows.values_list(start, flat=True).get()).hex(" ")
        return f"{shown} …" if row.byte_count > EXCERPT_BYTES else shown


@admin.register(UpdateRecord)
class UpdateRecordAdmin(BytesAdmin):
    """Records of the update log."""

    bytes_field = "update"
    list_display = (
        "document",
        "seq",
        "author",
        "kind",
        "is_relayed",
        "size",
        "created_at",
    )
    list_filter = ("kind", "is_relayed", "created_at")
    list_select_related = ("document", "author")
    search_fields = ("document__title", "document__id", "author__username")
    fields = (
        "document",
        "seq",
        "author",
        "kind",
        "is_relayed",
        "client_ids",
        "created_at",
        "size",
        "excerpt",
    )
    readonly_fields = ("size", "excerpt")
    ordering = ("-created_at", "-id")


@admin.register(Checkpoint)
class CheckpointAdmin(BytesAdmin):
    """Checkpoints."""

    bytes_field = "state"
    list_display = ("document", "seq", "size", "created_at")
    search_fields = ("document__title", "document__id")
    fields = ("document", "seq", "created_at", "size", "excerpt")
    readonly_fields = ("size", "excerpt")


@admin.register(ClientBinding)
class ClientBindingAdmin(ReadOnlyAdmin):
    """Whose a Yjs client id is."""

    list_display = ("document", "client_id", "user")
    list_select_related = ("document", "user")
    search_fields = ("document__title", "document__id", "user__username")
    fields = list_display


@admin.register(HistoryCheckpoint)
class HistoryCheckpointAdmin(BytesAdmin):
    """States that keep deleted text."""

    bytes_field = "state"
    list_display = ("document", "seq", "size", "created_at")
    search_fields = ("document__title", "document__id")
    fields = ("document", "seq", "created_at", "size", "excerpt")
    readonly_fields = ("size", "excerpt")


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    """Revisions."""

    list_display = ("document", "number", "kind", "name", "insertions", "deletions", "ended_at")
    list_filter = ("kind", "ended_at")
    search_fields = ("document__title", "document__id", "name")
    ordering = ("-ended_at", "-id")


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """Stretches of history that were erased."""

    list_display = ("document", "first_seq", "last_seq", "actor", "state", "elements", "created_at")
    list_filter = ("state",)
    list_select_related = ("document", "actor")
    search_fields = ("document__title", "document__id")
    ordering = ("-created_at", "-id")
