"""Reads of attachments."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.urls import reverse

from collab.attachments.models import Attachment
from collab.attachments.sniff import IMAGES

if TYPE_CHECKING:
    from collab.documents.models import Document

#: What ``attachment_url`` makes.
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ADDRESS = re.compile(f"^/d/({_UUID})/files/({_UUID})/$")


def attachment_get(document: Document, attachment_id: uuid.UUID | str) -> Attachment | None:
    """Return the document's attachment; None where the id is malformed or another document's."""
    try:
        key = attachment_id if isinstance(attachment_id, uuid.UUID) else uuid.UUID(attachment_id)
    except ValueError:
        return None
    return Attachment.objects.filter(document=document, pk=key).first()


def attachment_id_in(address: object) -> uuid.UUID | None:
    """Return the id of the attachment that ``address`` names; None where it names none."""
    place = attachment_place_in(address)
    return None if place is None else place[1]


def attachment_place_in(address: object) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Return the ids of the document and of the attachment that ``address`` names, if it does."""
    found = _ADDRESS.match(address) if isinstance(address, str) else None
    return (uuid.UUID(found[1]), uuid.UUID(found[2])) if found else None


def image_resolver(document: Document) -> Callable[[str], bytes | None]:
    """Return what gives the bytes of the document's own images by the addresses in its content."""

    def resolve(address: str) -> bytes | None:
        key = attachment_id_in(address)
        found = None if key is None else attachment_get(document, key)
        if found is None or found.content_type not in IMAGES:
            return None
        with found.open() as source:
            data: bytes = source.read()
        return data

    return resolve


def attachment_url(attachment: Attachment) -> str:
    """Return the address that documents name: relative, so that it outlives the host's name."""
    return attachment_address(attachment.document_id, attachment.pk)


def attachment_address(document_id: uuid.UUID, attachment_id: uuid.UUID) -> str:
    """Return the address of an attachment whose row may not be there yet."""
    return reverse("attachment", args=[document_id, attachment_id])
