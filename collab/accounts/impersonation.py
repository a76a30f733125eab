"""An administrator looks at the pages as somebody else. Off unless IMPERSONATION is set.

It is for looking: requests that would change something are refused (``web/impersonation.py``), and
sockets only read. Both ends are in the audit log. The session keeps who is behind it, with the hash
that their password makes, so that it ends when they could not sign in any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction
from django.utils.crypto import constant_time_compare

from collab.accounts.models import User
from collab.accounts.rights import may_change_staff, may_read_text
from collab.accounts.services import ring_person
from collab.audit.services import audit_record

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

#: In the session: {"id", "hash", "name"} of who looks.
IMPERSONATOR = "impersonator"


def may_impersonate(actor: User, target: User) -> bool:
    """Return whether ``actor`` may see the pages as ``target``.

    Nobody sees as a superuser, and only a superuser as other staff: a look is never a step up. Who
    looks reads what the person reads, and needs the right to read text.
    """
    if not settings.ENV.impersonation or actor.pk == target.pk:
        return False
    if not (actor.is_active and actor.is_staff and actor.has_perm("accounts.change_user")):
        return False
    if not target.is_active or target.is_guest or target.is_superuser:
        return False
    return may_change_staff(actor, target) and may_read_text(actor)


@transaction.atomic
def impersonation_begin(*, session: SessionBase, actor: User, target: User) -> None:
    """Make ``session`` one in which ``actor`` sees as ``target``. Callers ask first."""
    audit_record(action="person.impersonate", actor=actor, subject=target.username)
    session[IMPERSONATOR] = {
        "id": actor.pk,
        "hash": actor.get_session_auth_hash(),
        "name": actor.shown_name,
    }
    _become(session, target)
    ring_person(actor.pk)


@transaction.atomic
def impersonation_end(*, session: SessionBase, actor: User, target: User) -> None:
    """Give ``session`` back to ``actor``; what is open in it as ``target`` closes at once."""
    audit_record(action="person.impersonate_end", actor=actor, subject=target.username)
    del session[IMPERSONATOR]
    _become(session, actor)
    ring_person(target.pk)


def impersonator_in(session: SessionBase, target: User) -> User | None:
    """Return who is behind the session, as long as they may be; None: it must end."""
    kept: dict[str, Any] = session[IMPERSONATOR]
    actor = User.objects.filter(pk=kept["id"]).first()
    if actor is None or not may_impersonate(actor, target):
        return None
    is_same = constant_time_compare(kept["hash"], actor.get_session_auth_hash())
    return actor if is_same else None


def _become(session: SessionBase, person: User) -> None:
    session[SESSION_KEY] = str(person.pk)
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    before = session.session_key
    # Another key: sockets that came in by the old one end. The list of the administrator's own
    # sessions goes on with the new one, so that signing out everywhere ends this one too.
    session.cycle_key()
    UserSession.objects.filter(session_key=before).update(session_key=session.session_key)
