"""The end of an account by an administrator: asked for first, its documents handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collab.accounts.admin import UserAdmin
from collab.accounts.models import User
from collab.documents.leaving import account_delete
from collab.documents.models import Document, Folder
from collab.documents.services import MemberError

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

admin.site.unregister(User)


class HeirForm(forms.Form):
    """Who is given the documents and folders."""

    heir = forms.CharField(required=False, max_length=150)

    def clean_heir(self) -> User | None:
        """Return the person of that user name; None where nobody is named.

        Raises:
            ValidationError: there is no such active person.
        """
        name = self.cleaned_data["heir"].strip()
        if not name:
            return None
        heir = User.objects.filter(username__iexact=name, is_active=True, is_guest=False).first()
        if heir is None:
            raise forms.ValidationError(_("There is nobody of that name."))
        return heir


@admin.register(User)
class OperatedUserAdmin(UserAdmin):
    """People, with the act that needs their documents."""

    actions = (*UserAdmin.actions, "anonymise")

    @admin.action(
        description=gettext_lazy("Anonymise: their words stay, their name goes"),
        permissions=["delete"],
    )
    def anonymise(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Anonymise the selected people once it is confirmed; oneself is left out.

        Who is not suspended yet is left out too: there is no way back.
        """
        people = self._others(request, queryset)
        for user in people:
            if user.is_active:
                text = _("%s must be suspended first: there is no way back.")
                self.message_user(request, text % user, messages.ERROR)
        people = [user for user in people if not user.is_active]
        if not people:
            return None
        is_confirmed = request.POST.get("confirmed") == "yes"
        form = HeirForm(request.POST if is_confirmed else None)
        if not (is_confirmed and form.is_valid()):
            return self._asked(request, people, form)
        heir: User | None = form.cleaned_data["heir"]
        for user in people:
            name = user.username
            try:
                account_delete(user=user, heir=heir, actor=cast("User", request.user))
            except MemberError as error:
                self.message_user(request, f"{name}: {error}", messages.ERROR)
                continue
            self.message_user(request, _("%s is anonymised.") % name, messages.SUCCESS)
        return None

    def _asked(self, request: HttpRequest, people: list[User], form: forms.Form) -> HttpResponse:
        rows: list[dict[str, Any]] = [
            {
                "user": user,
                "documents": Document.objects.filter(owner=user).count(),
                "folders": Folder.objects.filter(owner=user).count(),
            }
            for user in people
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Anonymise for good?"),
            "people": rows,
            "form": form,
        }
        return TemplateResponse(request, "admin/operations/anonymise.html", context)
