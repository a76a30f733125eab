"""The one tag that draws a person: their picture, or the first letter of their name in a disc."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from collab.accounts.models import User

register = template.Library()


@register.simple_tag
def face(person: User) -> SafeString:
    """Return the person's avatar; the name stands beside it, so it says nothing of its own."""
    if url := person.avatar_url:
        return format_html('<img class="avatar" src="{}" alt="" loading="lazy">', url)
    return format_html(
        '<span class="avatar" data-color="{}" aria-hidden="true">{}</span>',
        person.shown_color,
        person.shown_name[:1],
    )
