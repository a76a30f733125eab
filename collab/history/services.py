"""Writes of history that do not come from a live room."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from collab.crdt.writer import document_to_update
from collab.history.models import LogHead, UpdateRecord
from collab.history.update_log import DatabaseUpdateLog
from collab.richtext.tree import Node
from collab.room.ports import PendingUpdate
from collab.types import ClientId, DocumentId, Seq, UserId

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.documents.models import Document


class AlreadySeeded(ValueError):
    """The document has records: its content is written once and never rebuilt."""


#: What a new document begins with. Two editors of a document with nothing in it would each put in a
#: paragraph of their own with their first key, and the two would stay two.
BLANK = Node("doc", content=(Node("paragraph"),))


@transaction.atomic
def document_seed(*, document: Document, author: User, content: Node = BLANK) -> Seq:
    """Write ``content`` as the first record of an empty document.

    Raises:
        AlreadySeeded: the document has a record already.
    """
    LogHead.objects.get_or_create(document=document)
    head = LogHead.objects.select_for_update().get(document=document)
    if head.seq:
        raise AlreadySeeded(f"document {document.pk} has content already")
    client_id = ClientId(secrets.randbits(32))
    pending = PendingUpdate(
        document_id=DocumentId(document.pk),
        update=document_to_update(content, client_id),
        author_id=UserId(author.pk),
        client_ids=(client_id,),
        is_relayed=False,
        binds=(client_id,),
        created_at=timezone.now(),
        kind=UpdateRecord.Kind.IMPORT.value,
    )
    (seq,) = DatabaseUpdateLog().append([pending])
    assert seq is not None  # noqa: S101  # the head row is locked above: the document is there
    return seq
