"""Compaction: one state for all records of a log, so that a document opens quickly. docs/adr/0012.

The state of a large document is made in a process of its own: pycrdt holds the interpreter's lock,
so that a thread would stop the event loop for as long. The records themselves are never removed.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db.models import F, PositiveBigIntegerField
from django.db.models.functions import Coalesce

from collab.crdt.doc import state_of
from collab.history import join_process
from collab.history.models import LogHead
from collab.history.processes import answer_of, is_large
from collab.types import DocumentId, Update

EVERY_S = 60.0
DOCUMENTS_PER_TURN = 20


def joined_state(updates: Sequence[Update]) -> Update:
    """Return one state that brings what all of ``updates`` bring, without deleted text.

    Raises:
        CrdtFailure: they cannot be applied.
    """
    if is_large(updates):
        return Update(answer_of(join_process.__name__, updates, where=settings.BASE_DIR))
    return state_of(updates)


def documents_to_compact(*, at_least: int, limit: int | None = None) -> list[DocumentId]:
    """Return documents whose log has grown by ``at_least`` records since their checkpoint."""
    upto = Coalesce("document__checkpoint__seq", 0, output_field=PositiveBigIntegerField())
    grown = LogHead.objects.annotate(upto=upto).filter(seq__gte=F("upto") + at_least)
    return [DocumentId(key) for key in grown.order_by("pk").values_list("pk", flat=True)[:limit]]


def documents_due() -> list[DocumentId]:
    """Return the documents of one turn of the chore: open rooms do their own, sooner."""
    return documents_to_compact(
        at_least=2 * settings.ENV.checkpoint_every, limit=DOCUMENTS_PER_TURN
    )
