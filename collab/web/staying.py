"""A session that is used goes on: two weeks without use end it, not two weeks since the sign-in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]
#: The day on which the session was last kept.
_DAY = "kept_on"


class StayingMiddleware:
    """Keeps the session of somebody signed in anew, with its cookie, once on each day of use."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Pass the request on."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        """Note the day in the session where it is another one: what has changed is kept."""
        # Who brings no cookie, a program with its token, has no session to look into.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session:
            today = timezone.now().date().isoformat()
            if request.session.get(_DAY) != today:
                request.session[_DAY] = today
        return None
