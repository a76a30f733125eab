"""The pages about documents. ``policy`` says who may do what; services make the changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from collab.documents import policy, services
from collab.documents.marks import is_starred
from collab.documents.models import Document
from collab.documents.policy import Action
from collab.documents.selectors import document_get, draft_get, drafts_of
from collab.documents.sharing import link_visit
from collab.operations.quarantine import records_left_out
from collab.richtext.schema import MAX_DEPTH
from collab.types import DocumentId
from collab.web.guests import guests_welcome
from collab.web.sharing import way_in

if TYPE_CHECKING:
    from collab.accounts.models import User

SOCKET_PATH = "/ws/documents"
API_PATH = "/api/v1"


def _person(request: HttpRequest) -> User:
    # login_required stands before every view here, so nobody is anonymous.
    return cast("User", request.user)


def _allowed_document(request: HttpRequest, document_id: UUID, action: Action) -> Document:
    """Return the document if the person may do ``action`` with it.

    Raises:
        Http404: there is none, it lies in the trash and the action needs it out of there, or the
            person sees nothing of it: one answer, so that nobody learns which exist.
        PermissionDenied: the person sees it, and may not.
    """
    document = document_get(document_id)
    may = frozenset() if document is None else policy.actions_of(_person(request), document)
    if document is None or not may or (document.is_trashed and action is not Action.RESTORE):
        raise Http404
    if action not in may:
        raise PermissionDenied
    return document


@login_required
@require_POST
def rename(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Give a document another title."""
    document = _allowed_document(request, document_id, Action.RENAME)
    title = request.POST.get("title", "").replace("\x00", "")
    services.document_rename(document=document, title=title)
    return redirect("home")


@login_required
@require_POST
def move_to_trash(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Put a document in the trash."""
    document = _allowed_document(request, document_id, Action.TRASH)
    services.document_trash(document=document)
    messages.success(request, _("“%(title)s” is in the trash.") % {"title": document})
    return redirect("home")


@login_required
@require_POST
def restore(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Take a document out of the trash."""
    document = _allowed_document(request, document_id, Action.RESTORE)
    services.document_restore(document=document)
    messages.success(request, _("“%(title)s” is back among your documents.") % {"title": document})
    return redirect("trash")


@guests_welcome
@never_cache
@require_safe
@ensure_csrf_cookie
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Show a document in the editor, or how one can get into it.

    Raises:
        Http404: it lies in the trash.
    """
    found = document_get(document_id)
    user = request.user
    if found is None or not policy.may(user, Action.READ, found):
        if found is not None and policy.role_of(user, found) is not None:
            raise Http404  # in the trash, for who has a role in it
        return way_in(request, found, document_id)
    is_look = hasattr(request, "impersonator")
    is_way = policy.is_link_open(found) and not found.link_password and found.owner_id != user.pk
    if is_way and not is_look:
        # Whoever came by the link finds the document in their lists from now on.
        link_visit(document=found, user=_person(request))
    context = {
        "document": found,
        "bootstrap": bootstrap(request, found),
        "left_out": records_left_out(DocumentId(found.pk)),
    }
    return render(request, "web/document.html", context)


def bootstrap(request: HttpRequest, document: Document) -> dict[str, object]:
    """Return what the page hands to the editor; editor/src/bootstrap.ts has its twin."""
    user = _person(request)
    roles = policy.roles_for(user, document)
    access, role = policy.access_for(roles, document), roles.best
    if access is None or role is None:
        raise PermissionDenied
    actions = policy.actions_for(roles, document)
    may_fork = Action.FORK in actions
    return {
        "document": {"id": str(document.pk), "title": document.title},
        "access": access.value,
        "role": role.value,
        "user": {
            "id": str(user.pk),
            "name": user.shown_name,
            "color": user.shown_color,
            "avatar": user.avatar_url,
        },
        "socketUrl": SOCKET_PATH,
        "apiUrl": API_PATH,
        "homeUrl": reverse("home"),
        "csrfToken": get_token(request),
        "isByLink": roles.own is None,
        "maySeeHistory": Action.SEE_HISTORY in actions,
        "maySeeMembers": Action.SEE_MEMBERS in actions,
        "mayManage": Action.MANAGE_MEMBERS in actions,
        "mayFork": may_fork,
        "mayMove": Action.MOVE in actions,
        "mayTrash": Action.TRASH in actions,
        "isStarred": is_starred(user, document),
        "isTemplate": document.is_template,
        "account": _account(user),
        "draftCount": drafts_of(document, user).filter(document__owner=user).count()
        if may_fork
        else 0,
        "draft": _draft(user, document),
        "locale": get_language() or settings.LANGUAGE_CODE,
        "limits": {
            "maxFrameBytes": settings.ENV.max_frame_bytes,
            "maxUpdateBytes": settings.ENV.max_update_bytes,
            "maxFrameParts": settings.ENV.max_frame_parts,
            "maxDocumentBytes": settings.ENV.max_document_bytes,
            "maxDepth": MAX_DEPTH,
            "maxAttachmentBytes": settings.ENV.attachment_max_bytes,
        },
    }


def _account(user: User) -> dict[str, object]:
    """Return what the person's menu has; templates/base.html has the same on the other pages."""
    languages = [
        {"code": code, "name": get_language_info(code)["name_local"]}
        for code, _name in settings.LANGUAGES
    ]
    return {
        "isGuest": user.is_guest,
        "profileUrl": reverse("profile"),
        "adminUrl": reverse("admin:index") if user.is_staff else None,
        "signOutUrl": reverse("sign-out"),
        "languageUrl": reverse("language"),
        "languages": languages,
    }


def _draft(user: User, document: Document) -> dict[str, object] | None:
    """Return what the page says of the original; None: the document is no draft."""
    draft = draft_get(document)
    if draft is None:
        return None
    origin = draft.origin
    if origin is not None and not policy.may(user, Action.FORK, origin):
        origin = None
    return {
        "originTitle": None if origin is None else origin.title,
        "originUrl": None if origin is None else reverse("document", args=[origin.pk]),
        "reviewUrl": reverse("review", args=[document.pk]),
        "mayUpdate": policy.may_update(user, draft),
        "mayDiscard": Action.TRASH in policy.actions_of(user, document),
    }
