"""Signing in and out, and a person's own pages. What allauth has, it does; see docs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.views import LoginView
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.i18n import set_language

from collab.accounts.demo import DEMO_USERNAMES
from collab.accounts.models import ApiToken, TokenScope, User
from collab.accounts.selectors import person_find
from collab.accounts.services import (
    avatar_set,
    profile_change,
    ring_person,
    session_end,
    sign_out_everywhere,
    token_withdraw,
)
from collab.accounts.tokens import token_create
from collab.documents.leaving import account_delete
from collab.documents.models import Document
from collab.web.account_events import account_note
from collab.web.account_forms import DeleteAccountForm, ProfileForm, TokenForm
from collab.web.guests import guests_welcome

#: A picture's name changes with the picture: browsers may keep it for a year.
AVATAR_CACHING = "private, max-age=31536000, immutable"


def _person(request: HttpRequest) -> User:
    # login_required stands before every view that asks.
    return cast("User", request.user)


class SignIn(LoginView):  # type: ignore[misc]  # allauth is untyped
    """The sign-in page; it names the demo accounts where there are any."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the template shows."""
        return dict(super().get_context_data(**kwargs)) | {
            "demo_usernames": _demo_usernames(),
            "is_open": get_adapter().is_open_for_signup(self.request),
        }

    def form_valid(self, form: Any) -> HttpResponseBase:
        """Sign in; the pages then speak the person's language."""
        response: HttpResponseBase = super().form_valid(form)
        user = self.request.user
        if isinstance(user, User):
            _speak(response, user.language)
        return response


class SignOut(LogoutView):
    """Signing out: by POST only, so that no link can do it. Open pages of the session close."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session."""
        user = request.user
        response = super().post(request, *args, **kwargs)
        if isinstance(user, User):
            account_note("sign_out", request, user)
            ring_person(user.pk)
        return response


class Sessions(ListUserSessionsView):  # type: ignore[misc]  # allauth is untyped
    """Where the person is signed in; all but this can be ended, and their open pages with them."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """End the session that is named, or all others."""
        named = request.POST.get("session", "")
        if not named:
            return cast("HttpResponseBase", super().post(request, *args, **kwargs))
        key = int(named) if named.isascii() and named.isdecimal() and len(named) < 19 else 0
        session = UserSession.objects.filter(user=_person(request), pk=key).first()
        if session is not None:  # it may have ended by itself meanwhile
            session_end(session=session)
        messages.success(request, _("That session has ended."))
        return redirect("usersessions_list")

    def form_valid(self, form: Any) -> HttpResponseBase:
        """End the other sessions."""
        account_note("session.end_others", self.request, _person(self.request))
        sign_out_everywhere(user=_person(self.request), except_key=self.request.session.session_key)
        return cast("HttpResponseBase", super().form_valid(form))


def _demo_usernames() -> list[str]:
    if not settings.DEMO_ACCOUNTS_ALLOWED:
        return []
    people = User.objects.filter(username__in=DEMO_USERNAMES, is_active=True)
    return list(people.order_by("username").values_list("username", flat=True))


def _speak(response: HttpResponseBase, language: str) -> None:
    if language:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax")
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Speak another language from now on; in letters and in other browsers of the person, too."""
    response = set_language(request)
    chosen, user = request.POST.get("language", ""), request.user
    if isinstance(user, User) and chosen in dict(settings.LANGUAGES):
        profile_change(user=user, language=chosen)
    return response


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change how others see the person, and how they see the pages."""
    user = User.objects.get(pk=_person(request).pk)
    form = ProfileForm(request.POST or None, request.FILES or None, instance=user)
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ProfileForm.Meta.fields}
        profile_change(user=user, **fields)
        if form.cleaned_data["picture"] or form.cleaned_data["remove_picture"]:
            avatar_set(user=user, picture=form.cleaned_data["picture"])
        messages.success(request, _("Saved."))
        response = redirect("profile")
        _speak(response, user.language)
        return response
    return render(request, "web/profile.html", {"form": form, "person": user})


@login_required
@require_safe
@guests_welcome
def avatar(request: HttpRequest, name: str) -> FileResponse:
    """Send somebody's picture; its name is told to those who work with them.

    Raises:
        Http404: there is none of this name.
    """
    path = f"avatars/{name}"
    if not User.objects.filter(avatar=path).exists():
        raise Http404
    response = FileResponse(default_storage.open(path), content_type="image/webp")
    response["Cache-Control"] = AVATAR_CACHING
    return response


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Show a person's API tokens and make new ones."""
    user = _person(request)
    form = TokenForm(request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        made = token_create(
            user,
            name=form.cleaned_data["name"],
            scope=TokenScope(form.cleaned_data["scope"]),
            expires_in=timedelta(days=int(form.cleaned_data["days"])),
        )
        form = TokenForm()
    context = {"form": form, "made": made, "tokens": ApiToken.objects.filter(user=user)}
    return render(request, "web/tokens.html", context)


@login_required
@require_POST
def token_end(request: HttpRequest, token_id: str) -> HttpResponse:
    """Withdraw one of the person's tokens.

    Raises:
        Http404: they have none of this name.
    """
    own = ApiToken.objects.filter(user=_person(request), digest__startswith=token_id)
    row = own.first()
    if row is None:
        raise Http404
    token_withdraw(token=row)
    messages.success(request, _("The token opens nothing any more."))
    return redirect("tokens")


@never_cache
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth's
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """End a person's account, once they have said what becomes of their documents."""
    user = _person(request)
    form = DeleteAccountForm(request.POST or None, user=user)
    owned = Document.objects.filter(owner=user).count()
    if request.method == "POST" and form.is_valid():
        hands_over = owned > 0 and form.cleaned_data["documents"] == "hand over"
        heir = person_find(form.cleaned_data["heir"]) if hands_over else None
        if hands_over and (heir is None or heir.pk == user.pk):
            form.add_error("heir", _("There is no such person."))
        else:
            account_delete(user=user, heir=heir, actor=user)
            logout(request)
            messages.success(request, _("Your account is deleted."))
            return redirect("account_login")
    return render(request, "web/delete_account.html", {"form": form, "owned": owned})
