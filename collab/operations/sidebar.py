"""The sidebar of the admin: what an administrator comes for first, internals last and folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django.http import HttpRequest

#: Models by the group that they stand in, as ``app.model``, in the order in which they are shown.
_GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    ("", ("operations.liveroom", "documents.document", "accounts.user")),
    (gettext_lazy("Access"), ("auth.group", "documents.invitation", "accounts.apitoken")),
    (
        gettext_lazy("Signing in"),
        ("account.emailaddress", "accounts.secondstep", "socialaccount.socialaccount"),
    ),
    (
        gettext_lazy("Supervision"),
        ("audit.auditentry", "operations.serverprocess", "operations.quarantinedupdate"),
    ),
    (gettext_lazy("More of documents"), ("documents.draft", "history.revision", "history.erasure")),
    (gettext_lazy("Webhooks"), ("webhooks.webhook", "webhooks.delivery")),
)
#: What only somebody who looks for a fault opens stands here, with whatever has no place above.
_INTERNALS = gettext_lazy("Internals")
_ICONS = {
    "operations.liveroom": "sensors",
    "documents.document": "description",
    "accounts.user": "person",
}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what the sidebar leads to: what this administrator may see, and no more."""
    entries = {}
    for app in admin.site.get_app_list(request):
        for model in app["models"]:
            if model["admin_url"]:
                key = model["model"]._meta.label_lower
                entries[key] = {"title": capfirst(model["name"]), "link": model["admin_url"]}
                if key in _ICONS:
                    entries[key]["icon"] = _ICONS[key]
    dashboard = {"title": _("Dashboard"), "icon": "dashboard", "link": reverse("admin:index")}
    groups = [
        [name, [entries.pop(key) for key in keys if key in entries]] for name, keys in _GROUPS
    ]
    groups[0][1].insert(0, dashboard)
    groups.append([_INTERNALS, list(entries.values())])
    return [_shown(request, name, items) for name, items in groups if items]


def _shown(request: HttpRequest, title: Any, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a group as the template has it; a folded one is open where one is in it."""
    for item in items:
        here = request.path == item["link"]
        is_home = item["link"] == reverse("admin:index")
        item["active"] = here or (not is_home and request.path.startswith(item["link"]))
    is_open = any(item["active"] for item in items)
    is_folded = title is _INTERNALS
    return {"title": title, "items": items, "is_folded": is_folded, "is_open": is_open}
