"""The ways into a document for who has no role in it yet: link, password, request, invitation."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from collab.accounts.addresses import base_url
from collab.accounts.mail import goes_out
from collab.accounts.models import User
from collab.documents import policy, sharing
from collab.documents.models import Document, LinkReach, Role
from collab.documents.policy import Action
from collab.documents.selectors import document_get
from collab.web.account_adapter import INVITATION_KEY
from collab.web.guests import guests_welcome

#: Passwords of a link that one visitor may try, and all together.
PASSWORD_RATES = {"link_password": "10/5m/ip,60/5m/key"}
#: Guests that one address may make: a school class behind one router comes in.
GUEST_RATES = {"guest": "60/h/ip"}
MAX_NAME_CHARS = 40
#: In the session: ids of the documents whose owners the person has asked for access.
ASKED = "asked"
MAX_ASKED = 50
#: Of what somebody writes to the owner.
MAX_MESSAGE_CHARS = 500


def way_in(request: HttpRequest, document: Document | None, document_id: UUID) -> HttpResponse:
    """Answer somebody who may not read the document: what they can do about it.

    The answer is the same where there is no such document (None), so that nobody learns which
    exist.
    """
    user = request.user
    is_guest = user.is_authenticated and user.is_guest
    is_person = user.is_authenticated and not is_guest
    reaches = {LinkReach.ANYONE, LinkReach.SIGNED_IN} if is_person else {LinkReach.ANYONE}
    is_open = document is not None and policy.is_link_open(document)
    if document is not None and is_open and document.link_reach in reaches:
        return _entrance(request, document)
    # Whoever has the address of a link that once let them in knows that there is a document.
    is_expired = document is not None and sharing.is_link_expired(document)
    is_expired = is_expired and document is not None and document.link_reach in reaches
    if is_expired and not is_person:
        return render(request, "web/link_expired.html", status=410)
    if not is_person:
        return redirect_to_login(request.get_full_path())
    # What was asked is kept with who asked: of a document that is not there, too.
    is_asked = str(document_id) in request.session.get(ASKED, [])
    if document is not None and not document.is_trashed:
        is_asked |= document.access_requests.filter(user=cast("User", user)).exists()
    is_told = goes_out(cast("User", user).email)
    context = {
        "document_id": document_id,
        "is_asked": is_asked,
        "is_told": is_told,
        "is_expired": is_expired,
    }
    return render(request, "web/no_access.html", context, status=404)


def _entrance(
    request: HttpRequest, document: Document, *, error: str = "", name: str = "", status: int = 200
) -> HttpResponse:
    user = request.user
    if not name and user.is_authenticated:
        name = user.shown_name
    context = {
        "document": document,
        "wants_name": not (user.is_authenticated and not user.is_guest),
        "needs_name": _needs_name(document),
        "wants_password": bool(document.link_password),
        "name": name,
        "error": error,
        "max_name_chars": MAX_NAME_CHARS,
    }
    return render(request, "web/entrance.html", context, status=status)


@never_cache
@require_POST
@guests_welcome
def enter(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Come in by the link: guests with a name, all with its password where it has one."""
    document = document_get(document_id)
    if document is None or document.is_trashed:
        return redirect("document", document_id)
    user = request.user
    is_person = user.is_authenticated and not user.is_guest
    reaches = {LinkReach.ANYONE, LinkReach.SIGNED_IN} if is_person else {LinkReach.ANYONE}
    if not policy.is_link_open(document) or document.link_reach not in reaches:
        return redirect("document", document.pk)
    name = " ".join(request.POST.get("name", "").replace("\x00", "").split())[:MAX_NAME_CHARS]
    if document.link_password:
        if not _within(request, "link_password", PASSWORD_RATES, key=str(document.pk)):
            error = _("Too many attempts. Wait a few minutes.")
            return _entrance(request, document, error=error, name=name, status=429)
        password = request.POST.get("password", "")
        if not sharing.link_password_fits(document=document, password=password):
            error = _("This is not the password of this link.")
            return _entrance(request, document, error=error, name=name, status=403)
    if not user.is_authenticated:
        if not name and _needs_name(document):
            error = _("Choose a name: the others see it at your words.")
            return _entrance(request, document, error=error, status=400)
        if not _within(request, "guest", GUEST_RATES):
            error = _("Too many guests came from your network. Try again later.")
            return _entrance(request, document, error=error, name=name, status=429)
        user = sharing.guest_create(name=name or _("Guest"), language=get_language() or "")
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    sharing.link_visit(document=document, user=user)
    return redirect("document", document.pk)


def _needs_name(document: Document) -> bool:
    """Return whether a guest leaves words, at which others see who wrote them."""
    return document.link_role != Role.VIEWER


def _within(request: HttpRequest, action: str, rates: dict[str, str], key: str = "") -> bool:
    used = ratelimit.consume(request, app="collab", action=action, config=rates, key=key or None)
    return used is not None


@login_required
@require_POST
def ask(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Ask the owner for access; where there is no such document, nobody is asked."""
    document = document_get(document_id)
    user = cast("User", request.user)
    request.session[ASKED] = [*request.session.get(ASKED, []), str(document_id)][-MAX_ASKED:]
    is_there = document is not None and not document.is_trashed
    if document is not None and is_there and not policy.may(user, Action.READ, document):
        sharing.access_request_create(
            document=document,
            user=user,
            message=request.POST.get("message", "").replace("\x00", "")[:MAX_MESSAGE_CHARS],
            base_url=base_url(request),
        )
    return redirect("document", document_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show what one is invited to; accept it, or sign in or up first."""
    known = sharing.invitation_and_proof(token)
    if known is None:
        return render(request, "web/invitation.html", {"invitation": None}, status=404)
    found, proves = known
    user = request.user
    if user.is_authenticated:
        if request.method == "POST":
            document = found.document
            if not sharing.invitation_accept(invitation=found, user=user):
                return render(request, "web/invitation.html", {"invitation": None}, status=404)
            messages.success(request, _("The document stands among yours now."))
            return redirect("document", document.pk)
    else:
        request.session[INVITATION_KEY] = token
        if proves:
            # Who holds the letter reads that mailbox: signing up needs no second proof.
            get_adapter().stash_verified_email(request, found.email)
    return render(request, "web/invitation.html", {"invitation": found})
