"""Revisions: cut from the log as it grows, named by people. The rules are in ``cutting.py``.

Cutting goes on from the last revision, reads the log outside any transaction, and writes only if no
other process has cut meanwhile: writers of the log never wait for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from collab.crdt.unreadable import decode_readable
from collab.crdt.update import STRING
from collab.documents.happenings import Happening, tell
from collab.documents.models import Document
from collab.history.cutting import CutRules, Edit, Stretch, cut
from collab.history.models import Revision, UpdateRecord
from collab.types import DocumentId, Seq, Update

#: Records read at a time: about 30 ms of work.
BATCH = 2000
MAX_NAME_CHARS = 200

_KINDS = {
    UpdateRecord.Kind.LIVE.value: Revision.Kind.AUTOMATIC,
    UpdateRecord.Kind.IMPORT.value: Revision.Kind.IMPORT,
    UpdateRecord.Kind.API.value: Revision.Kind.API,
    UpdateRecord.Kind.RESTORE.value: Revision.Kind.RESTORE,
    UpdateRecord.Kind.MERGE.value: Revision.Kind.MERGE,
}
_RECORD_KINDS = {kind: record for record, kind in _KINDS.items()}


class NothingToName(ValueError):
    """The document has no records yet."""


def rules() -> CutRules:
    """Return the rules that the settings say."""
    env = settings.ENV
    return CutRules(
        idle_s=env.revision_idle_s,
        max_s=env.revision_max_s,
        max_records=env.revision_max_records,
        author_s=env.revision_author_s,
    )


def revisions_of(document_id: DocumentId) -> QuerySet[Revision]:
    """Return the revisions that are cut, newest first."""
    return Revision.objects.filter(document_id=document_id).order_by("-number")


def revision_get(document_id: DocumentId, number: int) -> Revision | None:
    """Return one revision; None: there is none of this number."""
    return Revision.objects.filter(document_id=document_id, number=number).first()


def revisions_cut(*, document_id: DocumentId, max_records: int = BATCH) -> bool:
    """Cut up to ``max_records`` records that are in no revision yet; return whether none is left.

    Work on a million records is thus spread over the turns of a chore, and a reader waits for no
    more than one part of it.
    """
    last = revisions_of(document_id).first()
    since = last.seq if last is not None else 0
    rows = (
        UpdateRecord.objects.filter(document_id=document_id, seq__gt=since)
        .order_by("seq")
        .values_list("seq", "author_id", "kind", "created_at", "update")[:max_records]
    )
    edits = [
        _edit(seq, author, kind, at, Update(bytes(update)))
        for seq, author, kind, at, update in rows
    ]
    if edits:
        stretches = cut(_stretch(last), edits, rules())
        try:
            _store(document_id, last, stretches, edits)
        except IntegrityError:
            # Another process cut the same records at the same time.
            return False
    return len(edits) < max_records


def _edit(seq: int, author: int | None, kind: str, at: object, update: Update) -> Edit:
    decoded = decode_readable(update)
    insertions = sum(s.length for s in decoded.structs if s.ref == STRING)
    deletions = sum(length for _client, _clock, length in decoded.deletes)
    return Edit(
        seq=seq,
        author_id=author,
        kind=kind,
        at=at,  # type: ignore[arg-type]  # values_list knows no types
        size_bytes=len(update),
        insertions=insertions,
        deletions=deletions,
    )


def _stretch(last: Revision | None) -> Stretch | None:
    if last is None:
        return None
    return Stretch(
        first_seq=last.first_seq,
        seq=last.seq,
        kind=_RECORD_KINDS.get(Revision.Kind(last.kind), ""),
        author_ids=list(last.author_ids),
        started_at=last.started_at,
        ended_at=last.ended_at,
        size_bytes=last.size_bytes,
        insertions=last.insertions,
        deletions=last.deletions,
        is_closed=last.is_closed,
    )


def _store(
    document_id: DocumentId,
    last: Revision | None,
    stretches: Sequence[Stretch],
    edits: Sequence[Edit],
) -> None:
    """Write what was cut; nothing where another process was quicker."""
    with transaction.atomic():
        current = revisions_of(document_id).select_for_update().first()
        # Nothing changes a revision but cutting and naming: both show in these.
        if _mark(current) != _mark(last):
            return
        new = list(stretches)
        if last is not None and new and new[0].first_seq == last.first_seq:
            _write(last, new.pop(0))
            last.save()
        number = last.number if last is not None else 0
        made = Revision.objects.bulk_create(
            _write(Revision(document_id=document_id, number=number + place), stretch)
            for place, stretch in enumerate(new, start=1)
        )
        _tell(document_id, edits, made)


def _tell(document_id: DocumentId, edits: Sequence[Edit], made: Sequence[Revision]) -> None:
    """Each record is cut once, so that each edit is told once."""
    document = Document.objects.filter(pk=document_id).first()
    if document is None:
        return
    tell(
        document,
        Happening.EDITED,
        first_seq=edits[0].seq,
        seq=edits[-1].seq,
        people=sorted({e.author_id for e in edits if e.author_id is not None and not e.follows}),
    )
    for revision in made:
        is_restore = revision.kind == Revision.Kind.RESTORE
        what = Happening.REVISION_RESTORED if is_restore else Happening.REVISION_CREATED
        tell(document, what, revision=revision.number, seq=revision.seq)


def _mark(revision: Revision | None) -> tuple[int, int, bool] | None:
    return None if revision is None else (revision.number, revision.seq, revision.is_closed)


def _write(row: Revision, stretch: Stretch) -> Revision:
    row.first_seq, row.seq = stretch.first_seq, stretch.seq
    if not row.name:
        row.kind = _KINDS.get(stretch.kind, Revision.Kind.AUTOMATIC)
    row.author_ids = stretch.author_ids
    row.started_at, row.ended_at = stretch.started_at, stretch.ended_at
    row.size_bytes = stretch.size_bytes
    row.insertions, row.deletions = stretch.insertions, stretch.deletions
    row.is_closed = stretch.is_closed
    return row


def revisions_cut_all(*, document_id: DocumentId) -> None:
    """Cut all that is in the log; for writes, whose answer is a revision."""
    while not revisions_cut(document_id=document_id):
        pass


def revision_rename(*, revision: Revision, name: str) -> Revision:
    """Give the revision a name, or take it away with an empty one; it does not grow any more."""
    with transaction.atomic():
        row = Revision.objects.select_for_update().get(pk=revision.pk)
        row.name = name
        if row.kind in (Revision.Kind.AUTOMATIC, Revision.Kind.NAMED):
            row.kind = Revision.Kind.NAMED if name else Revision.Kind.AUTOMATIC
        row.is_closed = True
        row.save(update_fields=["name", "kind", "is_closed"])
        tell(row.document, Happening.REVISION_NAMED, revision=row.number, seq=row.seq, name=name)
    return row


def moment_name(*, document: Document, name: str) -> Revision:
    """Name the document as it is now; a revision ends here.

    Raises:
        NothingToName: the document has no records.
    """
    document_id = DocumentId(document.pk)
    revisions_cut_all(document_id=document_id)
    last = revisions_of(document_id).first()
    if last is None:
        raise NothingToName
    return revision_rename(revision=last, name=name)


def revision_at(document_id: DocumentId, seq: Seq) -> Revision | None:
    """Return the revision that holds a record; None: it is not cut yet."""
    return (
        Revision.objects.filter(document_id=document_id, seq__gte=seq, first_seq__lte=seq)
        .order_by("seq")
        .first()
    )


def revision_last(*, document_id: DocumentId) -> Revision | None:
    """Cut all that is in the log and return the last revision."""
    revisions_cut_all(document_id=document_id)
    return revisions_of(document_id).first()
