"""Images and files of documents: what is known of them. The bytes are in a Django storage.

See docs/attachments.md for who may read them and when they are collected.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collab.documents.models import Document

MAX_NAME_CHARS = 255


def attachment_storage() -> Storage:
    """Return the storage that the settings name for attachments."""
    return storages["attachments"]


class Attachment(models.Model):
    """One file in one document. A copy in another document is a row of its own on the same file."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="attachments", verbose_name=_("document")
    )
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    #: As the person called it; the storage never sees it.
    name = models.CharField(_("name"), max_length=MAX_NAME_CHARS)
    #: By the first bytes of the content, never by the name or by what the sender claimed.
    content_type = models.CharField(_("type"), max_length=100)
    size_bytes = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    #: In the storage.
    path = models.CharField(max_length=200)
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now, editable=False)
    #: When a record of the log was first seen to name it. From then on history may show it, so it
    #: is kept as long as the document.
    used_at = models.DateTimeField(_("in use since"), null=True, blank=True)

    class Meta:
        """Newest last, as they came; the index finds what the collector has to look at."""

        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["used_at", "created_at"]),
            models.Index(fields=["path"]),
        ]

    def __str__(self) -> str:
        return self.name

    def open(self) -> File[bytes]:
        """Return the stored file, opened for reading."""
        return attachment_storage().open(self.path)
