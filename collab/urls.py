"""HTTP routes. A table, no logic."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("collab.api.urls")),
    path("", include("collab.realtime.urls")),
    path("", include("collab.web.urls")),
]
