"""App configuration of the audit log."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Who did what to whom."""

    name = "collab.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
