"""The first page of the admin: figures as they are now, and the edits of the last day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from collab.operations.selectors import edits_by_hour, overview

if TYPE_CHECKING:
    from django.http import HttpRequest

#: Height of the tallest bar, in the units of the drawing.
CHART_HEIGHT = 100


def dashboard(_request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to ``context`` what the page shows (unfold's DASHBOARD_CALLBACK)."""
    figures = overview()
    hours = edits_by_hour()
    most = max(records for _hour, records in hours) or 1
    context |= {
        "figures": figures,
        "bars": [
            {
                "x": number * 10,
                "height": round(records / most * CHART_HEIGHT, 1),
                "y": round(CHART_HEIGHT - records / most * CHART_HEIGHT, 1),
                "label": f"{hour:%H}:00",
                "records": records,
            }
            for number, (hour, records) in enumerate(hours)
        ],
        "edits_today": sum(records for _hour, records in hours),
        "links": [
            (_("Live rooms"), reverse("admin:operations_liveroom_changelist")),
            (_("Self-check"), reverse("admin:operations_self_check")),
            (_("Audit log"), reverse("admin:audit_auditentry_changelist")),
        ],
    }
    return context
