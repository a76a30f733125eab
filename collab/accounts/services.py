"""Changes to people and to what they sign in with. Open pages of theirs hear of it on commit."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.db import transaction

from collab.accounts.models import ApiToken
from collab.audit.services import audit_record
from collab.bus.doorbell import ring_on_commit
from collab.bus.events import AccessChanged
from collab.types import EVERY_DOCUMENT, UserId

if TYPE_CHECKING:
    from collab.accounts.models import User

#: What a person may change of their own row by a form or by REST.
_PROFILE = frozenset({"display_name", "color", "language", "theme"})


def ring_person(user_id: int) -> None:
    """Have it looked up at once, in every room, whether this person may stay.

    To be called when they are suspended, get another password, or a session or token of theirs
    ends.
    """
    ring_on_commit(AccessChanged(EVERY_DOCUMENT, UserId(user_id)))


@transaction.atomic
def profile_change(*, user: User, **fields: Any) -> None:
    """Change how others see the person, and how they see the pages.

    Raises:
        ValueError: a field is none of those.
    """
    if not fields.keys() <= _PROFILE:
        raise ValueError(f"not of the profile: {sorted(fields.keys() - _PROFILE)}")
    for name, value in fields.items():
        setattr(user, name, value)
    user.save(update_fields=sorted(fields))


@transaction.atomic
def avatar_set(*, user: User, picture: bytes | None) -> None:
    """Give the person another picture, as ``avatars.py`` makes it, or none."""
    before, storage = user.avatar.name, user.avatar.storage
    if picture is None:
        user.avatar = ""
    else:
        # Another name for another picture, so that browsers may keep it for good.
        name = f"{sha256(picture).hexdigest()[:16]}.webp"
        user.avatar.save(f"{user.pk}-{name}", ContentFile(picture), save=False)
    user.save(update_fields=["avatar"])
    if before and before != user.avatar.name:
        transaction.on_commit(lambda: storage.delete(before))


@transaction.atomic
def sign_out_everywhere(*, user: User, except_key: str | None = None) -> None:
    """End the person's sessions; their open pages are closed at once."""
    for session in UserSession.objects.filter(user=user).exclude(session_key=except_key):
        session.end()
    ring_person(user.pk)


@transaction.atomic
def session_end(*, session: UserSession) -> None:
    """End one session; pages that are open in it are closed at once."""
    audit_record(
        action="session.end", actor=session.user, subject=session.user.username, address=session.ip
    )
    session.end()
    ring_person(session.user_id)


@transaction.atomic
def person_suspend(*, user: User, actor: User | None) -> None:
    """Let the person sign in no more; their open pages are closed at once."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    audit_record(action="person.suspend", actor=actor, subject=user.username)
    sign_out_everywhere(user=user)


@transaction.atomic
def person_anonymise(*, user: User, actor: User | None) -> None:
    """Take away all that says who somebody was; what they wrote stays, by a nameless author."""
    audit_record(action="person.anonymise", actor=actor, subject=f"deleted-{user.pk}")
    avatar_set(user=user, picture=None)
    sign_out_everywhere(user=user)
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    SocialAccount.objects.filter(user=user).delete()
    ApiToken.objects.filter(user=user).delete()
    user.groups.clear()
    user.user_permissions.clear()
    user.username, user.display_name = f"deleted-{user.pk}", ""
    user.first_name = user.last_name = user.email = user.color = user.language = user.theme = ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.set_unusable_password()
    user.save()


@transaction.atomic
def person_reset(*, user: User) -> None:
    """End what somebody else may have made of an account whose password was reset by letter.

    Tokens and sessions end whoever made them. Second steps, passkeys and accounts at a provider
    stay where an address of the account is proved: they guard it against who reads the mailbox.
    Where none was, whoever signed up with the address made them, and they go.
    """
    for token in ApiToken.objects.filter(user=user):
        token_withdraw(token=token)
    sign_out_everywhere(user=user)
    if not EmailAddress.objects.filter(user=user, verified=True).exists():
        Authenticator.objects.filter(user=user).delete()
        SocialAccount.objects.filter(user=user).delete()
    audit_record(action="password.reset", actor=user, subject=user.username)


@transaction.atomic
def token_withdraw(*, token: ApiToken, actor: User | None = None) -> None:
    """End an API token; sockets that came in by it are closed.

    Args:
        token: which.
        actor: who does it; None: whose it is.
    """
    user_id, user = token.user_id, token.user
    audit_record(
        action="token.withdraw", actor=actor or user, subject=user.username, token=token.name
    )
    token.delete()
    ring_person(user_id)
