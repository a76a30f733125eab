"""What is done with a document as a whole: moved, starred, tagged, copied, erased."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.response import Response

from collab.api.base import ApiView, body_of
from collab.api.documents import shown_document
from collab.api.errors import Conflict
from collab.api.folders import folder_for
from collab.api.place_schemas import DuplicateBody, StarBody, TagsBody, TagSchema
from collab.api.schemas import DocumentSchema
from collab.attachments.services import QuotaFull
from collab.documents import marks, policy
from collab.documents.marks import TagError
from collab.documents.policy import Action, FolderAction
from collab.documents.selectors import document_get
from collab.documents.services import document_purge
from collab.library.copies import document_duplicate

if TYPE_CHECKING:
    from rest_framework.request import Request


class Tags(ApiView):
    """All tags."""

    @extend_schema(operation_id="tags_list", responses=TagSchema(many=True))
    def get(self, request: Request) -> Response:
        """List the tags on the documents that you may read, by name."""
        return Response(TagSchema(marks.tags_used(self.person), many=True).data)


class DocumentTags(ApiView):
    """The tags of a document."""

    @extend_schema(operation_id="document_tags_list", responses=TagsBody)
    def get(self, request: Request, document_id: str) -> Response:
        """List the tags of the document."""
        document = self.document_for(document_id, Action.READ)
        return Response({"tags": [tag.name for tag in document.tags.all()]})

    @extend_schema(operation_id="document_tags_set", request=TagsBody, responses=TagsBody)
    def put(self, request: Request, document_id: str) -> Response:
        """Give the document these tags and no others. All who may read it see them."""
        document = self.document_for(document_id, Action.RENAME)
        try:
            names = marks.tags_set(document=document, names=body_of(TagsBody, request)["tags"])
        except TagError as error:
            raise exceptions.ValidationError({"tags": [str(error)]}) from error
        return Response({"tags": names})


class DocumentStar(ApiView):
    """Your star on a document."""

    @extend_schema(operation_id="document_star_set", request=StarBody, responses=StarBody)
    def put(self, request: Request, document_id: str) -> Response:
        """Give or take your star; nobody else sees it."""
        document = self.document_for(document_id, Action.READ)
        is_starred = body_of(StarBody, request)["is_starred"]
        marks.star_set(user=self.person, document=document, is_starred=is_starred)
        return Response({"is_starred": is_starred})


class DocumentDuplicate(ApiView):
    """A copy."""

    @extend_schema(
        operation_id="documents_duplicate", request=DuplicateBody, responses={201: DocumentSchema}
    )
    def post(self, request: Request, document_id: str) -> Response:
        """Make a document of your own with the content and the attachments of this one.

        With `as_template` it stands among the templates; a copy of a template is a document.
        """
        document = self.document_for(document_id, Action.READ)
        body = body_of(DuplicateBody, request)
        folder = None
        if body["folder"] is not None:
            folder = folder_for(self.person, body["folder"], FolderAction.FILL)
        title = body.get("title")
        if title is None:
            plain = document.is_template or body["as_template"]
            title = document.title if plain else _("Copy of %(title)s") % {"title": document}
        try:
            copy = document_duplicate(
                document=document,
                owner=self.person,
                title=title,
                folder=folder,
                is_template=body["as_template"],
            )
        except QuotaFull as error:
            raise Conflict(str(error)) from error
        location = reverse("api-document", args=[copy.pk])
        return Response(
            shown_document(self.person, copy),
            status=HTTPStatus.CREATED,
            headers={"Location": location},
        )


class DocumentPurge(ApiView):
    """The end of a document."""

    @extend_schema(operation_id="documents_purge", request=None, responses={204: None})
    def post(self, request: Request, document_id: str) -> Response:
        """Erase a document that lies in the trash: content, history, files. It cannot be undone."""
        document = document_get(document_id)
        if document is None or not policy.may(self.person, Action.PURGE, document):
            self.document_for(document_id, Action.TRASH)
            raise Conflict("Put the document in the trash first.")
        document_purge(document=document, actor=self.person)
        return Response(status=HTTPStatus.NO_CONTENT)
