"""App configuration of the accounts."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People."""

    name = "collab.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
