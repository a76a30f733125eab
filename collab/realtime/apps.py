"""App configuration of the live rooms."""

from __future__ import annotations

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    """Live rooms and their sockets."""

    name = "collab.realtime"
    label = "realtime"
