"""Updates that broke a document: kept out of every log, and for a while for administrators.

There should be none: the gate refuses what breaks the CRDT library (docs/adr/0007). One that passed
it is worth a report, and with the document's log it can be tried again.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from collab.operations.models import QuarantinedUpdate
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
    newest = QuarantinedUpdate.objects.values_list("pk", flat=True)[: env.quarantine_keep]
    QuarantinedUpdate.objects.exclude(pk__in=list(newest)).delete()


def quarantine_prune() -> None:
    """Forget those that are older than the settings say."""
    before = timezone.now() - timedelta(days=settings.ENV.quarantine_keep_days)
    QuarantinedUpdate.objects.filter(created_at__lt=before).delete()
