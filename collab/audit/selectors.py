"""Reads of the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collab.audit.models import AuditEntry

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.contrib.auth.models import AbstractUser, AnonymousUser
    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What entries are looked for; empty or None: whatever."""

    #: ``subject.verb``; or ``subject.``, with the point, for all that was done to such.
    action: str = ""
    actor_name: str = ""
    document_id: UUID | None = None
    at_from: datetime | None = None
    at_until: datetime | None = None


def audit_entries(wanted: AuditFilter) -> QuerySet[AuditEntry]:
    """Return the entries, newest first: by their number, which no clock can put out of order."""
    entries = AuditEntry.objects.order_by("-id")
    if wanted.action.endswith("."):
        entries = entries.filter(action__startswith=wanted.action)
    elif wanted.action:
        entries = entries.filter(action=wanted.action)
    if wanted.actor_name:
        entries = entries.filter(actor_name=wanted.actor_name)
    if wanted.document_id is not None:
        entries = entries.filter(document_id=wanted.document_id)
    if wanted.at_from is not None:
        entries = entries.filter(at__gte=wanted.at_from)
    if wanted.at_until is not None:
        entries = entries.filter(at__lt=wanted.at_until)
    return entries


def may_read_audit(user: AbstractUser | AnonymousUser) -> bool:
    """Return whether ``user`` may read the log: staff with Django's permission to view it."""
    return user.is_active and user.is_staff and user.has_perm("audit.view_auditentry")
