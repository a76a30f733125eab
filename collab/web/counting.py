"""Counts requests and their time, by route; see docs/metrics.md."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

from collab import metrics

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]

#: A client may call its method anything; what is counted by is ours.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class CountingMiddleware:
    """Counts every answer. Its time is until the answer begins, not until a file is sent."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer the request; a coroutine where the server is asynchronous."""
        if self._is_async:
            return self._answer(request)
        began = time.perf_counter()
        return _counted(request, cast("HttpResponseBase", self._get_response(request)), began)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = await cast("Awaitable[HttpResponseBase]", self._get_response(request))
        return _counted(request, response, began)


def _counted(request: HttpRequest, response: HttpResponseBase, began: float) -> HttpResponseBase:
    # Static files and addresses that lead nowhere have no route; an address is never a label.
    match = request.resolver_match
    route = (match.view_name or "unnamed") if match is not None else "none"
    method = request.method if request.method in _METHODS else "other"
    metrics.http_seconds.labels(route, method).observe(time.perf_counter() - began)
    metrics.http_requests.labels(route, method, response.status_code).inc()
    return response
