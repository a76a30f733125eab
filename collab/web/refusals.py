"""The page that refuses a form without its token, and says why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.shortcuts import render

#: How Django begins the reason that names a foreign origin.
_BAD_ORIGIN = REASON_BAD_ORIGIN.split("%s", maxsplit=1)[0]


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a form.

    A proxy that does not pass on the host with its port, or the scheme, makes every form look
    foreign, and nobody can sign in. Only the two addresses side by side tell an operator.

    Args:
        request: what was sent.
        reason: Django's own sentence (``django.middleware.csrf``).
    """
    origin = request.headers.get("Origin", "") if reason.startswith(_BAD_ORIGIN) else ""
    own = f"{request.scheme}://{request.get_host()}"
    return render(request, "403_csrf.html", {"origin": origin, "own": own}, status=403)
