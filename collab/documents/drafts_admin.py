"""Drafts in the admin: of what, whose, and what became of them. Only looked at.

People merge and discard: their words are theirs. What an administrator does with a draft as with
any document (trash, freeze, hand over) is done on the page of the document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from collab.accounts.shown_admin import ShownAdmin
from collab.documents.models import Document, Draft

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from collab.accounts.models import User


@admin.register(Draft)
class DraftAdmin(ShownAdmin):
    """Drafts, open ones and those in the trash."""

    show_full_result_count = False
    list_display = ("shown_title", "original", "owner", "state", "merged_seq", "forked_at")
    list_display_links = None
    list_filter = (
        ("document__trashed_at", admin.EmptyFieldListFilter),
        ("merged_seq", admin.EmptyFieldListFilter),
        "created_at",
    )
    list_select_related = ("document", "document__owner", "origin")
    search_fields = (
        "document__title",
        "origin__title",
        "document__id",
        "origin__id",
        "document__owner__username",
    )
    ordering = ("-created_at", "document_id")
    fields = (
        "shown_title",
        "original",
        "owner",
        "state",
        "base_seq",
        "merged_seq",
        "forked_at",
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: people fork."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse: without its row a draft could never be merged."""
        return False

    @display(description=_("draft"), ordering="document__title")  # type: ignore[untyped-decorator]
    def shown_title(self, draft: Draft) -> str:
        """Link to the draft as a document."""
        return _linked(draft.document)

    @display(description=_("original"), ordering="origin__title")  # type: ignore[untyped-decorator]
    def original(self, draft: Draft) -> str:
        """Link to what it is a draft of; None: it was erased."""
        return "" if draft.origin is None else _linked(draft.origin)

    @display(description=_("owner"), ordering="document__owner")  # type: ignore[untyped-decorator]
    def owner(self, draft: Draft) -> User:
        """Return whose it is."""
        return draft.document.owner

    @display(description=_("created"), ordering="created_at")  # type: ignore[untyped-decorator]
    def forked_at(self, draft: Draft) -> datetime:
        """Return when it was made."""
        return draft.created_at

    @display(  # type: ignore[untyped-decorator]
        description=_("state"), label={"open": "success", "closed": "info"}
    )
    def state(self, draft: Draft) -> tuple[str, str]:
        """Return whether it can still be merged: in the trash it cannot."""
        if draft.document.is_trashed:
            return "closed", str(_("in the trash"))
        return "open", str(_("open"))


def _linked(document: Document) -> str:
    """Return a link to the page of a document in the admin, where its text is not shown."""
    return format_html(
        '<a class="ops-link" href="{}">{}</a>',
        reverse("admin:documents_document_change", args=[document.pk]),
        document,
    )
