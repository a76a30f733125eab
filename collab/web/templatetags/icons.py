"""Icons drawn with lines, by name; made once, so that a long list costs nothing for them."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_PATHS = {
    "recent": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>',
    "mine": '<path d="M7 3.5h7l4 4v13H7z"/><path d="M14 3.5v4h4M10 12.5h5M10 16h5"/>',
    "shared": '<circle cx="9" cy="8.5" r="3.2"/><path d="M3.5 19.5c.5-3.4 2.6-5.2 5.5-5.2s5 1.8 5.5'
    ' 5.2M15.5 5.6a3.2 3.2 0 0 1 0 5.8M17.5 14.8c1.7.8 2.7 2.4 3 4.7"/>',
    "starred": '<path d="m12 4 2.5 5.1 5.6.8-4 4 .9 5.6-5-2.7-5 2.7.9-5.6-4-4 5.6-.8z"/>',
    "templates": '<rect x="4" y="4" width="16" height="5" rx="1"/><rect x="4" y="12.5" width="7" '
    'height="7.5" rx="1"/><rect x="14" y="12.5" width="6" height="7.5" rx="1"/>',
    "trash": '<path d="M4.5 6.5h15M9.5 6V4h5v2M6.5 6.5l.8 13h9.4l.8-13M10 10.5v5.5M14 10.5v5.5"/>',
    "folder": '<path d="M3.5 6.5a1 1 0 0 1 1-1h4.7l2 2.2h8.3a1 1 0 0 1 1 1v9.3a1 1 0 0 1-1 1h-15'
    'a1 1 0 0 1-1-1z"/>',
    "shared-folder": '<path d="M3.5 6.5a1 1 0 0 1 1-1h4.7l2 2.2h8.3a1 1 0 0 1 1 1v9.3a1 1 0 0 1-1 '
    '1h-15a1 1 0 0 1-1-1z"/><circle cx="12" cy="11.8" r="1.4"/><path d="M9 16.5c.3-1.5 1.4-2.3 '
    '3-2.3s2.7.8 3 2.3"/>',
    "tag": '<path d="M4 4h7.5l8.5 8.5-7.5 7.5L4 11.5z"/><path d="M8 8h.01"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "more": '<path d="M5 12h.01M12 12h.01M19 12h.01"/>',
    "list": '<path d="M4 6.5h16M4 12h16M4 17.5h16"/>',
    "cards": '<rect x="4" y="4" width="6.5" height="7" rx="1"/><rect x="13.5" y="4" width="6.5" '
    'height="7" rx="1"/><rect x="4" y="14" width="6.5" height="6" rx="1"/><rect x="13.5" y="14" '
    'width="6.5" height="6" rx="1"/>',
    "chevron": '<path d="m9.5 7 5 5-5 5"/>',
    "upload": '<path d="M12 15.5V4.5M7.5 9 12 4.5 16.5 9M4.5 15.5v4h15v-4"/>',
    "download": '<path d="M12 4.5v11M7.5 11l4.5 4.5 4.5-4.5M4.5 15.5v4h15v-4"/>',
    "close": '<path d="m6 6 12 12M18 6 6 18"/>',
    "menu": '<path d="M4 6.5h16M4 12h16M4 17.5h16"/>',
}
_ICONS = {
    name: mark_safe(  # noqa: S308  # our own constants
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{path}</svg>'
    )
    for name, path in _PATHS.items()
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return the icon of this name."""
    return _ICONS[name]
