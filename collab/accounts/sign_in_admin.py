"""What people sign in with, in the admin: addresses, second steps, accounts at a provider.

Allauth brings pages of its own, which show an authenticator's secret and tokens of a provider.
Here nothing secret is shown and nothing is written by hand: what is lost is taken away, so that its
person can set it up anew. Whose it may be: ``rights.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from collab.accounts.models import SecondStep
from collab.accounts.rights import may_change_sign_in, may_change_staff, require
from collab.accounts.shown_admin import ShownAdmin

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
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
class EmailAddressAdmin(AllauthEmailAddressAdmin, ShownAdmin):  # type: ignore[misc]  # untyped
    """Addresses, and which of them are proved. Who gives somebody an address can be them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Allow those who may change what people sign in with."""
        is_allowed = bool(super().has_add_permission(request))
        return is_allowed and may_change_sign_in(request.user)

    def has_change_permission(self, request: HttpRequest, obj: EmailAddress | None = None) -> bool:
        """Allow the same, and to superusers only where it is of staff."""
        is_allowed = bool(super().has_change_permission(request, obj))
        return is_allowed and may_change_sign_in(request.user, obj and obj.user)

    def has_delete_permission(self, request: HttpRequest, obj: EmailAddress | None = None) -> bool:
        """Allow the same."""
        is_allowed = bool(super().has_delete_permission(request, obj))
        return is_allowed and may_change_sign_in(request.user, obj and obj.user)

    def save_model(self, request: HttpRequest, obj: EmailAddress, form: Any, change: bool) -> None:
        """Save; the person that the form names may be another than it was."""
        require(may_change_sign_in(request.user, obj.user))
        super().save_model(request, obj, form, change)

    @admin.action(description=_("Mark as proved"), permissions=["change"])
    def make_verified(self, request: HttpRequest, queryset: QuerySet[EmailAddress]) -> None:
        """Take the selected addresses for proved: what is shared with them is the person's."""
        for address in queryset.select_related("user"):
            require(may_change_sign_in(request.user, address.user))
            self.note(request, "confirm", address)
        super().make_verified(request, queryset)


class TakenAwayAdmin(ShownAdmin):
    """Shown and taken away, neither made nor changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: only its person can set it up."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave those of staff to superusers."""
        is_allowed = bool(super().has_delete_permission(request, obj))
        return is_allowed and (obj is None or may_change_staff(request.user, obj.user))


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
