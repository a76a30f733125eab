"""The shapes of webhooks and their deliveries."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from collab.api.schemas import MAX_PAGE_SIZE
from collab.webhooks.models import EVENTS, MAX_URL_CHARS, Delivery


class WebhookSchema(serializers.Serializer[Any]):
    """A webhook of yours."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    document = serializers.UUIDField(
        source="document_id", allow_null=True, help_text="Null: all documents that you own."
    )
    events = serializers.ListField(child=serializers.ChoiceField(EVENTS))
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="Null: the last delivery was taken, or there was none."
    )


class NewWebhookSchema(WebhookSchema):
    """A webhook just made."""

    secret = serializers.CharField(help_text="Keep it: it is shown this once.")


class WebhookBody(serializers.Serializer[Any]):
    """A webhook to be made."""

    url = serializers.CharField(max_length=MAX_URL_CHARS)
    document = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="Null: all that you own."
    )
    events = serializers.ListField(
        child=serializers.ChoiceField(EVENTS), min_length=1, max_length=len(EVENTS)
    )


class WebhookChange(serializers.Serializer[Any]):
    """What can be changed of a webhook."""

    url = serializers.CharField(required=False, max_length=MAX_URL_CHARS)
    events = serializers.ListField(
        required=False,
        child=serializers.ChoiceField(EVENTS),
        min_length=1,
        max_length=len(EVENTS),
    )
    is_active = serializers.BooleanField(required=False)


class DeliverySchema(serializers.Serializer[Any]):
    """What was sent, or is to be, and what came back at the last attempt."""

    id = serializers.UUIDField(help_text="What `webhook-id` says.")
    event = serializers.CharField()
    document = serializers.UUIDField(source="document_id", allow_null=True)
    state = serializers.ChoiceField(Delivery.State.values)
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    attempted_at = serializers.DateTimeField(allow_null=True)
    next_attempt_at = serializers.DateTimeField(
        source="shown_next", allow_null=True, help_text="Null: there will be none."
    )
    status = serializers.IntegerField(allow_null=True, help_text="Null: no answer came.")
    duration_ms = serializers.IntegerField(allow_null=True)
    answer = serializers.CharField(help_text="Its beginning, or why there was none.")


class DeliveriesQuery(serializers.Serializer[Any]):
    """Which deliveries."""

    state = serializers.ChoiceField(Delivery.State.values, required=False)
    limit = serializers.IntegerField(
        required=False, default=25, min_value=1, max_value=MAX_PAGE_SIZE
    )
