"""App configuration of the history."""

from __future__ import annotations

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """The update log and what is made from it."""

    name = "collab.history"
    label = "history"
    default_auto_field = "django.db.models.BigAutoField"
