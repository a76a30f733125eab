"""Erasing history with all that hangs on it: log, search index, files that nothing shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from collab.attachments.services import attachment_remove
from collab.documents.selectors import drafts_below
from collab.history.erasure import (
    NothingToErase,
    drop_old_pages,
    erasure_ask,
    erasure_carry_out,
    erasure_claim,
    erasure_fail,
    history_erase,
)
from collab.history.past import content_at, moment_by_seq
from collab.history.selectors import head_seq
from collab.history.services import EditRefused
from collab.library.copies import attachment_ids
from collab.search.index import text_index
from collab.search.services import document_index
from collab.types import DocumentId

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.documents.models import Document
    from collab.history.models import Erasure
    from collab.history.past import Moment


#: For people.
NOTHING = "All text of this stretch is in the document now, or gone."
#: Seconds between two looks for erasures that wait.
EVERY_S = 3.0


def history_erase_everywhere(
    *, document: Document, first: Moment, last: Moment, actor: User, reason: str = ""
) -> Erasure:
    """Erase a stretch of history, and the files from before its end that the document lacks now.

    Where the log is long (ERASE_AT_ONCE_RECORDS), the chore does it: the answer's state says so.

    Raises:
        ErasureUnderWay: another one is.
        NothingToErase: there is no text to erase.
        EditRefused: the document takes no edit.
    """
    if head_seq(DocumentId(document.pk)) > settings.ENV.erase_at_once_records:
        return erasure_ask(document=document, first=first, last=last, actor=actor, reason=reason)
    erasure = history_erase(document=document, first=first, last=last, actor=actor, reason=reason)
    _erase_around(erasure)
    return erasure


def erase_what_waits() -> None:
    """Carry out one erasure of those that wait; the chore."""
    erasure = erasure_claim()
    if erasure is None:
        return
    try:
        erasure_carry_out(erasure=erasure)
    except NothingToErase:
        erasure_fail(erasure=erasure, why=NOTHING)
    except EditRefused as error:
        erasure_fail(erasure=erasure, why=str(error))
    else:
        _erase_around(erasure)


def _erase_around(erasure: Erasure) -> None:
    """Remove files that nothing shows any more, and make the search index anew."""
    document = erasure.document
    key = DocumentId(document.pk)
    shown = set(attachment_ids(content_at(moment_by_seq(key, head_seq(key)))))
    last = moment_by_seq(key, erasure.last_seq)
    for attachment in document.attachments.filter(created_at__lte=last.at).exclude(pk__in=shown):
        attachment_remove(attachment=attachment)
    document_index(document)
    for draft in drafts_below(document):
        document_index(draft)
    text_index().forget()
    drop_old_pages()  # once more, for what the index said
