"""Where documents find their images and files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404
from django.views.decorators.http import require_safe

from collab.attachments.selectors import attachment_get
from collab.attachments.serving import attachment_response
from collab.documents.policy import Action, may
from collab.documents.selectors import document_get
from collab.web.guests import guests_welcome

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase


@guests_welcome
@require_safe
def attachment(request: HttpRequest, document_id: UUID, attachment_id: UUID) -> HttpResponseBase:
    """Send an attachment to whoever may read its document; to all others there is none."""
    document = document_get(document_id)
    if document is None or not may(request.user, Action.READ, document):
        raise Http404
    found = attachment_get(document, attachment_id)
    if found is None:
        raise Http404
    return attachment_response(request, found)
