"""Words for times and browsers. How long ago is said whatever the time zone: it is not known."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

register = template.Library()

SECONDS_OF_JUST_NOW = 60


@register.filter
def browser(user_agent: str) -> str:
    """Return which browser on which system this is, as far as a person would name them."""
    known = ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome")
    systems = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux")
    name = next((name for mark, name in (*known, ("Safari/", "Safari")) if mark in user_agent), "")
    system = next((system for system in systems if system in user_agent), "")
    words = " · ".join(filter(None, (name, system.replace("Macintosh", "macOS"))))
    return words or user_agent[:60]


@register.filter
def ago(moment: datetime) -> str:
    """Return how long ago ``moment`` was, in its largest unit."""
    now = timezone.now()
    if (now - moment).total_seconds() < SECONDS_OF_JUST_NOW:
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(moment, now, depth=1)}
