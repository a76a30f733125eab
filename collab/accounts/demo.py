"""The demo accounts: made by ``setup_demo``, shown on the sign-in page of a development server."""

from __future__ import annotations

from django.conf import settings

from collab.accounts.models import User

DEMO_USERNAMES = ("demo", "demo2")
#: Known to everybody, so the accounts exist only where the settings allow them.
DEMO_PASSWORD = "demo"  # noqa: S105  # meant to be known


def is_demo_login(user: User, password: str) -> bool:
    """Return whether these are a demo account and its password where no such may be used."""
    is_known = user.username in DEMO_USERNAMES and password == DEMO_PASSWORD
    return is_known and not settings.DEMO_ACCOUNTS_ALLOWED


def demo_fault() -> str | None:
    """Return why this database must not be served in public; None: it may."""
    people = User.objects.filter(username__in=DEMO_USERNAMES, is_active=True).order_by("pk")
    known = [each.username for each in people if each.check_password(DEMO_PASSWORD)]
    if not known:
        return None
    names = " and ".join(known)
    return (
        f"Everybody knows the password of {names}, made by a try with the development settings: "
        f"give another with manage.py changepassword {known[0]}, or suspend the account with "
        f"manage.py suspend {known[0]}."
    )
