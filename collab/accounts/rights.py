"""What administrators may do to people, and who may read what people write. docs/administration.md.

Two rules that Django's permissions do not have. Only superusers give power: staff, superuser,
groups, permissions, and all that a staff account is signed in to by. And no permission on a model
shows text: that is one right of its own (``READ_TEXT``), which nobody has by being a superuser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Q

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser, AnonymousUser

    from collab.accounts.models import User

#: Codename of the right to read what people write; a permission of the model of people.
READ_TEXT = "read_text"


def may_read_text(user: AbstractUser | AnonymousUser) -> bool:
    """Return whether ``user`` was given the right to read what people write, by name or by group.

    A superuser has every permission without being given it; not this one. They may give it to
    themselves, and the audit log says so.
    """
    if not (user.is_active and user.is_staff):
        return False
    given = Q(user=user.pk) | Q(group__user=user.pk)
    rights = Permission.objects.filter(content_type__app_label="accounts", codename=READ_TEXT)
    return rights.filter(given).exists()


def may_change_staff(actor: AbstractUser | AnonymousUser, target: User) -> bool:
    """Return whether ``actor`` may change ``target`` at all: staff is for superusers."""
    return bool(actor.is_superuser) or not (target.is_staff or target.is_superuser)


def may_change_sign_in(actor: AbstractUser | AnonymousUser, target: User | None = None) -> bool:
    """Return whether ``actor`` may change what ``target`` signs in with; None: what anybody does.

    Whoever sets somebody's password or address can be them, and read what they read.
    """
    if actor.is_superuser:
        return True
    return may_read_text(actor) and (target is None or may_change_staff(actor, target))


def require(is_allowed: bool) -> None:
    """Refuse unless ``is_allowed``.

    Raises:
        PermissionDenied: it is not.
    """
    if not is_allowed:
        raise PermissionDenied
