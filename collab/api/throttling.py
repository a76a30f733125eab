"""How many requests a program may send: counted by API token, said in every answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from django.core.cache import caches
from django.utils.connection import ConnectionProxy
from rest_framework.throttling import UserRateThrottle

from collab.accounts.client_address import client_address, counted
from collab.accounts.models import ApiToken

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class TokenThrottle(UserRateThrottle):
    """Counts by token; where there is none by person, and for strangers by address."""

    #: Apart from the counters of wrong passwords, which no number of requests may push out.
    cache = ConnectionProxy(caches, "requests")  # type: ignore[assignment]  # stands for a cache

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Return who is counted."""
        token = request.auth
        if isinstance(token, ApiToken):
            return self.cache_format % {"scope": self.scope, "ident": f"token-{token.pk}"}
        return super().get_cache_key(request, view)

    def get_ident(self, request: Request) -> str:
        """Return the address by which a stranger is counted."""
        return counted(client_address(request._request))

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether there is room for one more; ``headers`` says how much."""
        allowed = super().allow_request(request, view)
        request._request.rate_limit = self.headers  # type: ignore[attr-defined]  # read by ApiView
        return allowed

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says (draft-ietf-httpapi-ratelimit-headers)."""
        # DRF sets these two by what the rate says.
        limit: int | None = getattr(self, "num_requests", None)
        window_s: int | None = getattr(self, "duration", None)
        if self.rate is None or limit is None or window_s is None:
            return {}
        history = getattr(self, "history", [])
        reset_s = window_s - (self.now - history[-1]) if history else window_s
        return {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(limit - len(history), 0)),
            "RateLimit-Reset": str(max(math.ceil(reset_s), 0)),
        }
