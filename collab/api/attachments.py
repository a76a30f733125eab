"""Images and files of a document: put in, listed, read, removed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from collab.api.base import ApiView, body_of
from collab.api.errors import Conflict, TooBig
from collab.api.schemas import AttachmentBody, AttachmentCopyBody, AttachmentSchema
from collab.attachments.selectors import attachment_url
from collab.attachments.services import (
    AttachmentRefused,
    AttachmentTooBig,
    QuotaFull,
    attachment_add,
    attachment_remove,
)
from collab.attachments.serving import attachment_response
from collab.documents.policy import Action, roles_for
from collab.library.files import file_copy, file_for

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from rest_framework.request import Request

    from collab.accounts.models import User
    from collab.attachments.models import Attachment
    from collab.documents.models import Document


def _shown(attachment: Attachment, *, is_told: bool) -> dict[str, Any]:
    return {
        "id": attachment.pk,
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size": attachment.size_bytes,
        "sha256": attachment.sha256,
        "url": attachment_url(attachment),
        # Who has come by the link alone learns nothing of the people behind a document.
        "uploader": attachment.uploader if is_told else None,
        "created_at": attachment.created_at,
    }


def _find(person: User, document: Document, attachment_id: str) -> Attachment:
    found = file_for(person, document, attachment_id)
    if found is None:
        raise exceptions.NotFound(_("There is no such attachment."))
    return found


class AttachmentList(ApiView):
    """The attachments of a document."""

    parser_classes = [MultiPartParser]
    guests_welcome = True

    @extend_schema(operation_id="attachments_list", responses=AttachmentSchema(many=True))
    def get(self, request: Request, document_id: str) -> Response:
        """List the attachments, oldest first."""
        # Files that are no longer in the text are part of its past: guests see the text.
        document = self.document_for(document_id, Action.SEE_HISTORY)
        rows = document.attachments.select_related("uploader")
        return Response(
            AttachmentSchema([_shown(row, is_told=True) for row in rows], many=True).data
        )

    @extend_schema(
        operation_id="attachments_add",
        request={"multipart/form-data": AttachmentBody},
        responses={201: AttachmentSchema},
    )
    def post(self, request: Request, document_id: str) -> Response:
        """Upload a file. Put its `url` into the content as an image or a link to show it.

        What no state of the document names is removed after a while.
        """
        document = self.document_for(document_id, Action.WRITE)
        file = body_of(AttachmentBody, request)["file"]
        try:
            attachment = attachment_add(
                document=document, uploader=self.person, name=file.name or "", source=file
            )
        except AttachmentTooBig as error:
            raise TooBig(str(error)) from error
        except QuotaFull as error:
            raise Conflict(str(error)) from error
        except AttachmentRefused as error:
            raise exceptions.ValidationError({"file": [str(error)]}) from error
        shown = _shown(attachment, is_told=roles_for(self.person, document).is_told_of_people)
        return Response(
            AttachmentSchema(shown).data,
            status=HTTPStatus.CREATED,
            headers={"Location": shown["url"]},
        )


class AttachmentCopy(ApiView):
    """A file of another document, for this one."""

    guests_welcome = True

    @extend_schema(
        operation_id="attachments_copy",
        request=AttachmentCopyBody,
        responses={201: AttachmentSchema},
    )
    def post(self, request: Request, document_id: str) -> Response:
        """Copy a file of another document into this one; both have the same bytes.

        For content that is pasted from one document into another: put the answer's `url` in place
        of the address that was sent. 404 where you may not see that file.
        """
        document = self.document_for(document_id, Action.WRITE)
        address = body_of(AttachmentCopyBody, request)["url"]
        try:
            copied = file_copy(user=self.person, document=document, address=address)
        except QuotaFull as error:
            raise Conflict(str(error)) from error
        if copied is None:
            raise exceptions.NotFound(_("There is no such attachment."))
        shown = _shown(copied, is_told=roles_for(self.person, document).is_told_of_people)
        return Response(
            AttachmentSchema(shown).data,
            status=HTTPStatus.CREATED,
            headers={"Location": shown["url"]},
        )


class AttachmentDetail(ApiView):
    """One attachment."""

    @extend_schema(operation_id="attachments_retrieve", responses=AttachmentSchema)
    def get(self, request: Request, document_id: str, attachment_id: str) -> Response:
        """Show what is known of the attachment."""
        document = self.document_for(document_id, Action.READ)
        shown = _shown(
            _find(self.person, document, attachment_id),
            is_told=roles_for(self.person, document).is_told_of_people,
        )
        return Response(AttachmentSchema(shown).data)

    @extend_schema(operation_id="attachments_remove", responses={204: None})
    def delete(self, request: Request, document_id: str, attachment_id: str) -> Response:
        """Remove the attachment for good, from all that history shows too. For the owner."""
        document = self.document_for(document_id, Action.TRASH)
        attachment_remove(attachment=_find(self.person, document, attachment_id))
        return Response(status=HTTPStatus.NO_CONTENT)


class AttachmentContent(ApiView):
    """The bytes of one attachment."""

    guests_welcome = True

    @extend_schema(
        operation_id="attachments_read",
        responses={
            (200, "*/*"): OpenApiTypes.BINARY,
            (206, "*/*"): OpenApiTypes.BINARY,
            304: None,
            416: None,
        },
    )
    def get(self, request: Request, document_id: str, attachment_id: str) -> HttpResponseBase:
        """Read the bytes, or one range of them. The ETag is of the content: use If-None-Match."""
        document = self.document_for(document_id, Action.READ)
        return attachment_response(request._request, _find(self.person, document, attachment_id))
