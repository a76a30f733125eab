"""Who has access to a document or a folder, and by what: the list of the sharing dialog.

``policy`` answers for one person whether they may; this answers who may and why. The two agree:
``tests/documents/test_having.py`` compares them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from collab.accounts.models import User
from collab.documents import policy
from collab.documents.models import (
    Document,
    Folder,
    FolderGroupMembership,
    FolderLink,
    FolderMembership,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

#: More people are not listed: a group of a thousand is named as a group.
MAX_PEOPLE = 500


@dataclass(frozen=True, slots=True)
class Source:
    """One reason why somebody has access."""

    role: Role
    #: The group that gives it; empty: none.
    group: str = ""
    #: The folder that gives it; None: the document, or the folder that was asked about, itself.
    folder: Folder | None = None


@dataclass(slots=True)
class Having:
    """A person who has access, and by what."""

    user: User
    sources: list[Source] = field(default_factory=list)

    @property
    def role(self) -> Role:
        """The strongest role that a source gives."""
        # Nobody is listed without a source.
        return policy.strongest(source.role for source in self.sources) or Role.VIEWER


def people_with_document(document: Document) -> list[Having]:
    """Return who has access to the document by a role of their own, its owner first."""
    found = _Found()
    found.add(document.owner, Source(Role.OWNER))
    for member in document.memberships.select_related("user").order_by("id"):
        found.add(member.user, Source(Role(member.role)))
    for row in document.group_memberships.select_related("group").order_by("id"):
        found.add_all(row.group.user_set.all(), Source(Role(row.role), row.group.name))
    if document.folder_id is not None:
        folder = Folder.objects.select_related("owner").get(pk=document.folder_id)
        # Whose folder it is writes in what others put there.
        found.add(folder.owner, Source(Role.EDITOR, folder=folder))
        _add_folders(found, document.folder_id, None)
    return found.people()


def people_with_folder(folder: Folder) -> list[Having]:
    """Return who has access to the folder and all that lies in it, its owner first."""
    found = _Found()
    found.add(folder.owner, Source(Role.OWNER))
    _add_folders(found, folder.pk, folder.pk)
    return found.people()


class _Found:
    """People by their ids, in the order in which they were found."""

    def __init__(self) -> None:
        self._by_id: dict[int, Having] = {}

    def add(self, user: User, source: Source) -> None:
        """Note a source; who is suspended or a guest has no access by it."""
        if user.is_active and not user.is_guest:
            self._by_id.setdefault(user.pk, Having(user)).sources.append(source)

    def add_all(self, users: QuerySet[User], source: Source) -> None:
        """Note a source of many, as far as they are listed."""
        for user in users.filter(is_active=True, is_guest=False).order_by("pk")[:MAX_PEOPLE]:
            self.add(user, source)

    def people(self) -> list[Having]:
        """Return them."""
        return [*self._by_id.values()][:MAX_PEOPLE]


def _add_folders(found: _Found, below: UUID, asked: UUID | None) -> None:
    """Note what the folders above ``below`` give, itself included; ``asked`` is not named."""
    above = FolderLink.objects.filter(folder=below).values("ancestor")
    members = FolderMembership.objects.filter(folder__in=above)
    for member in members.select_related("user", "folder").order_by("id"):
        found.add(member.user, _given(member.role, "", member.folder, asked))
    groups = FolderGroupMembership.objects.filter(folder__in=above)
    for row in groups.select_related("group", "folder").order_by("id"):
        found.add_all(row.group.user_set.all(), _given(row.role, row.group.name, row.folder, asked))


def _given(role: str, group: str, folder: Folder, asked: UUID | None) -> Source:
    return Source(Role(role), group, None if folder.pk == asked else folder)


def folders_named_to(person: User, people: Iterable[Having]) -> set[UUID]:
    """Return the folders of the sources that ``person`` sees: of others no name is told."""
    keys = {each.folder.pk for one in people for each in one.sources if each.folder is not None}
    seen = policy.folders_seen_by(person).filter(Q(pk__in=keys))
    return set(seen.values_list("pk", flat=True))
