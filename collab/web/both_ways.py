"""What middleware is made of here: it answers synchronously and asynchronously, without a thread.

Django would run middleware that can do one of them only in a thread, for each request anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class Passing:
    """Passes requests on; what it does is in ``process_view``."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer the request; a coroutine where the server is asynchronous."""
        return self._get_response(request)


class Finishing(Passing):
    """Does something to each response."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer the request; a coroutine where the server is asynchronous."""
        finish = self.begin(request)
        response = self._get_response(request)
        if self._is_async:
            return _finished(cast("Awaitable[HttpResponseBase]", response), finish)
        return finish(cast("HttpResponseBase", response))

    def begin(self, request: HttpRequest) -> Callable[[HttpResponseBase], HttpResponseBase]:
        """Return what is done to the response of a request that begins now."""
        raise NotImplementedError


async def _finished(
    response: Awaitable[HttpResponseBase], finish: Callable[[HttpResponseBase], HttpResponseBase]
) -> HttpResponseBase:
    return finish(await response)
