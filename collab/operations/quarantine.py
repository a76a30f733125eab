"""Updates that broke a document: kept out of every log, and for a while for administrators.

There should be none: the gate refuses what breaks the CRDT library (docs/adr/0007). One that passed
it is worth a report, and with the document's log it can be tried again. A log that has one all the
same is opened without it (``crdt/unreadable.py``), and the record is noted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from collab.operations.models import QuarantinedUpdate
from collab.room.ports import LogRecord
from collab.types import DocumentId, Seq, Update, UserId

EVERY_S = 3_600.0
#: Of what the CRDT library said; a panic's message is a line.
MAX_ERROR_CHARS = 1_000


@transaction.atomic
def update_quarantine(
    *, document_id: DocumentId, author_id: UserId, update: Update, after_seq: Seq, error: str
) -> None:
    """Keep an update that broke its document, in place of the oldest where there are too many.

    Args:
        document_id: whose room was thrown away.
        author_id: who sent it.
        update: its bytes; too many of them are not kept, but counted.
        after_seq: the last record of the log that the document held.
        error: what the CRDT library said.
    """
    env = settings.ENV
    QuarantinedUpdate.objects.create(
        document_id=document_id,
        author_id=author_id,
        update=update if len(update) <= env.quarantine_max_bytes else b"",
        size_bytes=len(update),
        after_seq=after_seq,
        error=error[:MAX_ERROR_CHARS],
    )
    sent = QuarantinedUpdate.objects.filter(record_seq=None)
    newest = sent.values_list("pk", flat=True)[: env.quarantine_keep]
    sent.exclude(pk__in=list(newest)).delete()


def records_quarantine(records: Sequence[LogRecord]) -> None:
    """Note records of the log that cannot be read: the document is opened without them."""
    for record in records:
        QuarantinedUpdate.objects.get_or_create(
            document_id=record.document_id,
            record_seq=record.seq,
            defaults={
                "author_id": record.author_id,
                "update": record.update,
                "size_bytes": len(record.update),
                "after_seq": record.seq - 1,
                "error": "The CRDT library cannot read all of this record.",
            },
        )


def records_left_out(document_id: DocumentId) -> list[Seq]:
    """Return the records of a document that it is shown without."""
    rows = QuarantinedUpdate.objects.filter(document_id=document_id, record_seq__isnull=False)
    numbers = rows.order_by("record_seq").values_list("record_seq", flat=True)
    return [Seq(number) for number in numbers if number is not None]


def quarantine_prune() -> None:
    """Forget those that are older than the settings say; what is in the log stays noted."""
    before = timezone.now() - timedelta(days=settings.ENV.quarantine_keep_days)
    QuarantinedUpdate.objects.filter(record_seq=None, created_at__lt=before).delete()
