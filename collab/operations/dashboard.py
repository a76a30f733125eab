"""The first page of the admin: figures of now, the edits of a day, the documents of a month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _

from collab.operations.selectors import documents_by_day, edits_by_hour, overview

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

#: Height of the tallest bar, in the units of the drawing.
CHART_HEIGHT = 100


def dashboard(_request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to ``context`` what the page shows (unfold's DASHBOARD_CALLBACK)."""
    context |= live_part()
    context |= {
        "renew_url": reverse("admin:operations_dashboard"),
        "links": [
            (_("Live rooms"), reverse("admin:operations_liveroom_changelist")),
            (_("Self-check"), reverse("admin:operations_self_check")),
            (_("Audit log"), reverse("admin:audit_auditentry_changelist")),
        ],
    }
    return context


def live_part() -> dict[str, Any]:
    """Return what is shown of the part that renews itself."""
    hours, days = edits_by_hour(), documents_by_day()
    return {
        "figures": overview(),
        "bars": _bars([(f"{hour:%H}:00", records) for hour, records in hours]),
        "edits_today": sum(records for _hour, records in hours),
        "day_bars": _bars(
            [(formats.date_format(day, "MONTH_DAY_FORMAT"), made) for day, made in days]
        ),
        "made_lately": sum(made for _day, made in days),
    }


def _bars(values: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    most = max(value for _label, value in values) or 1
    heights = [round(value / most * CHART_HEIGHT, 1) for _label, value in values]
    return [
        {
            "x": number * 10,
            "height": height,
            "y": CHART_HEIGHT - height,
            "label": label,
            "value": value,
        }
        for number, ((label, value), height) in enumerate(zip(values, heights, strict=True))
    ]
