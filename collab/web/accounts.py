"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView

from collab.accounts.demo import DEMO_USERNAMES
from collab.accounts.models import User


class SignIn(LoginView):
    """The sign-in page; it names the demo accounts where there are any."""

    template_name = "registration/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the template shows."""
        return super().get_context_data(demo_usernames=_demo_usernames(), **kwargs)


class SignOut(LogoutView):
    """Signing out: by POST only, so that no link can do it."""

    http_method_names = ["post", "options"]


def _demo_usernames() -> list[str]:
    if not settings.DEMO_ACCOUNTS_ALLOWED:
        return []
    people = User.objects.filter(username__in=DEMO_USERNAMES, is_active=True)
    return list(people.order_by("username").values_list("username", flat=True))
