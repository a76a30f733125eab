"""Webhooks, and what is and was sent to them. A delivery is committed with what it tells of."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collab.documents.happenings import Happening
from collab.documents.models import Document

MAX_URL_CHARS = 500
#: What is kept of an answer.
MAX_ANSWER_CHARS = 500
PING = "ping"
#: What a webhook may ask to be told.
EVENTS: tuple[str, ...] = tuple(Happening.values)


class Webhook(models.Model):
    """An address that is told what happens to a person's documents.

    Its secret is in no row: ``signing.py`` makes it from the id and the server's key.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="webhooks",
        verbose_name=_("person"),
    )
    #: None: all documents that the person owns, now and later.
    document = models.ForeignKey(
        Document,
        null=True,
        on_delete=models.CASCADE,
        related_name="webhooks",
        verbose_name=_("document"),
    )
    url = models.CharField(_("address"), max_length=MAX_URL_CHARS)
    #: A list of EVENTS.
    events = models.JSONField(_("events"), default=list)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    #: When deliveries began to fail without one that succeeded since; None: the last one did.
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    #: A process sends to it; another may take over after this, since that one is dead.
    busy_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        """Newest first."""

        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["owner", "is_active"])]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One happening, to be told to one webhook; kept for a while after it was."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")

    #: The receiver's ``webhook-id``: the same at every attempt.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    event = models.CharField(_("event"), max_length=32)
    #: Not a foreign key: it tells of documents that were erased, too.
    document_id = models.UUIDField(_("document id"), null=True)
    #: The very text that is sent and signed.
    body = models.TextField(_("body"))
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.WAITING
    )
    created_at = models.DateTimeField(_("time"), default=timezone.now, db_index=True)
    #: Begun ones too, so that one which ends the process is not begun for ever.
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    attempted_at = models.DateTimeField(_("last attempt"), null=True)
    #: Of the last answer; None: there was none.
    status = models.PositiveIntegerField(_("status"), null=True)
    duration_ms = models.PositiveIntegerField(_("took, ms"), null=True)
    #: The beginning of the last answer, or why there was none.
    answer = models.CharField(_("answer"), max_length=MAX_ANSWER_CHARS, blank=True)

    class Meta:
        """Newest first; what is due is found by the first index."""

        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"]),
            models.Index(fields=["webhook", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.id}"

    @property
    def shown_next(self) -> datetime | None:
        """When it is sent next; None: not any more."""
        return self.next_attempt_at if self.state == self.State.WAITING else None
