"""Copies of documents, with the files that they show."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction

from collab.attachments.selectors import attachment_address, attachment_id_in
from collab.attachments.services import attachments_copy
from collab.crdt.reader import read_document
from collab.documents.models import Document, Folder
from collab.documents.services import document_create
from collab.history.selectors import current_state
from collab.history.services import BLANK, document_seed, seed_of
from collab.richtext.tree import Json, Mark, Node
from collab.types import DocumentId, Update

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collab.accounts.models import User


def document_duplicate(
    *,
    document: Document,
    owner: User,
    title: str,
    folder: Folder | None = None,
    is_template: bool = False,
    content: Node | None = None,
    beside: Update | None = None,
) -> Document:
    """Make a document of ``owner``'s with what ``document`` says now, and nothing of its past.

    Args:
        document: the original.
        owner: of the copy.
        title: of the copy.
        folder: where it goes.
        is_template: whether it is one.
        content: what the original said at another moment, to be copied in place of what it says.
        beside: with ``content``: the state at that moment, for what stands beside the rich text.

    Raises:
        QuotaFull: the files in it do not fit into what ``owner`` may hold.
    """
    if content is None:
        state, seq = current_state(DocumentId(document.pk))
        content, beside = (read_document(state), state) if seq else (BLANK, None)
    files = list(document.attachments.filter(pk__in=set(attachment_ids(content))))
    # The ids are drawn here, so that all that grows with the text is done before the transaction.
    key, ids = uuid.uuid4(), {file.pk: uuid.uuid4() for file in files}
    addresses = {old: attachment_address(key, new) for old, new in ids.items()}
    seed = seed_of(readdressed(content, addresses), beside)
    with transaction.atomic():
        copy = document_create(owner=owner, title=title, document_id=key)
        copy.folder, copy.is_template = folder, is_template
        copy.save(update_fields=["folder", "is_template"])
        attachments_copy(attachments=files, document=copy, uploader=owner, ids=ids)
        document_seed(document=copy, author=owner, content=seed)
    return copy


def attachment_ids(content: Node) -> Iterator[uuid.UUID]:
    """Yield the ids of the attachments that ``content`` names."""
    for node in content.walk():
        for attrs in (node.attrs, *(mark.attrs for mark in node.marks)):
            for value in attrs.values():
                if key := attachment_id_in(value):
                    yield key


def readdressed(node: Node, addresses: Mapping[uuid.UUID, str]) -> Node:
    """Return ``node`` with each attachment under the address given for it; others stay."""

    def attrs_of(attrs: Mapping[str, Json]) -> dict[str, Json]:
        return {name: new_address(value) for name, value in attrs.items()}

    def new_address(value: Json) -> Json:
        key = attachment_id_in(value)
        return value if key is None else addresses.get(key, value)

    return Node(
        node.type,
        attrs_of(node.attrs),
        tuple(readdressed(child, addresses) for child in node.content),
        node.text,
        tuple(Mark(mark.type, attrs_of(mark.attrs)) for mark in node.marks),
    )
