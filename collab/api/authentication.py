"""``Authorization: Bearer <token>``. The session cookie is DRF's own class, with its CSRF check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from collab.accounts.tokens import token_find

if TYPE_CHECKING:
    from rest_framework.request import Request

    from collab.accounts.models import ApiToken, User

SCHEME = "Bearer"


class BearerAuthentication(BaseAuthentication):
    """The person whose API token the request carries."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the person and the token; None where there is no header of this scheme.

        Raises:
            AuthenticationFailed: the header is there and does not name a person.
        """
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        row = token_find(token.strip())
        if row is None:
            raise AuthenticationFailed("The token is wrong, has expired or was withdrawn.")
        return row.user, row

    def authenticate_header(self, request: Request) -> str:
        """Return what ``WWW-Authenticate`` says on a 401."""
        return SCHEME
