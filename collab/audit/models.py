"""The audit log: who did what to whom, when. Appended to by ``services.py``; never changed.

An entry names people and documents in its own words as well as by id, so that it says the same
after they are gone.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collab.audit.words import in_words


class AuditEntry(models.Model):
    """One act."""

    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("who"),
    )
    #: The name that the actor had then; a word for the server itself where nobody acted.
    actor_name = models.CharField(_("name"), max_length=255)
    #: ``subject.verb``, as in ``document.purge``: to be filtered by, not translated.
    action = models.CharField(_("action"), max_length=64, db_index=True)
    #: Not a foreign key: the entry outlives the document.
    document_id = models.UUIDField(_("document id"), null=True, db_index=True)
    subject = models.CharField(_("what"), max_length=255, blank=True)
    details = models.JSONField(_("details"), default=dict)

    class Meta:
        """Newest first."""

        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name}: {in_words(self.action)} {self.subject}"
