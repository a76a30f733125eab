"""What people sign in with, in the admin: addresses, second steps, accounts at a provider.

Allauth brings pages of its own, which show an authenticator's secret and tokens of a provider.
Here nothing secret is shown and nothing is written by hand: what is lost is taken away, so that its
person can set it up anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from collab.accounts.models import SecondStep

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

#: What allauth calls the kinds, and what people do.
KINDS = {
    Authenticator.Type.TOTP: _("authenticator app"),
    Authenticator.Type.WEBAUTHN: _("passkey or security key"),
    Authenticator.Type.RECOVERY_CODES: _("recovery codes"),
}

for _model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession):
    admin.site.unregister(_model)


@admin.register(EmailAddress)
class EmailAddressAdmin(AllauthEmailAddressAdmin, ModelAdmin):  # type: ignore[misc]  # untyped
    """Addresses, and which of them are proved."""


class TakenAwayAdmin(ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    """Shown and taken away, neither made nor changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: only its person can set it up."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False


@admin.register(SecondStep)
class SecondStepAdmin(TakenAwayAdmin):
    """Second steps and passkeys. Taking one away lets somebody in who has lost it."""

    list_display = ("person", "kind", "made_at", "used_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email")
    fields = list_display
    readonly_fields = fields

    # Allauth has no words in other languages for these.
    @display(description=_("person"), ordering="user")  # type: ignore[untyped-decorator]
    def person(self, step: SecondStep) -> str:
        """Return whose it is."""
        return str(step.user)

    @display(description=_("kind"), ordering="type")  # type: ignore[untyped-decorator]
    def kind(self, step: SecondStep) -> str:
        """Return what it is."""
        return str(KINDS.get(step.type, step.type))

    @display(description=_("created"), ordering="created_at")  # type: ignore[untyped-decorator]
    def made_at(self, step: SecondStep) -> datetime:
        """Return when it was set up."""
        return cast("datetime", step.created_at)

    @display(description=_("last used"), ordering="last_used_at")  # type: ignore[untyped-decorator]
    def used_at(self, step: SecondStep) -> datetime | None:
        """Return when somebody last signed in with it."""
        return cast("datetime | None", step.last_used_at)


@admin.register(SocialAccount)
class SocialAccountAdmin(TakenAwayAdmin):
    """Accounts at the OpenID Connect provider, and whose they are here."""

    list_display = ("user", "uid", "provider", "date_joined", "last_login")
    list_select_related = ("user",)
    search_fields = ("uid", "user__username", "user__email")
    fields = ("user", "uid", "provider", "date_joined", "last_login")
