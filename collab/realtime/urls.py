"""Routes of the health checks and of the metrics."""

from __future__ import annotations

from django.urls import path

from collab.realtime import health

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
