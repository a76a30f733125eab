"""Going back to a revision: in the document itself, or in a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from collab.api.base import ApiView, body_of
from collab.api.documents import shown_document
from collab.api.edits import EditConflictSchema, shown_conflicts
from collab.api.errors import Conflict
from collab.api.history_schemas import RevisionSchema
from collab.api.moments import moment_of
from collab.api.revisions import revision_for, shown_revision
from collab.api.schemas import DocumentSchema, TitleBody
from collab.attachments.services import QuotaFull
from collab.documents.policy import Action
from collab.history.past import content_at, state_at
from collab.history.restore import moment_restore
from collab.history.services import EditRefused
from collab.library.copies import document_duplicate

if TYPE_CHECKING:
    from rest_framework.request import Request


class RestoredSchema(RevisionSchema):
    """The revision that a restore has made."""

    conflicts = EditConflictSchema(
        many=True, help_text="What others wrote at that moment and could not be put back."
    )


class RevisionRestore(ApiView):
    """The way back."""

    @extend_schema(operation_id="revisions_restore", request=None, responses=RestoredSchema)
    def post(self, request: Request, document_id: str, number: str) -> Response:
        """Make the document say what the revision says; answers with the revision that this makes.

        It is an edit like any other: people who write at that moment keep their words and see it
        arrive. Nothing is written where the document says so already.
        """
        document = self.document_for(document_id, Action.WRITE, Action.SEE_HISTORY)
        moment = moment_of(document, seq=revision_for(document, number).seq)
        try:
            done = moment_restore(document=document, moment=moment, actor=self.person)
        except EditRefused as error:
            raise Conflict(str(error)) from error
        if done.revision is None:
            return Response(None)
        conflicts = EditConflictSchema(
            shown_conflicts(done.conflicts, self.person, document), many=True
        )
        return Response({**shown_revision(done.revision), "conflicts": conflicts.data})


class RevisionCopy(ApiView):
    """A document of one's own from a revision."""

    @extend_schema(
        operation_id="revisions_copy", request=TitleBody, responses={201: DocumentSchema}
    )
    def post(self, request: Request, document_id: str, number: str) -> Response:
        """Make a document of yours with what the revision says, and nothing of its past."""
        document = self.document_for(document_id, Action.SEE_HISTORY)
        revision = revision_for(document, number)
        title = body_of(TitleBody, request).get("title", "")
        moment = moment_of(document, seq=revision.seq)
        try:
            copy = document_duplicate(
                document=document,
                owner=self.person,
                title=title or f"{document.title} ({revision.name or revision.number})",
                content=content_at(moment),
                beside=state_at(moment),
            )
        except QuotaFull as error:
            raise Conflict(str(error)) from error
        location = reverse("api-document", args=[copy.pk])
        shown = shown_document(self.person, copy)
        return Response(shown, status=201, headers={"Location": location})
