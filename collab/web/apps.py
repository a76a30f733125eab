"""App configuration of the pages."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The pages."""

    name = "collab.web"
    label = "web"

    def ready(self) -> None:
        """Listen to allauth."""
        account_adapter = import_module("collab.web.account_adapter")
        account_adapter.connect()
