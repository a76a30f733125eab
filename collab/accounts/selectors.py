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
