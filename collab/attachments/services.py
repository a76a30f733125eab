"""Writes of attachments. Callers ask ``policy`` first.

The order is the crash-safe one: a file is stored before its row is, and removed after its row is
gone. What a crash leaves behind is a file without a row, never a row without a file.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from collab.accounts.models import User
from collab.attachments.models import MAX_NAME_CHARS, Attachment, attachment_storage
from collab.attachments.sniff import HEAD_BYTES, sniff
from collab.documents.models import Document

if TYPE_CHECKING:
    from datetime import datetime

NAMELESS = "file"


class AttachmentRefused(ValueError):
    """A file that is not taken; the sentence is for people."""


class AttachmentTooBig(AttachmentRefused):
    """It is larger than one file may be."""


class QuotaFull(AttachmentRefused):
    """The owner of the document has no room left."""


def clean_name(name: str) -> str:
    """Return ``name`` without folders and control characters, of bounded length, never empty."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(char for char in last if char.isprintable()).strip()
    return kept[-MAX_NAME_CHARS:] or NAMELESS


def attachment_add(
    *,
    document: Document,
    uploader: User | None,
    name: str,
    source: File[bytes],
    attachment_id: uuid.UUID | None = None,
) -> Attachment:
    """Store ``source`` as an attachment of ``document``; never call it in a transaction.

    Raises:
        AttachmentTooBig: it is larger than the settings allow.
        QuotaFull: the owner's documents would hold more than the settings allow.
        AttachmentRefused: it is empty.
    """
    attachment = attachment_store(
        document=document, uploader=uploader, name=name, source=source, attachment_id=attachment_id
    )
    try:
        attachments_insert([attachment])
    except BaseException:
        attachment_storage().delete(attachment.path)
        raise
    return attachment


def attachment_store(
    *,
    document: Document,
    uploader: User | None,
    name: str,
    source: File[bytes],
    attachment_id: uuid.UUID | None = None,
) -> Attachment:
    """Store a file; return the row that it is to have, for ``attachments_insert``.

    The caller removes the file where the row cannot be written. A file is read and stored in time
    that grows with its size, on another machine perhaps: no transaction may be open meanwhile.

    Args:
        document: whose it is; its own row may not be there yet.
        uploader: who gave it.
        name: as it was called.
        source: its bytes.
        attachment_id: of the row; None: a new one.

    Raises:
        AttachmentTooBig, QuotaFull, AttachmentRefused: as ``attachment_add``.
    """
    size = source.size
    if not size:
        raise AttachmentRefused(_("The file is empty."))
    if size > settings.ENV.attachment_max_bytes:
        limit = settings.ENV.attachment_max_bytes
        text = _("The file has %(size)d bytes; %(most)d are taken at most.")
        raise AttachmentTooBig(text % {"size": size, "most": limit})
    _check_quota(document.owner_id, size)  # before anything is written; again below, locked
    digest = hashlib.sha256()
    source.seek(0)
    head = source.read(HEAD_BYTES)
    digest.update(head)
    for chunk in iter(lambda: source.read(1024 * 1024), b""):
        digest.update(chunk)
    source.seek(0)
    attachment = Attachment(
        id=attachment_id or uuid.uuid4(),
        document=document,
        uploader=uploader,
        name=clean_name(name),
        content_type=sniff(head),
        size_bytes=size,
        sha256=digest.hexdigest(),
    )
    attachment.path = attachment_storage().save(f"{document.pk}/{attachment.pk}", source)
    return attachment


def attachments_copy(
    *,
    attachments: Iterable[Attachment],
    document: Document,
    uploader: User | None,
    ids: Mapping[uuid.UUID, uuid.UUID] | None = None,
) -> dict[uuid.UUID, Attachment]:
    """Give ``document`` rows of its own on the same files; return them by the old ids.

    Args:
        attachments: the rows that are there.
        document: which.
        uploader: who copies.
        ids: of the new rows, by the old ones; None: drawn here.

    Raises:
        QuotaFull: as for a new file.
    """
    copies = {
        old.pk: Attachment(
            id=uuid.uuid4() if ids is None else ids[old.pk],
            document=document,
            uploader=uploader,
            name=old.name,
            content_type=old.content_type,
            size_bytes=old.size_bytes,
            sha256=old.sha256,
            path=old.path,
        )
        for old in attachments
    }
    attachments_insert(list(copies.values()))
    return copies


@transaction.atomic
def attachments_insert(attachments: list[Attachment]) -> None:
    """Write the rows of files that are stored, all of one document.

    Raises:
        QuotaFull: the owner's documents would hold more than the settings allow.
    """
    if not attachments:
        return
    owner_id = attachments[0].document.owner_id
    # The lock makes two uploads at once count each other.
    User.objects.select_for_update().filter(pk=owner_id).first()
    _check_quota(owner_id, sum(each.size_bytes for each in attachments))
    Attachment.objects.bulk_create(attachments)


def _check_quota(owner_id: int, more_bytes: int) -> None:
    quota = settings.ENV.attachment_quota_bytes
    held = attachments_size(owner_id)
    if held + more_bytes > quota:
        raise QuotaFull(
            f"The files in the owner's documents hold {held} of {quota} bytes; "
            f"these {more_bytes} do not fit."
        )


def attachments_size(owner_id: int) -> int:
    """Return how many bytes the attachments in the documents of ``owner_id`` hold."""
    total = Attachment.objects.filter(document__owner_id=owner_id).aggregate(n=Sum("size_bytes"))
    return int(total["n"] or 0)


def attachment_remove(*, attachment: Attachment) -> None:
    """Remove the attachment for good, from history's pages too."""
    attachment.delete()


def attachment_mark_used(*, attachment: Attachment, at: datetime | None = None) -> None:
    """Note that the log names the attachment."""
    Attachment.objects.filter(pk=attachment.pk).update(used_at=at or timezone.now())


def forget_file(sender: type[Attachment], instance: Attachment, **_: Any) -> None:
    """Remove the file of a row that is gone, once that is committed and no copy needs it."""
    path = instance.path

    def forget() -> None:
        if not Attachment.objects.filter(path=path).exists():
            attachment_storage().delete(path)

    transaction.on_commit(forget, robust=True)
