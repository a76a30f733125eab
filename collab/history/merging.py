"""What is written beside the log for the law of merging: which records are of concern, and why.

The work itself is in ``rescuing.py``. See docs/merging.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from collab.history.merge_models import MergeNote, MergeWatch
from collab.room.ports import MergeFacts, PendingUpdate
from collab.types import DocumentId, Seq


def note_concerns(numbered: Sequence[tuple[int, PendingUpdate]]) -> None:
    """Note, in the transaction that appends them, which records are to be looked into."""
    if not numbered:
        return
    MergeNote.objects.bulk_create(
        MergeNote(
            document_id=each.document_id,
            seq=seq,
            seen=each.facts.seen,
            is_meant=each.facts.is_meant,
            upto=each.facts.upto,
            is_undo=each.facts.is_undo,
        )
        for seq, each in numbered
        if each.facts is not None and _says_anything(each.facts)
    )
    wanted: dict[DocumentId, int] = {}
    for seq, each in numbered:
        if each.facts is not None and each.facts.is_asked:
            wanted[each.document_id] = seq
    for document_id in sorted(wanted):
        want(document_id, wanted[document_id])


def _says_anything(facts: MergeFacts) -> bool:
    says = (facts.seen, facts.upto, facts.is_undo)
    return facts.is_meant or any(each is not None for each in says)


def want(document_id: DocumentId, seq: int) -> None:
    """Have a log looked into up to a record."""
    now = timezone.now()
    watch, is_new = MergeWatch.objects.get_or_create(
        pk=document_id, defaults={"wanted": seq, "touched_at": now}
    )
    if not is_new and watch.wanted < seq:
        MergeWatch.objects.filter(pk=document_id, wanted__lt=seq).update(wanted=seq, touched_at=now)


def want_heard(document_id: DocumentId, seq: Seq) -> None:
    """Have a record that another process wrote looked into, unless it has been."""
    if not MergeWatch.objects.filter(pk=document_id, upto__gte=seq).exists():
        want(document_id, seq)
