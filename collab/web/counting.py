"""Counts requests and their time, by route; see docs/metrics.md."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponseBase

from collab import metrics
from collab.web.both_ways import Finishing

#: A client may call its method anything; what is counted by is ours.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class CountingMiddleware(Finishing):
    """Counts every answer. Its time is until the answer begins, not until a file is sent."""

    def begin(self, request: HttpRequest) -> Callable[[HttpResponseBase], HttpResponseBase]:
        """Start the clock."""
        return partial(_counted, request, time.perf_counter())


def _counted(request: HttpRequest, began: float, response: HttpResponseBase) -> HttpResponseBase:
    # Static files and addresses that lead nowhere have no route; an address is never a label.
    match = request.resolver_match
    route = (match.view_name or "unnamed") if match is not None else "none"
    method = request.method if request.method in _METHODS else "other"
    metrics.http_seconds.labels(route, method).observe(time.perf_counter() - began)
    metrics.http_requests.labels(route, method, response.status_code).inc()
    return response
