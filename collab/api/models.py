"""Answers that are kept for a while, so that a request sent twice is done once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class KeptAnswer(models.Model):
    """What a request with an Idempotency-Key was answered; written by ``idempotency.py``."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    #: Of method, path and body: the same key on another request is a mistake.
    digest = models.CharField(max_length=64)
    #: None: the request is being worked on.
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        """A key counts among the requests of one person."""

        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.key}"
