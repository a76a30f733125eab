"""The lists of the home page: which documents, in which order, a page at a time.

Pages are cut by a cursor (the sort key and id of the last row), so that nothing is shown twice or
left out when somebody edits meanwhile, and no page costs more than the first.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
)
from django.db.models.functions import Coalesce, Lower

from collab.documents.models import Document, Draft, Folder, Star, Tag
from collab.documents.policy import folder_roles_of, folders_seen_by, readable_by

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.documents.models import Role


#: So many times as many rows as are wanted are asked whether they may be read, before all that may
#: be read is gathered.
FIRST_ROWS = 5


class View(Enum):
    """A list of documents."""

    RECENT = "recent"
    MINE = "mine"
    SHARED = "shared"
    STARRED = "starred"
    TEMPLATES = "templates"
    TRASH = "trash"


class Sort(Enum):
    """What a list is ordered by: an expression, and whether the largest comes first."""

    EDITED = "edited"
    CREATED = "created"
    TITLE = "title"

    @property
    def is_descending(self) -> bool:
        """Times run backwards, letters forwards."""
        return self is not Sort.TITLE


_KEYS = {
    Sort.EDITED: F("listed_at"),
    Sort.CREATED: F("created_at"),
    Sort.TITLE: Lower("title"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be listed."""

    view: View = View.RECENT
    folder: Folder | None = None
    tag: str = ""
    title: str = ""
    sort: Sort = Sort.EDITED


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended."""

    key: str
    document_id: UUID

    def encode(self) -> str:
        """Return the cursor as it stands in an address."""
        packed = json.dumps([self.key, str(self.document_id)]).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Cursor | None:
        """Return the cursor in ``text``; None where there is none."""
        try:
            packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            key, document_id = json.loads(packed)
            return cls(str(key), UUID(document_id))
        except (ValueError, TypeError, AttributeError):
            return None


def documents_page(
    user: User, wanted: Wanted, after: Cursor | None, size: int
) -> tuple[list[Any], Cursor | None]:
    """Return a page of documents, and the cursor of the next; None: this was the last.

    Each has ``edited_at``, ``is_starred``, ``is_draft``, its owner, and its tags.
    """
    rows = _wanted(user, wanted).annotate(key=_KEYS[wanted.sort])
    if after is not None:
        rows = _after(rows, wanted.sort, after)
    order = F("key").desc() if wanted.sort.is_descending else F("key").asc()
    rows = rows.order_by(order, "pk")
    if wanted.view is View.TRASH:  # all of it is the person's own
        found = list(rows.values_list("pk", "key")[: size + 1])
    else:
        found = _first(user, rows, size + 1)
    documents = _shown(user, [pk for pk, _key in found[:size]])
    if len(found) <= size:
        return documents, None
    last_id, last = found[size - 1]
    return documents, Cursor(last.isoformat() if isinstance(last, datetime) else last, last_id)


def _first(user: User, rows: QuerySet[Any], number: int) -> list[tuple[UUID, Any]]:
    """Return id and key of the first ``number`` of ``rows`` that ``user`` may read.

    Whoever reads much finds a page among the first rows, whatever their number; whoever does not
    has little to be gathered. So the first rows are asked one by one, and all that the person may
    read is gathered only where those are not enough.
    """
    window = rows.values("pk")[: FIRST_ROWS * number]
    is_readable = ExpressionWrapper(readable_by(user, one_by_one=True), BooleanField())
    asked = rows.filter(pk__in=window).annotate(is_readable=is_readable)
    first = list(asked.values_list("pk", "key", "is_readable"))
    found = [(pk, key) for pk, key, may_read in first if may_read][:number]
    if len(found) == number or len(first) < FIRST_ROWS * number:
        return found
    return list(rows.filter(readable_by(user)).values_list("pk", "key")[:number])


def _shown(user: User, keys: list[UUID]) -> list[Any]:
    """Return the documents of these ids in their order, with what a list shows of each."""
    star = Star.objects.filter(user=user, document=OuterRef("pk"))
    rows: QuerySet[Any] = Document.objects.filter(pk__in=keys)
    by_id = (
        rows.select_related("owner")
        .prefetch_related(Prefetch("tags", Tag.objects.order_by("name")))
        .annotate(
            edited_at=Coalesce(F("log_head__edited_at"), F("updated_at")),
            is_starred=Exists(star),
            is_draft=Exists(Draft.objects.filter(pk=OuterRef("pk"))),
        )
        .in_bulk(keys)
    )
    return [by_id[key] for key in keys if key in by_id]


def _wanted(user: User, wanted: Wanted) -> QuerySet[Any]:
    """Return what the list is of, whoever may read it."""
    documents: QuerySet[Any]
    if wanted.view is View.TRASH:
        documents = Document.objects.filter(owner=user, trashed_at__isnull=False)
    else:
        is_template = wanted.view is View.TEMPLATES
        documents = Document.objects.filter(trashed_at=None, is_template=is_template)
    match wanted.view:
        case View.MINE:
            documents = documents.filter(owner=user)
        case View.SHARED:
            documents = documents.exclude(owner=user)
        case View.STARRED:
            documents = documents.filter(stars__user=user)
        case _:
            pass
    if wanted.folder is not None:
        documents = documents.filter(folder=wanted.folder)
    if wanted.tag:
        documents = documents.filter(tags__name=wanted.tag)
    if wanted.title:
        documents = documents.filter(title__icontains=wanted.title)
    return documents


def _after(rows: QuerySet[Any], sort: Sort, cursor: Cursor) -> QuerySet[Any]:
    key: Any = cursor.key
    if sort is not Sort.TITLE:
        try:
            key = datetime.fromisoformat(cursor.key)
        except ValueError:
            return rows
    beyond = "lt" if sort.is_descending else "gt"
    # The first says nothing that the second does not, and lets an index begin there.
    rows = rows.filter((f"key__{beyond}e", key))
    return rows.filter(Q((f"key__{beyond}", key)) | Q(key=key, pk__gt=cursor.document_id))


@dataclass(slots=True)
class FolderNode:
    """A folder in the tree as one person sees it."""

    folder: Folder
    role: Role
    children: list[FolderNode] = field(default_factory=list)


def by_name(name: str) -> list[str | int]:
    """Return what to order names by: "Week 2" comes before "Week 10", capitals do not count."""
    parts = re.split(r"(\d+)", name.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]


def folder_tree(user: User) -> list[FolderNode]:
    """Return the folders that ``user`` sees, each in the one above that they see too. By name."""
    folders = sorted(folders_seen_by(user), key=lambda folder: (by_name(folder.name), folder.pk))
    roles = folder_roles_of(user, folders)
    nodes = {folder.pk: FolderNode(folder, roles[folder.pk]) for folder in folders}
    top: list[FolderNode] = []
    for node in nodes.values():
        parent = nodes.get(node.folder.parent_id) if node.folder.parent_id else None
        (top if parent is None else parent.children).append(node)
    return top


def path_to(tree: list[FolderNode], folder_id: UUID) -> list[FolderNode]:
    """Return the nodes from the top down to the folder; none where it is not in the tree."""
    for node in tree:
        if node.folder.pk == folder_id:
            return [node]
        if below := path_to(node.children, folder_id):
            return [node, *below]
    return []
