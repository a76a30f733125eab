"""The chore that keeps the index level with the log."""

from __future__ import annotations

import logging
import subprocess
import time
from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from collab.crdt.doc import CrdtFailure
from collab.documents.models import Document
from collab.search.services import document_index

logger = logging.getLogger(__name__)

EVERY_S = 2.0
#: A chore gives way to others after this; the rest is for its next turn.
TURN_S = 1.0
BATCH = 50
#: A large document that is being written is indexed no more often than this.
LARGE_BYTES = 256 * 1024
LARGE_EVERY = timedelta(seconds=30)


def documents_to_index() -> QuerySet[Document]:
    """Return the documents that the index has not as they are, those that wait longest first."""
    seq = Coalesce(F("log_head__seq"), 0)
    stale = Q(indexed=None) | ~Q(indexed__title=F("title")) | Q(indexed__seq__lt=seq)
    resting = Q(log_head__size_bytes__lte=LARGE_BYTES) | Q(log_head=None) | Q(indexed=None)
    resting |= Q(indexed__indexed_at__lt=timezone.now() - LARGE_EVERY)
    return Document.objects.filter(stale & resting).order_by("log_head__edited_at", "pk")


def search_upkeep() -> None:
    """Index what has changed. Two processes may index one document at once: the later has it."""
    until = time.monotonic() + TURN_S
    for document in documents_to_index()[:BATCH]:
        try:
            document_index(document)
        except (CrdtFailure, subprocess.SubprocessError):
            logger.exception("document %s cannot be indexed", document.pk)
        if time.monotonic() > until:
            break
