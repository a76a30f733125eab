"""What people sign in with, in the admin: addresses, second steps, accounts at a provider.

Allauth brings pages of its own, which show an authenticator's secret and tokens of a provider.
Here nothing secret is shown and nothing is written by hand: what is lost is taken away, so that its
person can set it up anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from unfold.admin import ModelAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest

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


@admin.register(Authenticator)
class AuthenticatorAdmin(TakenAwayAdmin):
    """Second steps and passkeys. Taking one away lets somebody in who has lost it."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email")
    fields = ("user", "type", "created_at", "last_used_at")


@admin.register(SocialAccount)
class SocialAccountAdmin(TakenAwayAdmin):
    """Accounts at the OpenID Connect provider, and whose they are here."""

    list_display = ("user", "uid", "provider", "date_joined", "last_login")
    list_select_related = ("user",)
    search_fields = ("uid", "user__username", "user__email")
    fields = ("user", "uid", "provider", "date_joined", "last_login")
