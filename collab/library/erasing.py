"""Erasing history with all that hangs on it: log, search index, files that nothing shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collab.attachments.services import attachment_remove
from collab.documents.selectors import drafts_below
from collab.history.erasure import history_erase
from collab.history.past import content_at, moment_by_seq
from collab.history.selectors import head_seq
from collab.library.copies import attachment_ids
from collab.search.services import document_index
from collab.types import DocumentId

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.documents.models import Document
    from collab.history.models import Erasure
    from collab.history.past import Moment


def history_erase_everywhere(
    *, document: Document, first: Moment, last: Moment, actor: User, reason: str = ""
) -> Erasure:
    """Erase a stretch of history, and the files from before its end that the document lacks now.

    Raises:
        NothingToErase: there is no text to erase.
        EditRefused: the document takes no edit.
    """
    erasure = history_erase(document=document, first=first, last=last, actor=actor, reason=reason)
    key = DocumentId(document.pk)
    shown = set(attachment_ids(content_at(moment_by_seq(key, head_seq(key)))))
    unseen = document.attachments.filter(created_at__lte=last.at).exclude(pk__in=shown)
    for attachment in unseen:
        attachment_remove(attachment=attachment)
    document_index(document)
    for draft in drafts_below(document):
        document_index(draft)
    return erasure
