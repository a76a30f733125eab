"""Who may do what with a document. The one answer for page, socket, REST and admin.

Nothing else in the project compares roles. Deny is the default: a new action or role that is not
in the table below is refused.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from collab.documents.models import Role
from collab.room.access import Access

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from collab.accounts.models import User
    from collab.documents.models import Document


class Action(Enum):
    """What a person may want to do with a document."""

    READ = "read"
    COMMENT = "comment"
    WRITE = "write"
    RENAME = "rename"
    MANAGE_MEMBERS = "manage members"
    TRASH = "trash"
    RESTORE = "restore"


_VIEWER = frozenset({Action.READ})
_COMMENTER = _VIEWER | {Action.COMMENT}
_EDITOR = _COMMENTER | {Action.WRITE, Action.RENAME}
_OWNER = _EDITOR | {Action.MANAGE_MEMBERS, Action.TRASH}

_ALLOWED: dict[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.COMMENTER: _COMMENTER,
    Role.EDITOR: _EDITOR,
    Role.OWNER: _OWNER,
}
#: What nobody may do with a document that an administrator has frozen.
_NOT_WHILE_FROZEN = frozenset({Action.WRITE, Action.COMMENT, Action.RENAME, Action.TRASH})
#: In the trash a document can only be brought back, and only by its owner.
_ALLOWED_IN_TRASH: dict[Role, frozenset[Action]] = {Role.OWNER: frozenset({Action.RESTORE})}


def role_of(user: User | AnonymousUser, document: Document) -> Role | None:
    """Return what ``user`` is to ``document``, or None: a stranger, or suspended."""
    if not user.is_authenticated or not user.is_active:
        return None
    if document.owner_id == user.pk:
        return Role.OWNER
    # Lists prefetch memberships; a filter here would ask the database once per row.
    if "memberships" in getattr(document, "_prefetched_objects_cache", {}):
        found = [m.role for m in document.memberships.all() if m.user_id == user.pk]
        return Role(found[0]) if found else None
    role = document.memberships.filter(user_id=user.pk).values_list("role", flat=True).first()
    return Role(role) if role else None


def allowed_actions(
    role: Role | None, *, is_trashed: bool, is_frozen: bool = False
) -> frozenset[Action]:
    """Return all that ``role`` may do with a document."""
    if role is None:
        return frozenset()
    table = _ALLOWED_IN_TRASH if is_trashed else _ALLOWED
    allowed = table.get(role, frozenset())
    return allowed - _NOT_WHILE_FROZEN if is_frozen else allowed


def actions_of(user: User | AnonymousUser, document: Document) -> frozenset[Action]:
    """Return all that ``user`` may do with ``document``."""
    return allowed_actions(
        role_of(user, document), is_trashed=document.is_trashed, is_frozen=document.is_frozen
    )


def may(user: User | AnonymousUser, action: Action, document: Document) -> bool:
    """Return whether ``user`` may do ``action`` with ``document``."""
    return action in actions_of(user, document)


def access_of(user: User | AnonymousUser, document: Document) -> Access | None:
    """Return what ``user``'s sockets may do in the document's room; None: not enter it."""
    actions = actions_of(user, document)
    if Action.WRITE in actions:
        return Access.WRITE
    if Action.COMMENT in actions:
        return Access.COMMENT
    return Access.READ if Action.READ in actions else None
