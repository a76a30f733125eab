"""API tokens: made for a person, shown once, kept as hashes (knox). REST and socket ask here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from hmac import compare_digest

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from knox.crypto import hash_token
from knox.settings import CONSTANTS, knox_settings

from collab.accounts.models import ApiToken, TokenScope, User
from collab.audit.services import audit_record

#: Longer than any token that knox makes; what is longer is not hashed at all.
MAX_TOKEN_CHARS = 128
#: "Last used" is written at most this often, so that a busy program does not write with each call.
USE_NOTED_EVERY = timedelta(minutes=1)


def token_create(
    user: User,
    *,
    name: str = "",
    scope: TokenScope = TokenScope.WRITE,
    expires_in: timedelta | None = None,
    is_by_server: bool = False,
) -> str:
    """Make an API token of ``user``'s and return it; it cannot be read again later."""
    return token_and_row(
        user, name=name, scope=scope, expires_in=expires_in, is_by_server=is_by_server
    )[1]


@transaction.atomic
def token_and_row(
    user: User,
    *,
    name: str,
    scope: TokenScope,
    expires_in: timedelta | None = None,
    is_by_server: bool = False,
) -> tuple[ApiToken, str]:
    """Make an API token; return its row besides. Where no time is given, the settings give it.

    ``is_by_server`` says that a command makes it, and not its person.
    """
    audit_record(
        action="token.create",
        actor=None if is_by_server else user,
        subject=user.username,
        token=name,
        scope=str(scope.value),
    )
    row, token = ApiToken.objects.create(
        user=user, name=name, scope=scope, expiry=expires_in or knox_settings.TOKEN_TTL
    )
    return row, str(token)


def live_tokens() -> QuerySet[ApiToken]:
    """Return the tokens that have not expired, of people who may sign in."""
    now = timezone.now()
    rows: QuerySet[ApiToken] = ApiToken.objects.filter(
        Q(expiry=None) | Q(expiry__gt=now), user__is_active=True
    )
    return rows


def token_find(token: str) -> ApiToken | None:
    """Return the row of ``token`` with its person; None where it is wrong, expired or withdrawn."""
    return tokens_find([token]).get(token)


def tokens_find(tokens: Collection[str]) -> dict[str, ApiToken]:
    """Return the row of each of ``tokens`` that is good, with its person. One query."""
    digests = {token: hash_token(token) for token in tokens if _is_well_formed(token)}
    if not digests:
        return {}
    keys = {token[: CONSTANTS.TOKEN_KEY_LENGTH] for token in digests}
    rows: dict[str, list[ApiToken]] = {}
    for row in live_tokens().filter(token_key__in=keys).select_related("user").order_by():
        rows.setdefault(row.token_key, []).append(row)
    found = {}
    for token, digest in digests.items():
        for row in rows.get(token[: CONSTANTS.TOKEN_KEY_LENGTH], ()):
            if compare_digest(digest, row.digest):
                found[token] = row
    _note_uses(found.values())
    return found


def _is_well_formed(token: str) -> bool:
    # Printable ASCII only: databases refuse NUL, and the hash refuses lone surrogates.
    return 0 < len(token) <= MAX_TOKEN_CHARS and token.isascii() and token.isprintable()


def user_for_token(token: str) -> User | None:
    """Return whose token this is; None where it is wrong or expired, or they are suspended."""
    row = token_find(token)
    return None if row is None else row.user


def _note_uses(rows: Iterable[ApiToken]) -> None:
    now = timezone.now()
    stale = {
        row.pk
        for row in rows
        if row.last_used_at is None or now - row.last_used_at >= USE_NOTED_EVERY
    }
    if stale:
        ApiToken.objects.filter(pk__in=stale).update(last_used_at=now)
