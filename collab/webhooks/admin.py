"""Webhooks in the admin: seen and switched off; deliveries: looked at and sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from collab.accounts.shown_admin import ShownAdmin
from collab.webhooks.models import Delivery, Webhook
from collab.webhooks.services import delivery_again, webhook_change

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest

    from collab.accounts.models import User


class _SeenAdmin(ShownAdmin):
    """What others own: nothing of it is written here."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False

    def save_model(self, request: HttpRequest, obj: Model, form: object, change: bool) -> None:
        """Write nothing: no field of the page can be changed."""


@admin.register(Webhook)
class WebhookAdmin(_SeenAdmin):
    """Who is told what, and whether it arrives."""

    list_display = ("url", "owner", "document", "is_active", "failing_since", "created_at")
    list_filter = ("is_active",)
    list_select_related = ("owner", "document")
    search_fields = ("url", "owner__username")
    fields = ("url", "owner", "document", "events", "is_active", "failing_since", "created_at")
    readonly_fields = fields
    actions = ("switch_off",)

    @admin.action(description=_("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        """Stop sending to the selected webhooks."""
        for hook in queryset.filter(is_active=True):
            webhook_change(webhook=hook, actor=cast("User", request.user), is_active=False)


@admin.register(Delivery)
class DeliveryAdmin(_SeenAdmin):
    """The log of deliveries."""

    list_display = (
        "created_at",
        "event",
        "webhook",
        "state",
        "status",
        "attempts",
        "duration_ms",
    )
    list_filter = ("state", "event", "created_at")
    list_select_related = ("webhook",)
    search_fields = ("webhook__url", "document_id", "id")
    fields = (
        "id",
        "webhook",
        "event",
        "document_id",
        "state",
        "created_at",
        "attempts",
        "attempted_at",
        "next_attempt_at",
        "status",
        "duration_ms",
        "answer",
        "body",
    )
    readonly_fields = fields
    actions = ("send_again",)

    @admin.action(description=_("Send again"), permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Have the selected deliveries sent once more, under the ids that they had."""
        count = 0
        for delivery in queryset:
            delivery_again(delivery=delivery)
            count += 1
        words = ngettext("%(n)d delivery is sent again.", "%(n)d deliveries are sent again.", count)
        self.message_user(request, words % {"n": count}, messages.SUCCESS)
