"""Guests of a public link: a page that is not marked as theirs takes them for nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase

from collab.web.both_ways import Passing

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def guests_welcome(view: View) -> View:
    """Mark a page as one that guests may open; what they may do there, the policy says."""
    view.guests_welcome = True  # type: ignore[attr-defined]  # an attribute of ours
    return view


class GuestMiddleware(Passing):
    """Shows a guest's face only to the views that are marked: whatever is new is closed to them."""

    def process_view(
        self, request: HttpRequest, view: Any, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        """Let the view think that nobody is signed in; REST views have their own mark."""
        is_open = hasattr(view, "cls") or getattr(view, "guests_welcome", False)
        if not is_open and getattr(request.user, "is_guest", False):
            request.user = AnonymousUser()
        return None
