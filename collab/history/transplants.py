"""Records of another installation's log, taken as the beginning of a document here.

They pass the gate one by one, as in a room, and are tried out together: what an archive says is
what anybody may have written into it. See docs/formats.md, "Archives".
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from collab.crdt.chains import shortened
from collab.crdt.doc import CrdtFailure, state_of
from collab.crdt.merge import merge
from collab.crdt.patch import patch_document
from collab.crdt.reader import read_document
from collab.crdt.update import UpdateError, decode_update
from collab.history.ground import EditRefused, Ground
from collab.history.models import LogHead, UpdateRecord
from collab.history.revisions import BATCH, revision_at, revision_rename, revisions_cut
from collab.history.selectors import EMPTY_UPDATE
from collab.history.services import AlreadySeeded
from collab.history.update_log import DatabaseUpdateLog
from collab.room.ports import PendingUpdate
from collab.types import ClientId, DocumentId, Seq, Update, UserId

if TYPE_CHECKING:
    from datetime import datetime

    from collab.documents.models import Document
    from collab.richtext.tree import Node

#: Rows that one statement writes.
ROWS = 500
#: A merge and a rescue answer for other records, which stay behind.
_KINDS = frozenset({UpdateRecord.Kind.LIVE, UpdateRecord.Kind.API, UpdateRecord.Kind.RESTORE})


@dataclass(frozen=True, slots=True)
class Past:
    """One record of another log."""

    update: Update
    author_id: UserId
    created_at: datetime
    kind: str = UpdateRecord.Kind.IMPORT.value


@dataclass(frozen=True, slots=True)
class Transplant:
    """What a new document's log begins with; made before the transaction that writes it."""

    records: Sequence[PendingUpdate] = field(repr=False)

    @classmethod
    def of(
        cls,
        document_id: DocumentId,
        past: Iterable[Past],
        *,
        owner_id: UserId,
        max_bytes: int,
        change: Callable[[Node], Node] = lambda content: content,
    ) -> Transplant:
        """Return the records as the document takes them, and one more where its text changes.

        Args:
            document_id: the new document; nothing of it has to be there yet.
            past: the records, in order.
            owner_id: who takes them; the last record is theirs.
            max_bytes: of all updates together.
            change: returns what the document shall say, given what the records make it say.

        Raises:
            EditRefused: one of them is malformed, breaks the document, or there is too much.
        """
        ground = Ground(document_id, EMPTY_UPDATE, Seq(0))
        owners: dict[ClientId, UserId] = {}
        now = timezone.now()
        out: list[PendingUpdate] = []
        size = 0
        for each in past:
            size += len(each.update)
            if size > max_bytes:
                raise EditRefused(f"The records have more than {max_bytes} bytes.")
            before = out[-1].created_at if out else each.created_at
            at = min(max(each.created_at, before), now)
            out.append(_taken(ground, each, owners, at))
        try:
            state = state_of([each.update for each in out])
            content = read_document(state)
            patch = patch_document(state, change(content), ClientId(secrets.randbits(32)))
        except CrdtFailure as failure:
            raise EditRefused(f"The records make no document: {failure}.") from failure
        if patch is not None:
            last = Past(patch, owner_id, now)
            out.append(_taken(ground, last, owners, now))
            if len(out) == 2 and out[0].kind == UpdateRecord.Kind.IMPORT.value:
                out = [_as_one(out[0], out[1])]
        return cls(out)

    def write(self, document: Document) -> None:
        """Write the records; call it in a transaction with the document's row.

        Raises:
            AlreadySeeded: the document has a record.
        """
        with transaction.atomic():
            LogHead.objects.get_or_create(document=document)
            if LogHead.objects.select_for_update().get(document=document).seq:
                raise AlreadySeeded(f"document {document.pk} has content already")
            for start in range(0, len(self.records), ROWS):
                DatabaseUpdateLog().append(self.records[start : start + ROWS])


def names_restore(*, document_id: DocumentId, names: Mapping[int, str]) -> None:
    """Cut the revisions of a document whose past was taken, and name those that had a name.

    Args:
        document_id: which.
        names: by the number of the last record of the revision.
    """
    done = 0
    for seq in sorted(names):
        while done < seq:
            step = min(BATCH, seq - done)
            revisions_cut(document_id=document_id, max_records=step)
            done += step
        row = revision_at(document_id, Seq(seq))
        if row is not None and row.seq == seq:
            revision_rename(revision=row, name=names[seq])


def _taken(
    ground: Ground, each: Past, owners: dict[ClientId, UserId], at: datetime
) -> PendingUpdate:
    try:
        decoded = decode_update(each.update)
    except UpdateError as error:
        raise EditRefused(f"One of the records is no update: {error}.") from error
    update, decoded = shortened(each.update, decoded)
    accepted = ground.check(decoded)
    ground.gate.admit(accepted)
    new = {client: each.author_id for client in accepted.writers if client not in owners}
    owners |= new
    return PendingUpdate(
        document_id=ground.document_id,
        update=update,
        author_id=each.author_id,
        client_ids=tuple(sorted(accepted.writers)),
        is_relayed=False,
        binds=(),
        created_at=at,
        kind=each.kind if each.kind in _KINDS else UpdateRecord.Kind.IMPORT.value,
        owners=new,
    )


def _as_one(state: PendingUpdate, patch: PendingUpdate) -> PendingUpdate:
    """Return one record of two that say together what the document begins with."""
    return replace(
        state,
        update=merge([state.update, patch.update]),
        client_ids=tuple(sorted({*state.client_ids, *patch.client_ids})),
        owners={**state.owners, **patch.owners},
        created_at=patch.created_at,
    )
