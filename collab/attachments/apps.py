"""App configuration of the attachments."""

from __future__ import annotations

from django.apps import AppConfig


class AttachmentsConfig(AppConfig):
    """Images and files that belong to documents."""

    name = "collab.attachments"
    label = "attachments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what removes a file from the storage when its last row is gone."""
        from django.db.models.signals import post_delete

        from collab.attachments.services import forget_file

        post_delete.connect(forget_file, sender="attachments.Attachment")
