"""The lists of the home page: which documents, in which order, a page at a time.

Pages are cut by a cursor (the sort key and id of the last row), so that nothing is shown twice or
left out when somebody edits meanwhile, and no page costs more than the first.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce, Lower

from collab.documents.models import Document, Draft, Folder, Star, Tag
from collab.documents.policy import folder_roles_of, folders_seen_by, readable_by

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.documents.models import Role


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
    key = _KEYS[wanted.sort]
    rows = _wanted(user, wanted).annotate(key=key)
    if after is not None:
        rows = _after(rows, wanted.sort, after)
    order = F("key").desc() if wanted.sort.is_descending else F("key").asc()
    # First which: what is put in order is narrow, whatever is shown of it.
    found = list(rows.order_by(order, "pk").values_list("pk", "key")[: size + 1])
    documents = _shown(user, [pk for pk, _key in found[:size]])
    if len(found) <= size:
        return documents, None
    last_id, last = found[size - 1]
    return documents, Cursor(last.isoformat() if isinstance(last, datetime) else last, last_id)


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
    documents: QuerySet[Any]
    if wanted.view is View.TRASH:
        documents = Document.objects.filter(owner=user, trashed_at__isnull=False)
    else:
        is_template = wanted.view is View.TEMPLATES
        documents = Document.objects.filter(readable_by(user), is_template=is_template)
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
    beyond = {"key__lt": key} if sort.is_descending else {"key__gt": key}
    return rows.filter(Q(**beyond) | Q(key=key, pk__gt=cursor.document_id))


@dataclass(slots=True)
class FolderNode:
    """A folder in the tree as one person sees it."""

    folder: Folder
    role: Role
    children: list[FolderNode] = field(default_factory=list)


def folder_tree(user: User) -> list[FolderNode]:
    """Return the folders that ``user`` sees, each in the one above that they see too. By name."""
    folders = list(folders_seen_by(user).order_by(Lower("name"), "pk"))
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
