"""The content security policy of every response: nothing runs or loads but what we serve.

No inline script or style anywhere but under /admin/, whose templates are django-unfold's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase

HEADER = "Content-Security-Policy"
GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' https: data: blob:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
}
# django-unfold builds on Alpine.js, which evaluates its attributes, and sets styles inline.
_ADMIN = {
    "script-src": "'self' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
}
# The form on this page is answered by a redirect to the OpenID Connect provider, which browsers
# count as a place that the form goes to. Which host that is, the provider says, not our settings.
_TO_THE_PROVIDER = {"form-action": "'self' https: http:"}
# Swagger UI sets style attributes; its scripts are files of ours.
_API_DOCS = {"style-src": "'self' 'unsafe-inline'"}


def policy_for(request: HttpRequest) -> str:
    """Return the policy that the response to ``request`` is sent with."""
    policy = dict(_POLICY)
    if request.path.startswith("/admin/"):
        policy |= _ADMIN
    elif request.path.startswith("/account/oidc/"):
        policy |= _TO_THE_PROVIDER
    elif request.path.rstrip("/") == "/api/v1/docs":
        policy |= _API_DOCS
    try:
        host = request.get_host()
    except DisallowedHost:
        host = ""
    if host:
        # 'self' covers websockets of the same host in new browsers only.
        policy["connect-src"] += f" ws://{host} wss://{host}"
    return "; ".join(f"{name} {value}" for name, value in policy.items())


class ContentSecurityPolicyMiddleware:
    """Adds the policy to responses that do not bring a stricter one of their own."""

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
        return _with_policy(request, cast("HttpResponseBase", self._get_response(request)))

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        response = await cast("Awaitable[HttpResponseBase]", self._get_response(request))
        return _with_policy(request, response)


def _with_policy(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if HEADER not in response:
        response[HEADER] = policy_for(request)
    return response
