"""How often text was erased from a document's history."""

from __future__ import annotations

from collab.history.models import LogHead
from collab.types import DocumentId


def erasure_count(document_id: DocumentId) -> int:
    """Return how many times text was erased from the history, from here or from an original.

    Who stores what was made of the log asks before reading it and again under the lock of the head:
    an erasure between the two would be undone.
    """
    counts = LogHead.objects.filter(pk=document_id).values_list("erasures", flat=True)
    return counts.first() or 0
