"""App configuration of the documents."""

from __future__ import annotations

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Documents and who may do what with them."""

    name = "collab.documents"
    label = "documents"
    default_auto_field = "django.db.models.BigAutoField"
