"""App configuration of the pages."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.contrib import admin


class WebConfig(AppConfig):
    """The pages."""

    name = "collab.web"
    label = "web"

    def ready(self) -> None:
        """Listen to allauth; let its sign-in be the only one.

        Django's admin has a form of its own, which knows no second step, and whose sessions are in
        nobody's list.
        """
        account_adapter = import_module("collab.web.account_adapter")
        account_adapter.connect()
        import_module("collab.web.account_events").connect()
        decorators = import_module("allauth.account.decorators")
        admin.site.login = decorators.secure_admin_login(admin.site.login)  # type: ignore[method-assign]
