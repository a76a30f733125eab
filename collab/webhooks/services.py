"""Writes of webhooks. Callers ask ``policy`` first."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from collab.accounts.mail import letter_send_on_commit
from collab.accounts.models import User
from collab.audit.services import audit_record
from collab.webhooks import letters
from collab.webhooks.connecting import AddressRefused, check_url
from collab.webhooks.models import EVENTS, MAX_URL_CHARS, Delivery, Webhook

if TYPE_CHECKING:
    from collab.documents.models import Document

#: Rows of the log removed at a time, so that no transaction is long.
PRUNE_BATCH = 500
PRUNE_EVERY_S = 600.0


class WebhookError(ValueError):
    """A webhook that cannot be: the sentence says why."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        #: Which part of it.
        self.field = field


@transaction.atomic
def webhook_create(
    *, owner: User, url: str, events: Collection[str], document: Document | None = None
) -> Webhook:
    """Have ``url`` told what happens to a document, or to all that ``owner`` has.

    Raises:
        WebhookError: the address or the events cannot be, or there are too many.
    """
    # The row lock makes two requests at once count each other.
    User.objects.select_for_update().get(pk=owner.pk)
    limit = settings.ENV.webhook_max_per_person
    if owner.webhooks.count() >= limit:
        raise WebhookError("url", f"A person has at most {limit} webhooks.")
    hook = Webhook.objects.create(
        owner=owner, document=document, url=_checked(url), events=_known(events)
    )
    _note("webhook.create", hook, owner)
    return hook


@transaction.atomic
def webhook_change(
    *,
    webhook: Webhook,
    actor: User,
    url: str | None = None,
    events: Collection[str] | None = None,
    is_active: bool | None = None,
) -> None:
    """Change what is given. What waits is sent to the new address; switched on, it starts afresh.

    Raises:
        WebhookError: the address or the events cannot be.
    """
    if url is not None:
        webhook.url = _checked(url)
    if events is not None:
        webhook.events = _known(events)
    if is_active is not None:
        if is_active and not webhook.is_active:
            webhook.failing_since = None
        webhook.is_active = is_active
    webhook.save(update_fields=["url", "events", "is_active", "failing_since"])
    _note("webhook.change", webhook, actor, events=webhook.events, is_active=webhook.is_active)


@transaction.atomic
def webhook_remove(*, webhook: Webhook, actor: User) -> None:
    """Remove the webhook with its deliveries; what waits is not sent."""
    _note("webhook.remove", webhook, actor)
    webhook.delete()


@transaction.atomic
def webhook_disable(*, webhook: Webhook, is_gone: bool) -> None:
    """Switch off a webhook that takes nothing, and tell its owner."""
    webhook.is_active = False
    webhook.save(update_fields=["is_active"])
    _note("webhook.disable", webhook, None)
    owner, days = webhook.owner, settings.ENV.webhook_disable_days
    letter_send_on_commit(
        to=owner.email,
        language=owner.language,
        write=lambda: letters.disabled(webhook=webhook, days=days, is_gone=is_gone),
    )


def delivery_again(*, delivery: Delivery) -> None:
    """Have a delivery sent once more, under the id that it had."""
    delivery.state = Delivery.State.WAITING
    delivery.attempts = 0
    delivery.next_attempt_at = timezone.now()
    delivery.save(update_fields=["state", "attempts", "next_attempt_at"])


def forget_old_deliveries() -> None:
    """Remove what was delivered, or failed, longer ago than the settings keep it; a chore."""
    before = timezone.now() - timedelta(days=settings.ENV.webhook_log_days)
    old = Delivery.objects.filter(created_at__lt=before)
    done = old.exclude(state=Delivery.State.WAITING, webhook__is_active=True)
    while batch := list(done.values_list("pk", flat=True)[:PRUNE_BATCH]):
        Delivery.objects.filter(pk__in=batch).delete()


def _checked(url: str) -> str:
    if len(url) > MAX_URL_CHARS:
        raise WebhookError("url", f"An address has at most {MAX_URL_CHARS} characters.")
    try:
        check_url(url, allow_private=settings.ENV.webhook_allow_private)
    except AddressRefused as error:
        raise WebhookError("url", str(error)) from error
    return url


def _known(events: Collection[str]) -> list[str]:
    wanted = [name for name in EVENTS if name in events]
    if not wanted or len(wanted) < len(set(events)):
        raise WebhookError("events", "Choose one or more of: " + ", ".join(EVENTS) + ".")
    return wanted


def _note(action: str, webhook: Webhook, actor: User | None, **details: object) -> None:
    # The host only: what follows it may be as good as a password.
    audit_record(
        action=action,
        actor=actor,
        subject=urlsplit(webhook.url).hostname or "",
        document_id=webhook.document_id,
        webhook=str(webhook.pk),
        **details,
    )
