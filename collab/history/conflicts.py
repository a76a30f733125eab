"""What an edit took from others unseen and no rescue could put back: named, never silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F

from collab.crdt.unsaved import AtRisk, What, unsaved
from collab.history.merge_models import MergeNote, MergeWatch
from collab.history.models import ClientBinding, UpdateRecord
from collab.types import DocumentId, Seq, Update, UserId


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that is gone, though nobody deleted it who could have seen it."""

    what: What
    #: The words; the name of the node, the attribute or the mark.
    text: str
    #: Who wrote it; None: nobody who can be named.
    author_id: UserId | None
    #: Whether the law of merging has yet to look: it may be put back later.
    is_pending: bool


def rescue_of(document_id: DocumentId, seq: Seq) -> Update | None:
    """Return the rescue of a record; None: there is none."""
    note = MergeNote.objects.filter(document_id=document_id, seq=seq).exclude(rescue_seq=None)
    number = note.values_list("rescue_seq", flat=True).first()
    if number is None:
        return None
    row = UpdateRecord.objects.get(document_id=document_id, seq=number)
    return Update(bytes(row.update))


def conflicts_of(
    document_id: DocumentId,
    risky: Sequence[AtRisk],
    rescue: Update | None,
    states: Sequence[Update],
) -> tuple[Conflict, ...]:
    """Return what of ``risky`` is gone.

    Args:
        document_id: of which document.
        risky: what the edit killed unnamed.
        rescue: its follow-up; None: there is none.
        states: the document before the edit, and the edit.
    """
    lost = unsaved(risky, rescue, states) if risky else []
    if not lost:
        return ()
    is_pending = MergeWatch.objects.filter(pk=document_id, wanted__gt=F("upto")).exists()
    bindings = ClientBinding.objects.filter(
        document_id=document_id, client_id__in={each.client for each in lost}
    )
    owners = dict(bindings.values_list("client_id", "user_id"))
    return tuple(
        Conflict(
            each.what,
            each.text,
            UserId(owners[each.client]) if each.client in owners else None,
            is_pending and each.what in ("words", "node"),
        )
        for each in lost
    )
