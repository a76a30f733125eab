"""Which of a document's files somebody is shown.

Who may see the past sees every file that the document ever had. Who may read the text alone, by its
link, sees those that stand in it: a file that was taken out is a part of the past.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from collab.attachments.collect import is_named_in_log
from collab.attachments.selectors import attachment_get, attachment_place_in
from collab.attachments.services import attachments_copy
from collab.documents.policy import Action, actions_of
from collab.documents.selectors import document_get
from collab.search.models import IndexedDocument

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser

    from collab.accounts.models import User
    from collab.attachments.models import Attachment
    from collab.documents.models import Document

#: An edit shows a file to others before it is committed, and a file is uploaded before the edit is
#: made: for so long nobody is asked whether it stands in the text.
NEW_FOR = timedelta(minutes=1)


def file_for(
    user: User | AnonymousUser, document: Document, attachment_id: UUID | str
) -> Attachment | None:
    """Return the document's file if ``user`` may see it; None as well where there is none."""
    actions = actions_of(user, document)
    if Action.READ not in actions:
        return None
    found = attachment_get(document, attachment_id)
    if found is None or Action.SEE_HISTORY in actions or is_in_text(found):
        return found
    return None


def file_copy(*, user: User, document: Document, address: str) -> Attachment | None:
    """Give ``document`` a row of its own on the file that ``address`` names in another document.

    The bytes are shared. A file that the document has already is not given to it twice.

    Args:
        user: who copies; they must be allowed to see the file.
        document: the one that the file was pasted into.
        address: of the file, as content names it.

    Returns:
        The document's row; None where there is no such file, or ``user`` may not see it.

    Raises:
        QuotaFull: the owner of ``document`` has no room left.
    """
    place = attachment_place_in(address)
    source = None if place is None else document_get(place[0])
    if place is None or source is None or source.is_trashed:
        return None
    found = file_for(user, source, place[1])
    if found is None or source.pk == document.pk:
        return found
    there = document.attachments.filter(path=found.path).first()
    if there is not None:
        return there
    return attachments_copy(attachments=[found], document=document, uploader=user)[found.pk]


def is_in_text(attachment: Attachment) -> bool:
    """Return whether the document's text names the file, or may by now.

    The document is not read: the search index knows which files it named when it was last indexed,
    and a record that came later names what it brings.
    """
    if attachment.created_at > timezone.now() - NEW_FOR:
        return True
    kept = IndexedDocument.objects.filter(document=attachment.document_id)
    seq, files = kept.values_list("seq", "files").first() or (0, None)
    return str(attachment.pk) in (files or ()) or is_named_in_log(attachment, after_seq=seq)
