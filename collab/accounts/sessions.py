"""Whose a session is: what the socket reads of the cookie, for many at once.

Pages ask Django's own middleware. It asks about one request with two queries and keeps the session
to be written to; a socket only wants to know who is there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from collab.accounts.impersonation import IMPERSONATOR
from collab.accounts.models import User

#: Longer than any key that Django makes.
MAX_KEY_CHARS = 40


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person of a session, and the hash that it is good for: another password makes another."""

    user: User
    session_hash: str
    #: When the session ends, unless it is used before.
    expires_at: datetime
    #: The name of the administrator who sees the pages as the person; empty: the person.
    impersonator: str = ""


def sessions_find(keys: Collection[str]) -> dict[str, SignedIn]:
    """Return who is signed in by each of the sessions that are good. Two queries.

    Not there: sessions that have ended or expired, of people who may not sign in or have changed
    their password since, and those that nobody has signed in to.
    """
    asked = {key for key in keys if 0 < len(key) <= MAX_KEY_CHARS and key.isalnum()}
    if not asked:
        return {}
    rows = Session.objects.filter(session_key__in=asked, expire_date__gt=timezone.now())
    store = SessionStore()
    claims: dict[str, tuple[int, str]] = {}
    looking: dict[str, str] = {}
    ends: dict[str, datetime] = {}
    for key, data, end in rows.values_list("session_key", "session_data", "expire_date"):
        session = store.decode(data)
        if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
            continue
        try:
            claims[key] = (int(session[SESSION_KEY]), str(session.get(HASH_SESSION_KEY, "")))
        except (KeyError, ValueError):
            continue
        looking[key] = session.get(IMPERSONATOR, {}).get("name", "")
        ends[key] = end
    wanted = {user_id for user_id, _ in claims.values()}
    people = {user.pk: user for user in User.objects.filter(pk__in=wanted, is_active=True)}
    found = {}
    for key, (user_id, session_hash) in claims.items():
        user = people.get(user_id)
        if user is not None:
            good = user.get_session_auth_hash()
            if session_hash and constant_time_compare(session_hash, good):
                found[key] = SignedIn(user, good, ends[key], looking[key])
    return found
