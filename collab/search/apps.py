"""App configuration of the search."""

from __future__ import annotations

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Titles and content, found."""

    name = "collab.search"
    label = "search"
    default_auto_field = "django.db.models.BigAutoField"
