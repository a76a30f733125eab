"""What allauth asks us: who may sign up, how letters look, what a new account is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.account.models import EmailAddress
from allauth.account.signals import (
    email_confirmed,
    password_changed,
    password_reset,
    password_set,
    user_logged_in,
)
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext as _t
from django.utils.translation import override

from collab.accounts.addresses import base_url
from collab.accounts.client_address import client_address, counted
from collab.accounts.demo import is_demo_login
from collab.accounts.mail import Letter, message
from collab.accounts.mail_queue import mail_post
from collab.accounts.selectors import person_signing_in
from collab.accounts.services import person_reset, ring_person
from collab.documents.sharing import (
    invitation_accept,
    invitation_find,
    invitations_accept_all,
)
from collab.web.account_events import sign_in_failed

if TYPE_CHECKING:
    from django.http import HttpRequest

    from collab.accounts.models import User

#: Where the session keeps the invitation by which somebody without an account came.
INVITATION_KEY = "invitation"


def shown_name(user: User) -> str:
    """Return the name by which allauth's pages and letters call a person."""
    return user.shown_name


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Accounts with a password."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return whether anybody may sign up, or this visitor was invited."""
        token = request.session.get(INVITATION_KEY)
        is_invited = token is not None and invitation_find(token) is not None
        return bool(settings.ENV.sign_up_open) or is_invited

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address by which attempts are counted, and which sessions are shown with."""
        return client_address(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return what attempts are counted by: an account, and the network that they come from.

        By the account alone a stranger's wrong passwords would keep its owner out. An address
        stands for the account, so that a reset of the password by letter ends the count.
        """
        login = credentials.get("username") or credentials.get("email") or ""
        person = person_signing_in(login) if "@" in login else None
        name = login if person is None else person.username
        return f"{name.lower()}:{counted(client_address(request))}"

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Return who signs in with these; nobody where everybody knows the password.

        One person is found first, and one password is checked, whoever is named and whether there
        is such a person: the time that it takes tells nothing.
        """
        login = credentials.pop("email", None) or credentials.pop("username", "")
        credentials.pop("username", None)
        person = person_signing_in(login)
        # No user name has a space in it; the limit on attempts counts each of them by itself.
        credentials["username"] = f"{login} ?" if person is None else person.username
        user = super().authenticate(request, **credentials)
        is_known = user is not None and is_demo_login(user, credentials.get("password", ""))
        if user is None or is_known or not user.is_active:
            is_suspended = user is not None and not user.is_active
            sign_in_failed(request, person, is_suspended=is_suspended)
        return None if is_known else user

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a letter whose addresses begin with ours, whatever ``Host`` the request claimed."""
        request = allauth_context.request
        if request is None:  # sent after the request, as its transaction ends: nothing is claimed
            claimed = ours = f"{settings.PUBLIC_URL}/"
        else:
            claimed, ours = request.build_absolute_uri("/"), f"{base_url(request)}/"
        told = {
            name: ours + value.removeprefix(claimed)
            if isinstance(value, str) and value.startswith(claimed)
            else value
            for name, value in context.items()
        }
        site = {"name": "Scriptorium", "domain": ours}
        known = {"request": request, "email": email, **told, "current_site": site}
        mail_post(self.render_mail(template_prefix, email, known))

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell somebody of a change to their account, in their language, which ``user`` has."""
        known = {**(context or {}), "user": user}
        super().send_notification_mail(template_prefix, user, known, email)

    def render_mail(
        self,
        template_prefix: str,
        email: str,
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Return a letter of allauth's in the form of ours, in the reader's language."""
        user = context.get("user")
        language = getattr(user, "language", "")
        if not language:
            return self._letter(template_prefix, email, context)
        with override(language):
            return self._letter(template_prefix, email, context)

    def _letter(self, prefix: str, email: str, context: dict[str, Any]) -> EmailMessage:
        subject = render_to_string(f"{prefix}_subject.txt", context).strip()
        text = render_to_string(f"{prefix}_message.txt", context, self.request).strip()
        return message(Letter(subject, tuple(text.split("\n\n")), has_links=True), email)


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Accounts at an OpenID Connect provider."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Allow it: whom the provider lets in, its administrator has chosen."""
        return True

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Allow it for an address that nobody has here; to others a letter says how to go on.

        A second account beside one's own would be empty, and nobody would know why. The letter is
        the same as at a sign-up, and goes to the address alone: the page tells nothing.

        Raises:
            ImmediateHttpResponse: the answer to who comes with an address that is known.
        """
        known = [each.email for each in sociallogin.email_addresses if _is_known(each.email)]
        if known:
            raise ImmediateHttpResponse(prevent_enumeration(request, email=known[0]))
        return bool(super().is_auto_signup_allowed(request, sociallogin))

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """Return whether who comes with this address, verified by the provider, is its owner here.

        Only where it is proved here, too: somebody may have signed up with another's address, and
        wait for them to come.
        """
        is_proved = EmailAddress.objects.filter(email__iexact=email, verified=True).exists()
        return bool(settings.ENV.oidc_link_by_email) and is_proved


def _is_known(email: str) -> bool:
    return bool(EmailAddress.objects.filter(email__iexact=email).exists())


def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Accept the invitation by which the visitor came, and those to addresses proved theirs."""
    token = request.session.pop(INVITATION_KEY, None)
    invitation = invitation_find(token) if token else None
    if invitation is not None:
        invitation_accept(invitation=invitation, user=user)
    for address in EmailAddress.objects.filter(user=user, verified=True):
        invitations_accept_all(user=user, email=address.email)


def _proved(email_address: EmailAddress, **_: Any) -> None:
    invitations_accept_all(user=email_address.user, email=email_address.email)


def _other_password(user: User, **_: Any) -> None:
    ring_person(user.pk)


def _reset(request: HttpRequest, user: User, **_: Any) -> None:
    person_reset(user=user)
    # allauth ends the counts by the addresses that it knows; an account may have none there.
    AccountAdapter(request)._delete_login_attempts_cached_email(request, username=user.username)
    messages.info(request, _t("All sessions and API tokens of the account have ended."))
    if Authenticator.objects.filter(user=user).exists():
        words = _t("Look at your second steps and passkeys: remove those that are not yours.")
        messages.warning(request, words)


def connect() -> None:
    """Listen to allauth, which tells what has happened by signals only."""
    user_logged_in.connect(_signed_in, dispatch_uid="collab.signed_in")
    email_confirmed.connect(_proved, dispatch_uid="collab.proved")
    for signal in (password_changed, password_set):
        signal.connect(_other_password, dispatch_uid="collab.other_password")
    password_reset.connect(_reset, dispatch_uid="collab.reset")
