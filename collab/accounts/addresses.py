"""What addresses in letters begin with: what the operator says, not what a request claims.

``Host`` is written by whoever sends the request, its port too: a reset letter that believed it
would lead its reader elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


def base_url(request: HttpRequest) -> str:
    """Return where this server is for people, without a slash at the end."""
    # Empty only under the development settings, which answer this machine alone.
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
