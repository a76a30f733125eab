"""Reads of attachments."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.urls import reverse

from collab.attachments.models import Attachment

if TYPE_CHECKING:
    from collab.documents.models import Document


def attachment_get(document: Document, attachment_id: uuid.UUID | str) -> Attachment | None:
    """Return the document's attachment; None where the id is malformed or another document's."""
    try:
        key = attachment_id if isinstance(attachment_id, uuid.UUID) else uuid.UUID(attachment_id)
    except ValueError:
        return None
    return Attachment.objects.filter(document=document, pk=key).first()


def attachment_url(attachment: Attachment) -> str:
    """Return the address that documents name: relative, so that it outlives the host's name."""
    return reverse("attachment", args=[attachment.document_id, attachment.pk])
