"""Reads of people."""

from __future__ import annotations

from allauth.account.models import EmailAddress

from collab.accounts.models import User


def person_find(name: str) -> User | None:
    """Return the active person of this user name or e-mail address; guests have neither.

    An address that somebody has only claimed, and not proved, names nobody: what is shared with it
    would go to whoever claimed it first. One that two people have names neither.
    """
    people = User.objects.filter(is_active=True, is_guest=False)
    user = people.filter(username=name).first()
    if user is not None or "@" not in name:
        return user
    proved = EmailAddress.objects.filter(email__iexact=name, verified=True, user__in=people)
    owner = proved.select_related("user").first()
    if owner is not None:
        found: User = owner.user
        return found
    claimed = EmailAddress.objects.filter(email__iexact=name, verified=False)
    people = people.exclude(pk__in=claimed.values("user"))
    having = list(people.filter(email__iexact=name)[:2])
    return having[0] if len(having) == 1 else None


def proved_address(user: User) -> str:
    """Return an address that is proved to be the person's, the main one first; empty: none is.

    To be shown to others in place of ``User.email``, which anybody can claim.
    """
    proved = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk")
    return str(proved.values_list("email", flat=True).first() or "")


def person_signing_in(login: str) -> User | None:
    """Return whose password is asked for by this user name or address; the first who claimed it.

    A user name comes before an address, a proved address before a claimed one: whoever claims
    another's address later keeps nobody from signing in.
    """
    user = User.objects.filter(username__iexact=login).order_by("pk").first()
    if user is not None or "@" not in login:
        return user
    rows = EmailAddress.objects.filter(email__iexact=login).order_by("-verified", "user_id")
    row = rows.select_related("user").first()
    claimed = User.objects.filter(email__iexact=login).order_by("pk").first()
    if row is not None and (row.verified or claimed is None or row.user_id <= claimed.pk):
        found: User = row.user
        return found
    return claimed
