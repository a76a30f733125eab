"""Writes of the audit log: the one way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from collab.audit.models import AuditEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

#: Stands where no person acted: a command on the server, or its own clock.
THE_SERVER = "server"
MAX_WORDS_CHARS = 255


def audit_record(
    *,
    action: str,
    actor: AbstractUser | None,
    subject: str = "",
    document_id: UUID | None = None,
    **details: Any,
) -> AuditEntry:
    """Note an act, in the transaction that does it: either both are in the database or neither.

    Args:
        action: ``subject.verb``, as in ``member.remove``.
        actor: who did it; None for the server itself.
        subject: whom or what it was done to, in words that stay true.
        document_id: the document, where it is about one.
        details: whatever else explains it, as JSON values; never a secret or somebody's text.
    """
    return AuditEntry.objects.create(
        actor_id=None if actor is None else actor.pk,
        actor_name=(THE_SERVER if actor is None else actor.get_username())[:MAX_WORDS_CHARS],
        action=action,
        document_id=document_id,
        subject=subject[:MAX_WORDS_CHARS],
        details=details,
    )
