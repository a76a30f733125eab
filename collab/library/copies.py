"""Copies of documents, with the files that they show."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from django.db import transaction

from collab.attachments.selectors import attachment_url
from collab.attachments.services import attachments_copy
from collab.crdt.reader import read_document
from collab.documents.models import Document, Folder
from collab.documents.services import document_create
from collab.history.selectors import current_state
from collab.history.services import BLANK, document_seed
from collab.richtext.tree import Json, Mark, Node
from collab.types import DocumentId

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collab.accounts.models import User

#: The address of an attachment, as ``attachment_url`` makes it.
_ADDRESS = re.compile(r"^/d/[0-9a-f-]{36}/files/([0-9a-f-]{36})/$")


@transaction.atomic
def document_duplicate(
    *,
    document: Document,
    owner: User,
    title: str,
    folder: Folder | None = None,
    is_template: bool = False,
    content: Node | None = None,
) -> Document:
    """Make a document of ``owner``'s with what ``document`` says now, and nothing of its past.

    Args:
        document: the original.
        owner: of the copy.
        title: of the copy.
        folder: where it goes.
        is_template: whether it is one.
        content: what the original said at another moment, to be copied in place of what it says.

    Raises:
        QuotaFull: the files in it do not fit into what ``owner`` may hold.
    """
    if content is None:
        state, seq = current_state(DocumentId(document.pk))
        content = read_document(state) if seq else BLANK
    copy = document_create(owner=owner, title=title)
    copy.folder, copy.is_template = folder, is_template
    copy.save(update_fields=["folder", "is_template"])
    wanted = set(_attachment_ids(content))
    files = attachments_copy(
        attachments=document.attachments.filter(pk__in=wanted), document=copy, uploader=owner
    )
    addresses = {str(old): attachment_url(new) for old, new in files.items()}
    document_seed(document=copy, author=owner, content=_readdressed(content, addresses))
    return copy


def _attachment_ids(content: Node) -> Iterator[uuid.UUID]:
    for node in content.walk():
        for attrs in (node.attrs, *(mark.attrs for mark in node.marks)):
            for value in attrs.values():
                if isinstance(value, str) and (found := _ADDRESS.match(value)):
                    yield uuid.UUID(found[1])


def _readdressed(node: Node, addresses: Mapping[str, str]) -> Node:
    """Return ``node`` with the files of the copy in place of those of the original."""

    def attrs_of(attrs: Mapping[str, Json]) -> dict[str, Json]:
        return {name: _new_address(value, addresses) for name, value in attrs.items()}

    return Node(
        node.type,
        attrs_of(node.attrs),
        tuple(_readdressed(child, addresses) for child in node.content),
        node.text,
        tuple(Mark(mark.type, attrs_of(mark.attrs)) for mark in node.marks),
    )


def _new_address(value: Json, addresses: Mapping[str, str]) -> Json:
    found = _ADDRESS.match(value) if isinstance(value, str) else None
    return addresses.get(found[1], value) if found else value
