"""The content security policy of every response: nothing runs or loads but what we serve.

No inline script or style anywhere but under /admin/, whose templates are django-unfold's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase

from collab.web.both_ways import Finishing

HEADER = "Content-Security-Policy"

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


class ContentSecurityPolicyMiddleware(Finishing):
    """Adds the policy to responses that do not bring a stricter one of their own."""

    def begin(self, request: HttpRequest) -> Callable[[HttpResponseBase], HttpResponseBase]:
        """Leave all to the end: only then it is known whether there is a policy already."""
        return partial(_with_policy, request)


def _with_policy(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if HEADER not in response:
        response[HEADER] = policy_for(request)
    return response
