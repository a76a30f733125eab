"""What an administrator may do while they look as somebody else: see, and end it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from collab.accounts.impersonation import IMPERSONATOR, impersonation_end, impersonator_in
from collab.accounts.models import User
from collab.web.both_ways import Passing

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: What somebody signs in with is nobody else's to see, whoever looks.
_CLOSED = ("/account/", "/api/v1/tokens", "/api/v1/sessions", "/api/v1/webhooks")


class ImpersonationMiddleware(Passing):
    """Lets an administrator look, and refuses whatever would change something."""

    def process_view(
        self, request: HttpRequest, view: Any, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        """Find out who looks; nothing is asked where nobody does."""
        if IMPERSONATOR not in request.session or not request.user.is_authenticated:
            return None
        actor = impersonator_in(request.session, request.user)
        if actor is None:
            logout(request)
            return redirect("account_login")
        request.impersonator = actor  # type: ignore[attr-defined]  # an attribute of ours
        if view is end:
            return None
        is_closed = request.path.startswith(_CLOSED)
        if request.method in _SAFE and not is_closed:
            return None
        words = _("You are looking as somebody else: nothing can be changed.")
        if request.path.startswith("/api/"):
            body = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": words}
            return JsonResponse(body, status=403, content_type="application/problem+json")
        return render(request, "403.html", {"words": words}, status=403)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Give the session back to who looks.

    Raises:
        Http404: nobody looks as somebody else here.
    """
    actor = getattr(request, "impersonator", None)
    if actor is None:
        raise Http404
    target = cast("User", request.user)
    impersonation_end(session=request.session, actor=actor, target=target)
    return redirect("admin:accounts_user_change", target.pk)
