"""Documents: list, make, read, rename, to the trash and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from collab.api.base import ApiView, body_of, query_of
from collab.api.content import parse_content
from collab.api.errors import CONVERSION_REFUSALS
from collab.api.folders import folder_for
from collab.api.schemas import (
    DocumentBody,
    DocumentChange,
    DocumentListQuery,
    DocumentPageSchema,
    DocumentSchema,
)
from collab.documents import policy, services
from collab.documents.folders import document_move
from collab.documents.models import Document, Draft
from collab.documents.policy import Action, FolderAction
from collab.documents.selectors import (
    document_get,
    documents_in_trash_of,
    documents_visible_to,
)
from collab.history.models import LogHead
from collab.history.services import document_seed, seed_of

if TYPE_CHECKING:
    from rest_framework.request import Request

    from collab.accounts.models import User


def shown_row(document: Any, roles: policy.Roles) -> dict[str, Any]:
    """Return a document with ``edited_at`` and ``seq`` as ``DocumentSchema`` has it."""
    return {
        "id": document.pk,
        "title": document.title,
        "role": roles.best,
        # Who has come by the link alone learns nothing of the people behind a document.
        "owner": document.owner if roles.is_told_of_people else None,
        "folder": document.folder_id,
        "is_template": document.is_template,
        "is_draft": document.is_draft,
        "created_at": document.created_at,
        "updated_at": document.updated_at,
        "edited_at": document.edited_at,
        "trashed_at": document.trashed_at,
        "seq": document.seq,
    }


def shown_document(user: User, document: Document) -> dict[str, Any]:
    """Return the body of an answer that is one document."""
    row: Any = document
    head = LogHead.objects.filter(pk=document.pk).first()
    row.seq = 0 if head is None else head.seq
    row.is_draft = Draft.objects.filter(pk=document.pk).exists()
    row.edited_at = (None if head is None else head.edited_at) or document.updated_at
    return dict(DocumentSchema(shown_row(row, policy.roles_for(user, document))).data)


#: What each field that can be changed needs; all of those that are sent are asked for.
_NEEDS = {"title": Action.RENAME, "folder": Action.MOVE}


class DocumentList(ApiView):
    """All documents of a person."""

    @extend_schema(
        operation_id="documents_list", parameters=[DocumentListQuery], responses=DocumentPageSchema
    )
    def get(self, request: Request) -> Response:
        """List the documents that you own or are a member of."""
        query = query_of(DocumentListQuery, request)
        documents = self._wanted(query)
        count = documents.count()
        page, size = query["page"], query["page_size"]
        start = (page - 1) * size
        rows = list(documents[start : start + size])
        roles = policy.roles_of([self.person], rows)
        here = request.build_absolute_uri()
        earlier = (
            remove_query_param(here, "page")
            if page == 2
            else replace_query_param(here, "page", page - 1)
        )
        body = {
            "count": count,
            "next": replace_query_param(here, "page", page + 1) if start + size < count else None,
            "previous": earlier if page > 1 else None,
            "results": [
                shown_row(row, roles.get((self.person.pk, row.pk), policy.NO_ROLES)) for row in rows
            ],
        }
        return Response(DocumentPageSchema(body).data)

    def _wanted(self, query: dict[str, Any]) -> QuerySet[Any]:
        source = documents_in_trash_of if query["trashed"] else documents_visible_to
        # The log head is reached by name; see documents.selectors.
        documents = source(self.person).annotate(seq=Coalesce(F("log_head__seq"), 0))
        if query["folder"] is not None:
            documents = documents.filter(folder=query["folder"])
        if query["tag"]:
            documents = documents.filter(tags__name=query["tag"])
        if query["starred"]:
            documents = documents.filter(stars__user=self.person)
        if query["templates"]:
            documents = documents.filter(is_template=True)
        if query["search"]:
            documents = documents.filter(title__icontains=query["search"])
        return documents.order_by(query["ordering"], "id")

    @extend_schema(
        operation_id="documents_create",
        request=DocumentBody,
        responses={201: DocumentSchema},
        extensions=CONVERSION_REFUSALS,
    )
    def post(self, request: Request) -> Response:
        """Make a document, with content if there is any."""
        body = body_of(DocumentBody, request)
        # All of it before the transaction: while that is open, nobody else can write.
        content = seed_of(parse_content(body["content"], body["content_format"]))
        with transaction.atomic():
            document = services.document_create(owner=self.person, title=body.get("title", ""))
            document_seed(document=document, content=content, author=self.person)
        location = reverse("api-document", args=[document.pk])
        return Response(
            shown_document(self.person, document), status=201, headers={"Location": location}
        )


class DocumentDetail(ApiView):
    """One document."""

    guests_welcome = True

    @extend_schema(operation_id="documents_retrieve", responses=DocumentSchema)
    def get(self, request: Request, document_id: str) -> Response:
        """Show the document; its owner sees it in the trash too."""
        document = document_get(document_id)
        if document is None or not policy.may(self.person, Action.RESTORE, document):
            document = self.document_for(document_id, Action.READ)
        return Response(shown_document(self.person, document))

    @extend_schema(
        operation_id="documents_rename", request=DocumentChange, responses=DocumentSchema
    )
    def patch(self, request: Request, document_id: str) -> Response:
        """Rename the document, or move it into a folder: only its owner moves it."""
        body = body_of(DocumentChange, request)
        needs = [_NEEDS[name] for name in body] or [Action.RENAME]
        document = self.document_for(document_id, *needs)
        if "folder" in body:
            folder = None
            if body["folder"] is not None:
                folder = folder_for(self.person, body["folder"], FolderAction.FILL)
            document_move(document=document, folder=folder)
        if "title" in body:
            services.document_rename(document=document, title=body["title"])
        return Response(shown_document(self.person, document))

    @extend_schema(operation_id="documents_trash", responses={204: None})
    def delete(self, request: Request, document_id: str) -> Response:
        """Put the document in the trash."""
        services.document_trash(document=self.document_for(document_id, Action.TRASH))
        return Response(status=204)


class DocumentRestore(ApiView):
    """The way out of the trash."""

    @extend_schema(operation_id="documents_restore", request=None, responses=DocumentSchema)
    def post(self, request: Request, document_id: str) -> Response:
        """Take the document out of the trash; one that is not in there stays as it is."""
        document = document_get(document_id)
        if document is not None and policy.may(self.person, Action.RESTORE, document):
            services.document_restore(document=document)
        else:
            document = self.document_for(document_id, Action.TRASH)
        return Response(shown_document(self.person, document))


class NoSuchPath(ApiView):
    """Whatever is not in the table: an error in the same form as all the others."""

    permission_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse, whatever the method.

        Raises:
            NotFound: always.
        """
        raise exceptions.NotFound("There is nothing at this path.")
