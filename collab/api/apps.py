"""App configuration of the REST interface."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The REST interface."""

    name = "collab.api"
    label = "api"
