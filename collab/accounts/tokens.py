"""API tokens: made for a person, shown once, kept as hashes (knox). REST and socket ask here."""

from __future__ import annotations

from hmac import compare_digest

from django.db.models import Q
from django.utils import timezone
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS

from collab.accounts.models import User

#: Longer than any token that knox makes; what is longer is not hashed at all.
MAX_TOKEN_CHARS = 128


def token_create(user: User) -> str:
    """Make an API token of ``user``'s and return it; it cannot be read again later."""
    _row, token = AuthToken.objects.create(user=user)
    return str(token)


def user_for_token(token: str) -> User | None:
    """Return whose token this is; None where it is wrong or expired, or they are suspended."""
    # Printable ASCII only: databases refuse NUL, and the hash refuses lone surrogates.
    if not (0 < len(token) <= MAX_TOKEN_CHARS and token.isascii() and token.isprintable()):
        return None
    digest = hash_token(token)
    rows = AuthToken.objects.filter(
        Q(expiry=None) | Q(expiry__gt=timezone.now()),
        token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH],
        user__is_active=True,
    ).select_related("user")
    for row in rows:
        if compare_digest(digest, row.digest):
            user: User = row.user
            return user
    return None
