"""Going back: a past moment becomes the present by a forward edit, as if somebody had typed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collab.crdt.merge import merge
from collab.crdt.patch import patch_document
from collab.crdt.replant import end_of, replaced
from collab.crdt.whole import has_roots
from collab.history.conflicts import Conflict
from collab.history.models import Revision, UpdateRecord
from collab.history.past import Moment, content_at, state_at
from collab.history.revisions import revision_last
from collab.history.services import document_edit
from collab.types import ClientId, DocumentId, Update

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.documents.models import Document


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a restore."""

    #: The last one after it. None: the document has no content, now or then.
    revision: Revision | None
    #: What others wrote at that moment, and could not be put back.
    conflicts: tuple[Conflict, ...]


def moment_restore(*, document: Document, moment: Moment, actor: User) -> Restored:
    """Make the document say what it said at a moment.

    Only what differs is written: carets and words that people type meanwhile stay, and readers see
    the change arrive. Nothing is written where nothing differs.

    Raises:
        EditRefused: the document cannot take the edit.
    """
    wanted, past = content_at(moment), state_at(moment)

    def make(state: Update, client_id: ClientId) -> Update | None:
        body = patch_document(state, wanted, client_id)
        clock = 0 if body is None else end_of(body, client_id)
        others = replaced(state, past, client_id, clock) if has_roots(state, past) else None
        made = [each for each in (body, others) if each is not None]
        return merge(made) if made else None

    done = document_edit(document=document, actor=actor, kind=UpdateRecord.Kind.RESTORE, make=make)
    return Restored(revision_last(document_id=DocumentId(document.pk)), done.conflicts)
