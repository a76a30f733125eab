"""The chore that empties the trash."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from collab.documents.models import Document
from collab.documents.services import document_purge

EVERY_S = 900.0
#: Purged in one turn; the rest waits for the next.
BATCH = 20


def purge_what_is_due() -> None:
    """Erase the documents that have lain in the trash for as long as the settings say."""
    days = settings.ENV.trash_keep_days
    if not days:
        return
    before = timezone.now() - timedelta(days=days)
    for document in Document.objects.filter(trashed_at__lt=before).order_by("trashed_at")[:BATCH]:
        document_purge(document=document, actor=None)
