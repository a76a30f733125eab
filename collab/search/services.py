"""Writes of the index."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from django.db import transaction

from collab.documents.models import Document
from collab.history.models import LogHead
from collab.history.update_log import DatabaseUpdateLog
from collab.search.index import text_index
from collab.search.models import IndexedDocument
from collab.search.terms import composed, fold
from collab.search.text import Extract, extract, pack
from collab.types import DocumentId

if TYPE_CHECKING:
    from collab.types import Update

#: Above this a document is read in another process: below, pycrdt holds the GIL for less than 5 ms.
INLINE_BYTES = 256 * 1024
EXTRACT_TIMEOUT_S = 60


def document_index(document: Document) -> IndexedDocument | None:
    """Index the document as it is in the log now; None where it is gone by then."""
    _follow_the_log(document)
    stored = DatabaseUpdateLog().load(DocumentId(document.pk))
    if stored is None:
        return None
    kept = _extract(stored.updates) if stored.updates else Extract("", "", ())
    title = composed(document.title)
    with transaction.atomic():
        # Whoever indexes the document at the same time waits here; whoever purges it, too.
        if Document.objects.select_for_update(no_key=True).filter(pk=document.pk).first() is None:
            return None
        row, _made = IndexedDocument.objects.update_or_create(
            document=document,
            defaults={
                "seq": stored.seq,
                "title": title,
                "body": kept.text,
                "preview": kept.preview,
                "files": list(kept.files),
                "folded_title": fold(title),
                "folded_body": fold(kept.text),
            },
        )
        text_index().put(row)
    return row


def _follow_the_log(document: Document) -> None:
    """Put the document where its last edit belongs in lists, whatever becomes of its text."""
    heads = LogHead.objects.filter(pk=document.pk, edited_at__isnull=False)
    edited_at = heads.values_list("edited_at", flat=True).first()
    if edited_at is not None:
        moved = Document.objects.filter(pk=document.pk).exclude(listed_at=edited_at)
        moved.update(listed_at=edited_at)


def _extract(updates: list[Update]) -> Extract:
    if sum(map(len, updates)) <= INLINE_BYTES:
        return extract(updates)
    done = subprocess.run(  # our own module, bytes on its input
        [sys.executable, "-m", "collab.search.text"],
        input=pack(updates),
        capture_output=True,
        timeout=EXTRACT_TIMEOUT_S,
        check=True,
    )
    return Extract(**json.loads(done.stdout))
