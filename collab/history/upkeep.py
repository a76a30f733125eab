"""The chore of history: revisions cut, checkpoints made, a little at every turn."""

from __future__ import annotations

import time

from django.db.models import F, OuterRef, PositiveBigIntegerField, Subquery
from django.db.models.functions import Coalesce

from collab.history.models import LogHead, Revision
from collab.history.past import documents_without_checkpoint, history_checkpoint_make
from collab.history.revisions import revisions_cut
from collab.types import DocumentId

EVERY_S = 20.0
#: A turn ends after this; what is left waits for the next one.
TURN_S = 1.0
DOCUMENTS_PER_TURN = 50


def history_upkeep() -> None:
    """Do one turn of work."""
    ends_at = time.monotonic() + TURN_S
    for document_id in _uncut(DOCUMENTS_PER_TURN):
        while time.monotonic() < ends_at and not revisions_cut(document_id=document_id):
            pass
    for document_id in documents_without_checkpoint(DOCUMENTS_PER_TURN):
        while time.monotonic() < ends_at:
            if history_checkpoint_make(document_id=document_id) is None:
                break


def _uncut(limit: int) -> list[DocumentId]:
    last = Revision.objects.filter(document_id=OuterRef("pk")).order_by("-seq")
    heads = LogHead.objects.annotate(
        upto=Coalesce(Subquery(last.values("seq")[:1]), 0, output_field=PositiveBigIntegerField())
    ).filter(seq__gt=F("upto"))
    return [DocumentId(key) for key in heads.values_list("pk", flat=True)[:limit]]
