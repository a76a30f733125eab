"""People, groups and API tokens in the admin. Who may change what of whom: ``rights.py``.

Somebody who wrote or owns something cannot be deleted here, since history would go with them:
the admins of documents and of the log refuse. Such a person is made inactive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from collab.accounts import sign_in_admin as sign_in_admin  # its pages are registered with ours
from collab.accounts.impersonation import impersonation_begin, may_impersonate
from collab.accounts.models import ApiToken, User
from collab.accounts.permission_words import permissions_said
from collab.accounts.rights import may_change_sign_in, may_change_staff, require
from collab.accounts.services import (
    person_suspend,
    ring_person,
    token_withdraw,
)
from collab.accounts.shown_admin import ShownAdmin
from collab.audit.services import audit_record

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse

#: Fields that make somebody more than an ordinary person.
POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")

# It comes with plain Django forms, which look foreign here.
admin.site.unregister(Group)


@admin.register(User)
# Django's class has type arguments in its stubs only.
class UserAdmin(DjangoUserAdmin, ShownAdmin):  # type: ignore[type-arg]
    """People."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "display_name", "email", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    search_fields = ("username", "display_name", "first_name", "last_name", "email")
    fieldsets = (
        *(DjangoUserAdmin.fieldsets or ()),
        (_("How others see them"), {"fields": ("display_name", "color")}),
    )

    actions: tuple[str, ...] = ("suspend", "look_as")

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Say permissions in the reader's language."""
        return permissions_said(super().formfield_for_manytomany(db_field, request, **kwargs))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Leave staff to superusers."""
        is_allowed = bool(super().has_change_permission(request, obj))
        return is_allowed and (obj is None or may_change_staff(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Leave staff to superusers."""
        is_allowed = bool(super().has_delete_permission(request, obj))
        return is_allowed and (obj is None or may_change_staff(request.user, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Show, to who may not give it, what would give power, or somebody's account."""
        fixed = tuple(super().get_readonly_fields(request, obj))
        if not request.user.is_superuser:
            fixed += POWERS
        if obj is not None and not may_change_sign_in(request.user, obj):
            fixed += ("email",)
        return fixed

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out what the settings do not allow."""
        actions: dict[str, Any] = super().get_actions(request)
        if not settings.ENV.impersonation:
            actions.pop("look_as", None)
        return actions

    @admin.action(description=_("See the pages as this person"), permissions=["change"])
    def look_as(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Show the home page as the one selected person sees it, until it is ended."""
        me, people = cast("User", request.user), list(queryset[:2])
        if len(people) != 1 or not may_impersonate(me, people[0]):
            text = _("Select one person who is active, no administrator, and not yourself.")
            self.message_user(request, text, messages.ERROR)
            return None
        impersonation_begin(session=request.session, actor=me, target=people[0])
        return redirect("home")

    @admin.action(
        description=_("Suspend: close all sockets, no more sign-in"), permissions=["change"]
    )
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Suspend the selected people; oneself is left out."""
        for user in self._others(request, queryset):
            person_suspend(user=user, actor=cast("User", request.user))
            self.message_user(request, _("%s is suspended.") % user, messages.SUCCESS)

    def _others(self, request: HttpRequest, queryset: QuerySet[User]) -> list[User]:
        # Only who may appoint administrators may take them out.
        me = cast("User", request.user)
        others = queryset.exclude(pk=me.pk)
        return list(others if me.is_superuser else others.filter(is_staff=False))

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        """Save; open pages of somebody who is suspended, or has another password, close at once."""
        if change:
            before = User.objects.get(pk=obj.pk)
            form.before = _powers(before), before.is_active  # type: ignore[attr-defined]  # for save_related
        super().save_model(request, obj, form, change)
        if change:
            ring_person(obj.pk)

    def save_related(
        self, request: HttpRequest, form: ModelForm[User], formsets: Any, change: bool
    ) -> None:
        """Save groups and permissions; other rights, and a suspension, are noted by themselves."""
        super().save_related(request, form, formsets, change)
        if not change:
            return
        user, actor = form.instance, cast("User", request.user)
        before, was_active = form.before  # type: ignore[attr-defined]  # save_model has set it
        after = _powers(user)
        changed: dict[str, Any] = {
            name: [before[name], after[name]] for name in after if before[name] != after[name]
        }
        if changed:
            audit_record(action="person.power", actor=actor, subject=user.username, **changed)
        if user.is_active != was_active:
            action = "person.unsuspend" if user.is_active else "person.suspend"
            audit_record(action=action, actor=actor, subject=user.username)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Note what was changed; another password is an act of its own."""
        match = request.resolver_match
        if match is None or match.url_name != "auth_user_password_change":
            return super().log_change(request, obj, message)
        action = "password.set" if obj.has_usable_password() else "password.remove"
        audit_record(action=action, actor=cast("User", request.user), subject=obj.username)
        return DjangoUserAdmin.log_change(self, request, obj, message)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Give somebody another password; pages that they opened by the old one close at once."""
        target = self.get_object(request, id)
        require(target is None or may_change_sign_in(request.user, target))
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and id.isdecimal():
            ring_person(int(id))
        return response

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete somebody who wrote and owns nothing; their open pages close at once."""
        user_id = obj.pk
        super().delete_model(request, obj)
        ring_person(user_id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Do the same with several."""
        user_ids = list(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)
        for user_id in user_ids:
            ring_person(user_id)


def _powers(user: User) -> dict[str, Any]:
    """Return what makes somebody more than an ordinary person, in words that stay true."""
    permissions = user.user_permissions.order_by("codename").values_list("codename", flat=True)
    return {
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "groups": list(user.groups.order_by("name").values_list("name", flat=True)),
        "permissions": list(permissions),
    }


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ShownAdmin):
    """Groups of people: for permissions in the admin, and as members of documents.

    A group gives power and documents: superusers make, change and delete them.
    """

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Say permissions in the reader's language."""
        return permissions_said(super().formfield_for_manytomany(db_field, request, **kwargs))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave it to superusers."""
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Leave it to superusers."""
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Leave it to superusers."""
        return bool(request.user.is_superuser)

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        """Delete the group; who had a document by it only is out at once."""
        self.delete_queryset(request, Group.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        """Do the same with several."""
        user_ids = list(User.objects.filter(groups__in=queryset).values_list("pk", flat=True))
        super().delete_queryset(request, queryset)
        for user_id in set(user_ids):
            ring_person(user_id)


@admin.register(ApiToken)
class ApiTokenAdmin(ShownAdmin):
    """API tokens: who has one for what until when. People make them; here they are withdrawn."""

    list_display = ("user", "name", "scope", "made_at", "ends_at", "last_used_at")
    list_filter = ("scope",)
    list_select_related = ("user",)
    search_fields = ("user__username", "name")
    # The digest says nothing to a reader and is the primary key.
    fields = list_display
    readonly_fields = fields

    # Knox has no words in other languages for these two.
    @display(description=_("created"), ordering="created")  # type: ignore[untyped-decorator]
    def made_at(self, token: ApiToken) -> datetime:
        """Return when it was made."""
        return cast("datetime", token.created)

    @display(description=_("until"), ordering="expiry")  # type: ignore[untyped-decorator]
    def ends_at(self, token: ApiToken) -> datetime | None:
        """Return when it ends."""
        return cast("datetime | None", token.expiry)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: the token itself could not be shown."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse: a token is withdrawn, not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Leave those of staff to superusers."""
        is_allowed = bool(super().has_delete_permission(request, obj))
        return is_allowed and (obj is None or may_change_staff(request.user, obj.user))

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        """Withdraw the token: sockets that came in by it are closed."""
        token_withdraw(token=obj, actor=cast("User", request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Do the same with several."""
        for token in queryset:
            token_withdraw(token=token, actor=cast("User", request.user))
