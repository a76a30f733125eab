"""How long ago: the same words whatever the reader's time zone, which the server does not know."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

register = template.Library()

SECONDS_OF_JUST_NOW = 60


@register.filter
def ago(moment: datetime) -> str:
    """Return how long ago ``moment`` was, in its largest unit."""
    now = timezone.now()
    if (now - moment).total_seconds() < SECONDS_OF_JUST_NOW:
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(moment, now, depth=1)}
