"""The page of a document's history; what it shows comes over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from collab.documents import policy
from collab.documents.policy import Action
from collab.documents.selectors import document_get
from collab.web.documents import API_PATH

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@never_cache
@login_required
@require_safe
@ensure_csrf_cookie
def history(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Show the past of a document."""
    document = document_get(document_id)
    if document is None or document.is_trashed:
        raise Http404
    if not policy.may(request.user, Action.READ, document):
        raise Http404
    if not policy.may(request.user, Action.SEE_HISTORY, document):
        raise PermissionDenied
    bootstrap = {
        "document": {"id": str(document.pk), "title": document.title},
        "documentUrl": reverse("document", args=[document.pk]),
        "mayWrite": policy.may(request.user, Action.WRITE, document),
        "mayErase": policy.may(request.user, Action.ERASE_HISTORY, document),
        "apiUrl": API_PATH,
        "csrfToken": get_token(request),
        "locale": get_language() or settings.LANGUAGE_CODE,
    }
    return render(request, "web/history.html", {"document": document, "bootstrap": bootstrap})
