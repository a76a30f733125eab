"""Who may do what with a document. The one answer for page, socket, REST, search and admin.

Nothing else in the project compares roles. Deny is the default: a new action or role that is not
in the tables below is refused. docs/accounts-and-sharing.md tells a reader the same.

A person's role is the strongest that any *source* gives: being the owner, a membership, a group's
membership, the folder, the document's link. ``_SOURCES`` answers for people and documents,
``_ways`` is the same as a filter for lists and search. What a person may do is all that their own
role allows, and what the link gives to everybody who comes by it, with an account or without.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from collab.accounts.models import User
from collab.documents.models import (
    Document,
    Draft,
    Folder,
    FolderGroupMembership,
    FolderLink,
    FolderMembership,
    GroupMembership,
    LinkReach,
    LinkVisit,
    Membership,
    Role,
)
from collab.documents.roles import NO_ROLES as NO_ROLES
from collab.documents.roles import Roles as Roles
from collab.documents.roles import strongest as strongest
from collab.room.access import Access

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser


class Action(Enum):
    """What a person may want to do with a document."""

    READ = "read"
    COMMENT = "comment"
    SUGGEST = "suggest"
    WRITE = "write"
    SEE_HISTORY = "see history"
    ERASE_HISTORY = "erase history"
    #: Take it along into a draft of one's own, and later what others wrote in it.
    FORK = "fork"
    #: Have a draft's edits put into it; see ``may_merge``.
    MERGE = "merge"
    RENAME = "rename"
    SEE_MEMBERS = "see members"
    MANAGE_MEMBERS = "manage members"
    TRANSFER = "transfer"
    MOVE = "move"
    TRASH = "trash"
    RESTORE = "restore"
    PURGE = "purge"


class FolderAction(Enum):
    """What a person may want to do with a folder."""

    SEE = "see"
    #: Rename it, make folders in it, put documents into it.
    FILL = "fill"
    #: Say who else has it, move it, take it away.
    MANAGE = "manage"


_VIEWER = frozenset({Action.READ, Action.SEE_HISTORY, Action.SEE_MEMBERS, Action.FORK})
_COMMENTER = _VIEWER | {Action.COMMENT}
_SUGGESTER = _COMMENTER | {Action.SUGGEST}
_EDITOR = _SUGGESTER | {Action.WRITE, Action.RENAME, Action.MERGE}
_OWNER = _EDITOR | {
    Action.MANAGE_MEMBERS,
    Action.TRANSFER,
    Action.MOVE,
    Action.TRASH,
    Action.ERASE_HISTORY,
}

_ALLOWED: dict[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.COMMENTER: _COMMENTER,
    Role.SUGGESTER: _SUGGESTER,
    Role.EDITOR: _EDITOR,
    Role.OWNER: _OWNER,
}
#: What nobody may do with a document that an administrator has frozen.
_NOT_WHILE_FROZEN = frozenset(
    {
        Action.WRITE,
        Action.SUGGEST,
        Action.COMMENT,
        Action.RENAME,
        Action.MERGE,
        Action.TRASH,
        Action.ERASE_HISTORY,
    }
)
#: In the trash a document can only be brought back or erased, and only by its owner.
_ALLOWED_IN_TRASH: dict[Role, frozenset[Action]] = {
    Role.OWNER: frozenset({Action.RESTORE, Action.PURGE})
}
#: Who comes by the link works on the text, and learns nothing of its past and the people behind it.
_ALLOWED_BY_LINK = frozenset({Action.READ, Action.COMMENT, Action.SUGGEST, Action.WRITE})


# -- one person, one document -------------------------------------------------------------------


def roles_for(user: User | AnonymousUser, document: Document) -> Roles:
    """Return what ``user`` is to ``document``; nothing where they are a stranger, or suspended."""
    if not user.is_authenticated or not user.is_active:
        return NO_ROLES
    return roles_of([user], [document]).get((user.pk, document.pk), NO_ROLES)


def role_of(user: User | AnonymousUser, document: Document) -> Role | None:
    """Return the strongest role of ``user`` in ``document``, by whatever way, or None."""
    return roles_for(user, document).best


def allowed_actions(
    role: Role | None, *, is_trashed: bool, is_frozen: bool = False, is_by_link: bool = False
) -> frozenset[Action]:
    """Return all that ``role`` allows, given by the link or in another way."""
    if role is None:
        return frozenset()
    table = _ALLOWED_IN_TRASH if is_trashed else _ALLOWED
    allowed = table.get(role, frozenset())
    if is_frozen:
        allowed -= _NOT_WHILE_FROZEN
    return allowed & _ALLOWED_BY_LINK if is_by_link else allowed


def actions_for(roles: Roles, document: Document) -> frozenset[Action]:
    """Return all that somebody with ``roles`` may do with ``document`` as it is now."""
    is_trashed, is_frozen = document.is_trashed, document.is_frozen
    own = allowed_actions(roles.own, is_trashed=is_trashed, is_frozen=is_frozen)
    return own | allowed_actions(
        roles.by_link, is_trashed=is_trashed, is_frozen=is_frozen, is_by_link=True
    )


def actions_of(user: User | AnonymousUser, document: Document) -> frozenset[Action]:
    """Return all that ``user`` may do with ``document``."""
    return actions_for(roles_for(user, document), document)


def may(user: User | AnonymousUser, action: Action, document: Document) -> bool:
    """Return whether ``user`` may do ``action`` with ``document``."""
    return action in actions_of(user, document)


def may_merge(user: User | AnonymousUser, draft: Draft) -> bool:
    """Return whether ``user`` may put the draft's edits into its origin: write in both."""
    return (
        draft.origin is not None
        and may(user, Action.MERGE, draft.origin)
        and may(user, Action.WRITE, draft.document)
    )


def may_update(user: User | AnonymousUser, draft: Draft) -> bool:
    """Return whether ``user`` may bring the draft up to date: fork the one, write in the other."""
    return (
        draft.origin is not None
        and may(user, Action.FORK, draft.origin)
        and may(user, Action.WRITE, draft.document)
    )


def access_for(roles: Roles, document: Document) -> Access | None:
    """Return what sockets of somebody with ``roles`` may do in the document's room."""
    actions = actions_for(roles, document)
    if Action.WRITE in actions:
        return Access.WRITE
    if Action.COMMENT in actions:
        return Access.COMMENT
    return Access.READ if Action.READ in actions else None


def access_of(user: User | AnonymousUser, document: Document) -> Access | None:
    """Return what ``user``'s sockets may do in the document's room; None: not enter it."""
    return access_for(roles_for(user, document), document)


# -- many at once -------------------------------------------------------------------------------


def roles_of(
    users: Collection[User], documents: Collection[Document]
) -> dict[tuple[int, UUID], Roles]:
    """Return what each of ``users`` is to each of ``documents``, where they are anything.

    A fixed number of queries however many there are.
    """
    return roles_in([(user, document) for user in users for document in documents])


def roles_in(pairs: Iterable[tuple[User, Document]]) -> dict[tuple[int, UUID], Roles]:
    """Return what each person is to the document beside them, where they are anything.

    A fixed number of queries however many there are: for people at the door, and for whole rooms.
    """
    given: dict[tuple[int, UUID], list[Role | str]] = {}
    users: dict[int, User] = {}
    documents: dict[UUID, Document] = {}
    for user, document in pairs:
        if not user.is_active:
            continue
        roles = given.setdefault((user.pk, document.pk), [])
        if document.owner_id == user.pk:
            roles.append(Role.OWNER)
        else:
            users[user.pk] = user
            documents[document.pk] = document
    by_link: dict[tuple[int, UUID], Role] = {}
    if users:
        for source in _SOURCES:
            for user_id, document_id, role in source([*users.values()], [*documents.values()]):
                # A source answers for all that it was given; only these pairs were asked about.
                asked = given.get((user_id, document_id))
                if asked is not None:
                    asked.append(role)
        for user_id, document_id, role in _by_link([*users.values()], [*documents.values()]):
            by_link[user_id, document_id] = Role(role)
    held = {pair: Roles(strongest(own), by_link.get(pair)) for pair, own in given.items()}
    return {pair: roles for pair, roles in held.items() if roles != NO_ROLES}


_Given = Iterable[tuple[int, UUID, str]]


def _keys(documents: Iterable[Document]) -> list[UUID]:
    return [document.pk for document in documents]


def _by_membership(users: Collection[User], documents: Collection[Document]) -> _Given:
    members = [user.pk for user in users if not user.is_guest]
    rows = Membership.objects.filter(user__in=members, document__in=_keys(documents))
    return rows.order_by().values_list("user_id", "document_id", "role")


def _by_group(users: Collection[User], documents: Collection[Document]) -> _Given:
    members = [user.pk for user in users if not user.is_guest]
    rows = GroupMembership.objects.filter(group__user__in=members, document__in=_keys(documents))
    return rows.order_by().values_list("group__user", "document_id", "role")


def _by_link(users: Collection[User], documents: Collection[Document]) -> _Given:
    now = timezone.now()
    reachable = [document for document in documents if is_link_open(document, now)]
    if not reachable:
        return
    visits = set(
        LinkVisit.objects.filter(
            user__in=users, document__in=reachable, epoch=F("document__link_epoch")
        ).values_list("user_id", "document_id")
    )
    for document in reachable:
        for user in users:
            if user.is_guest and document.link_reach != LinkReach.ANYONE:
                continue
            needs_visit = user.is_guest or bool(document.link_password)
            if not needs_visit or (user.pk, document.pk) in visits:
                yield user.pk, document.pk, document.link_role


def _by_folder(users: Collection[User], documents: Collection[Document]) -> _Given:
    members = [user.pk for user in users if not user.is_guest]
    placed: dict[UUID, list[UUID]] = {}
    for document in documents:
        if document.folder_id is not None:
            placed.setdefault(document.folder_id, []).append(document.pk)
    if not placed:
        return
    given = FolderMembership.objects.filter(user__in=members, folder__below__folder__in=placed)
    rows = [*given.values_list("user_id", "folder__below__folder", "role")]
    groups = FolderGroupMembership.objects.filter(
        group__user__in=members, folder__below__folder__in=placed
    )
    rows += groups.values_list("group__user", "folder__below__folder", "role")
    # Whose folder it is writes in what others put there.
    owned = Folder.objects.filter(pk__in=placed, owner__in=members).values_list("owner_id", "pk")
    rows += [(owner_id, folder_id, Role.EDITOR.value) for owner_id, folder_id in owned]
    for user_id, folder_id, role in rows:
        for document_id in placed.get(folder_id, ()):
            yield user_id, document_id, role


#: Of roles of a person's own; the link is asked apart.
_SOURCES = (_by_membership, _by_group, _by_folder)


def is_link_open(document: Document, now: datetime | None = None) -> bool:
    """Return whether the document's link lets anybody in at all."""
    if document.link_reach == LinkReach.RESTRICTED or document.is_trashed:
        return False
    expires_at = document.link_expires_at
    return expires_at is None or expires_at > (now or timezone.now())


# -- lists and search ---------------------------------------------------------------------------


def readable_by(
    user: User | AnonymousUser, prefix: str = "", *, one_by_one: bool = False, links: bool = True
) -> Q:
    """Return a filter of ``Document`` for what stands in ``user``'s lists and searches.

    What a link would let them read stands there once they have come by the link. Documents in the
    trash are left out. The filter multiplies no rows.

    Args:
        prefix: how the filtered model names the document, with ``__`` behind it.
        one_by_one: ask of each row by itself, rather than gather all that they may read first: the
            same answer, at once where there are few rows to ask of.
        links: with what they read by nothing but a link; without where the question tells whose
            document it is.
    """
    ways = _ways(user, links=links)
    if not ways:
        return Q((f"{prefix}pk__in", ()))
    readable = Q((f"{prefix}pk__in", _gathered(ways)))
    if one_by_one:
        each = (Exists(rows.filter((key, OuterRef(f"{prefix}pk")))) for rows, key in ways)
        readable = reduce(or_, map(Q, each))
    return readable & Q((f"{prefix}trashed_at", None))


def ids_readable_by(user: User, *, links: bool = True) -> QuerySet[Any, Any]:
    """Return the ids of what ``readable_by`` lets through, and of what lies in the trash.

    For subqueries: one id may come several times, since several ways may lead to a document.
    """
    ways = _ways(user, links=links)
    return _gathered(ways) if ways else Document.objects.none().values("pk")


def _gathered(ways: list[_Way]) -> QuerySet[Any, Any]:
    # Put together, not joined by OR: each way is then gone once, by its own index.
    first, *rest = (rows.order_by().values(key) for rows, key in ways)
    return first.union(*rest, all=True) if rest else first


#: Rows, and how they name the document that they open.
_Way = tuple["QuerySet[Any, Any]", str]


def _ways(user: User | AnonymousUser, *, links: bool) -> list[_Way]:
    """Return the ways by which documents come to stand in ``user``'s lists."""
    if not user.is_authenticated or not user.is_active:
        return []
    by_link = [_visited(user)] if links else []
    if user.is_guest:
        return by_link
    placed = Document.objects.filter(folder__in=folders_seen_by(user).order_by().values("pk"))
    return [
        (Document.objects.filter(owner=user), "pk"),
        (Membership.objects.filter(user=user), "document"),
        (GroupMembership.objects.filter(group__user=user), "document"),
        (placed, "pk"),
        *by_link,
    ]


def _visited(user: User) -> _Way:
    reaches = [LinkReach.ANYONE] if user.is_guest else [LinkReach.ANYONE, LinkReach.SIGNED_IN]
    visited = LinkVisit.objects.filter(
        Q(document__link_expires_at=None) | Q(document__link_expires_at__gt=timezone.now()),
        user=user,
        epoch=F("document__link_epoch"),
        document__link_reach__in=reaches,
    )
    return visited, "document"


# -- folders ------------------------------------------------------------------------------------

_IN_FOLDER: dict[Role, frozenset[FolderAction]] = {
    Role.VIEWER: frozenset({FolderAction.SEE}),
    Role.COMMENTER: frozenset({FolderAction.SEE}),
    Role.SUGGESTER: frozenset({FolderAction.SEE}),
    Role.EDITOR: frozenset({FolderAction.SEE, FolderAction.FILL}),
    Role.OWNER: frozenset(FolderAction),
}


def folders_seen_by(user: User | AnonymousUser) -> QuerySet[Folder]:
    """Return the folders that ``user`` owns or has a role in, by themselves or by one above."""
    if not user.is_authenticated or not user.is_active or user.is_guest:
        return Folder.objects.none()
    shared = FolderLink.objects.filter(ancestor__memberships__user=user)
    by_group = FolderLink.objects.filter(ancestor__group_memberships__group__user=user)
    return Folder.objects.filter(
        Q(owner=user) | Q(pk__in=shared.values("folder")) | Q(pk__in=by_group.values("folder"))
    )


def folder_roles_of(user: User, folders: Collection[Folder]) -> dict[UUID, Role]:
    """Return the role of ``user`` in each of ``folders``, where there is one. Two queries."""
    given: dict[UUID, list[Role | str]] = {}
    others = [folder.pk for folder in folders if folder.owner_id != user.pk]
    if others:
        below = "folder__below__folder"
        rows = FolderMembership.objects.filter(user=user, folder__below__folder__in=others)
        groups = FolderGroupMembership.objects.filter(
            group__user=user, folder__below__folder__in=others
        )
        for source in (rows.values_list(below, "role"), groups.values_list(below, "role")):
            for folder_id, role in source:
                given.setdefault(folder_id, []).append(role)
    roles = {folder.pk: Role.OWNER for folder in folders if folder.owner_id == user.pk}
    return roles | {key: best for key, all_ in given.items() if (best := strongest(all_))}


def folder_actions(role: Role | None) -> frozenset[FolderAction]:
    """Return all that ``role`` may do with a folder."""
    return frozenset() if role is None else _IN_FOLDER.get(role, frozenset())


def may_in_folder(user: User | AnonymousUser, action: FolderAction, folder: Folder) -> bool:
    """Return whether ``user`` may do ``action`` with ``folder``."""
    if not user.is_authenticated or not user.is_active or user.is_guest:
        return False
    return action in folder_actions(folder_roles_of(user, [folder]).get(folder.pk))
