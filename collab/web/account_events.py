"""What happens to accounts stands in the audit log: sign-ins, passwords, addresses, second steps.

allauth tells what its pages have done by signals only; Django's administration is in
``collab/accounts/shown_admin.py``. Secrets are not noted, nor a name that nobody has: somebody may
have typed a password there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.socialaccount import signals as social

from collab.accounts.client_address import client_address
from collab.audit.services import A_VISITOR, audit_record

if TYPE_CHECKING:
    from django.dispatch import Signal
    from django.http import HttpRequest

    from collab.accounts.models import User

#: By what somebody signed in, as allauth keeps it in the session.
_METHODS = "account_authentication_methods"


def account_note(action: str, request: HttpRequest | None, user: User, **details: Any) -> None:
    """Note what a person did with their own account."""
    if request is not None:
        details["address"] = client_address(request)
    audit_record(action=action, actor=user, subject=user.username, **details)


def sign_in_failed(
    request: HttpRequest, person: User | None, *, is_suspended: bool = False
) -> None:
    """Note that somebody did not get in.

    Args:
        request: whose.
        person: whose account was named; None: nobody's.
        is_suspended: whether all was right, and the account is suspended.
    """
    audit_record(
        action="sign_in.fail",
        actor=A_VISITOR,
        subject="" if person is None else person.username,
        address=client_address(request),
        is_suspended=is_suspended,
    )


def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    kept = request.session.get(_METHODS, [])
    methods = [str(each.get("type") or each.get("method", "")) for each in kept]
    account_note("sign_in.success", request, user, by=methods)


def _second_step_failed(request: HttpRequest, user: User, **_: Any) -> None:
    audit_record(
        action="second_step.fail",
        actor=A_VISITOR,
        subject=user.username,
        address=client_address(request),
    )


def _of(action: str) -> Any:
    """Return a listener that notes ``action``."""

    def listen(request: HttpRequest | None = None, user: User | None = None, **more: Any) -> None:
        details = {}
        if (step := more.get("authenticator")) is not None:
            details["kind"] = str(step.type)
        if (address := more.get("email_address")) is not None:
            details["email"] = str(address.email)
            user = user or address.user
        if (joined := more.get("sociallogin")) is not None:
            user, details["provider"] = user or joined.user, str(joined.account.provider)
        if (joined := more.get("socialaccount")) is not None:
            user, details["provider"] = user or joined.user, str(joined.provider)
        if (now := more.get("to_email_address")) is not None:
            details["email"] = str(now.email)
        if user is not None:
            account_note(action, request, user, **details)

    return listen


_LISTENERS: tuple[tuple[Signal, str], ...] = (
    (account.user_signed_up, "account.sign_up"),
    (account.password_changed, "password.change"),
    (account.password_set, "password.set"),
    (account.email_added, "address.add"),
    (account.email_removed, "address.remove"),
    (account.email_confirmed, "address.confirm"),
    (account.email_changed, "address.primary"),
    (mfa.authenticator_added, "second_step.add"),
    (mfa.authenticator_removed, "second_step.remove"),
    (mfa.authenticator_reset, "second_step.renew"),
    (social.social_account_added, "joined.add"),
    (social.social_account_removed, "joined.remove"),
)


def connect() -> None:
    """Listen to allauth."""
    for signal, action in _LISTENERS:
        signal.connect(_of(action), weak=False, dispatch_uid=f"collab.audit.{action}")
    account.user_logged_in.connect(_signed_in, dispatch_uid="collab.audit.signed_in")
    mfa.authentication_failed.connect(_second_step_failed, dispatch_uid="collab.audit.second_step")
