"""Erasing a stretch of history for good, and where that was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from collab.api.base import ApiView, body_of
from collab.api.errors import Conflict
from collab.api.history_schemas import ErasureBody, ErasureSchema
from collab.api.moments import moment_of
from collab.documents.policy import Action
from collab.history.erasure import ErasureUnderWay, NothingToErase
from collab.history.models import Erasure
from collab.history.services import EditRefused
from collab.library.erasing import NOTHING, history_erase_everywhere

if TYPE_CHECKING:
    from rest_framework.request import Request


class ErasureList(ApiView):
    """The gaps in a document's history."""

    @extend_schema(operation_id="erasures_list", responses=ErasureSchema(many=True))
    def get(self, request: Request, document_id: str) -> Response:
        """List what was erased, when, by whom and why, and what is being erased, how far it is."""
        document = self.document_for(document_id, Action.SEE_HISTORY)
        rows = Erasure.objects.filter(document=document).select_related("actor")
        return Response(ErasureSchema(rows.order_by("first_seq", "id"), many=True).data)

    @extend_schema(
        operation_id="erasures_create",
        request=ErasureBody,
        responses={201: ErasureSchema, 202: ErasureSchema},
    )
    def post(self, request: Request, document_id: str) -> Response:
        """Erase for good what could be read from record `first` to `last` and is not there now.

        Delete the text in the document first. Records and revisions keep their numbers; nobody can
        bring the text back. Copies in other documents, and backups, are not touched.

        201: it is done. 202: the log is long; the list of erasures says how far it is.
        """
        document = self.document_for(document_id, Action.ERASE_HISTORY)
        body = body_of(ErasureBody, request)
        first, last = (moment_of(document, seq=body[name]) for name in ("first", "last"))
        try:
            erasure = history_erase_everywhere(
                document=document,
                first=first,
                last=last,
                actor=self.person,
                reason=body["reason"],
            )
        except NothingToErase as error:
            raise Conflict(NOTHING) from error
        except ErasureUnderWay as error:
            raise Conflict("Another stretch is being erased: wait until that is done.") from error
        except EditRefused as error:
            raise Conflict(str(error)) from error
        is_done = erasure.state == Erasure.State.DONE
        return Response(ErasureSchema(erasure).data, status=201 if is_done else 202)
