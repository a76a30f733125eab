"""App configuration of the webhooks."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    """Programs elsewhere that are told what happens to documents."""

    name = "collab.webhooks"
    label = "webhooks"
    verbose_name = _("Webhooks")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the outbox written wherever something happens."""
        from collab.documents.happenings import happening
        from collab.webhooks.outbox import note

        happening.connect(note, dispatch_uid="webhooks")
