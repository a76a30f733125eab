"""Writes of the audit log: the one way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from collab.audit.models import AuditEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

#: Stands where no person acted: a command on the server, or its own clock.
THE_SERVER = "server"
#: Stands where somebody acted whom nobody knows: who has not signed in.
A_VISITOR = "visitor"
MAX_WORDS_CHARS = 255


def audit_record(
    *,
    action: str,
    actor: AbstractUser | str | None,
    subject: str = "",
    document_id: UUID | None = None,
    **details: Any,
) -> AuditEntry:
    """Note an act, in the transaction that does it: either both are in the database or neither.

    Args:
        action: ``subject.verb``, as in ``member.remove``; ``words.py`` says it in words.
        actor: who did it; None for the server itself, a word for whom nobody knows.
        subject: whom or what it was done to, in words that stay true.
        document_id: the document, where it is about one.
        details: whatever else explains it, as JSON values; never a secret or somebody's text.
    """
    person = None if actor is None or isinstance(actor, str) else actor
    name = person.get_username() if person is not None else str(actor or THE_SERVER)
    return AuditEntry.objects.create(
        actor_id=None if person is None else person.pk,
        actor_name=name[:MAX_WORDS_CHARS],
        action=action,
        document_id=document_id,
        subject=subject[:MAX_WORDS_CHARS],
        details=details,
    )
