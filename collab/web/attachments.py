"""Where documents find their images and files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404
from django.views.decorators.http import require_safe

from collab.attachments.serving import attachment_response
from collab.documents.selectors import document_get
from collab.library.files import file_for
from collab.web.guests import guests_welcome

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase


@guests_welcome
@require_safe
def attachment(request: HttpRequest, document_id: UUID, attachment_id: UUID) -> HttpResponseBase:
    """Send an attachment to whoever may see it; to all others there is none."""
    document = document_get(document_id)
    found = None if document is None else file_for(request.user, document, attachment_id)
    if found is None:
        raise Http404
    return attachment_response(request, found)
