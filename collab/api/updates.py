"""The update log of a document, record by record: for mirrors, backups and other Yjs programs."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from collab import lib0
from collab.accounts.models import User
from collab.api.base import ApiView, query_of
from collab.api.edits import EditedSchema, edited_response
from collab.api.errors import CannotTake, TooBig
from collab.api.schemas import RecordPageSchema, UpdatesQuery
from collab.documents.policy import Action
from collab.history.models import UpdateRecord
from collab.history.selectors import head_seq, records_after
from collab.history.services import EditBroke, EditRefused, update_append
from collab.operations.quarantine import update_quarantine
from collab.types import DocumentId, Seq, Update, UserId

if TYPE_CHECKING:
    from typing import IO

    from django.http import HttpResponseBase
    from rest_framework.request import Request

    from collab.room.ports import LogRecord

#: An answer ends after the record that passes this many bytes, whatever the limit asked for.
MAX_ANSWER_BYTES = 8 * 1024 * 1024
#: Records read from the database at a time, so that few large ones are not read in vain.
CHUNK = 20


class OctetParser(BaseParser):
    """Reads one update."""

    media_type = "application/octet-stream"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes.

        Raises:
            TooBig: there are more than an update may have.
        """
        limit = settings.ENV.max_update_bytes
        body = bytes(stream.read(limit + 1))
        if len(body) > limit:
            raise TooBig(f"An update may have {limit} bytes.")
        return body


class OctetRenderer(BaseRenderer):
    """Says that the endpoint can answer in octets; it writes them itself."""

    media_type = "application/octet-stream"
    format = "octets"
    render_style = "binary"


class Updates(ApiView):
    """Records of the update log."""

    parser_classes = [OctetParser]
    renderer_classes = [JSONRenderer, OctetRenderer]

    @extend_schema(
        operation_id="updates_list",
        parameters=[UpdatesQuery],
        responses={
            (200, "application/json"): RecordPageSchema,
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, document_id: str) -> HttpResponseBase:
        """Read records in order, without gaps, from after `since`.

        As `application/octet-stream` each is its length as a varUint, then the update; the first
        is number `since` + 1. A `Link` header with `rel="next"` says that there are more.
        """
        # Records hold what was deleted, and who wrote.
        document = self.document_for(document_id, Action.SEE_HISTORY)
        query = query_of(UpdatesQuery, request)
        key = DocumentId(document.pk)
        records = _read(key, Seq(query["since"]), query["limit"])
        # Records have no gaps, so the last number read tells whether there are more.
        upto = records[-1].seq if records else None
        following = upto if upto is not None and upto < head_seq(key) else None
        headers = {"Vary": "Accept"}
        if following is not None:
            link = replace_query_param(request.build_absolute_uri(), "since", following)
            headers["Link"] = f'<{link}>; rel="next"'
        if isinstance(request.accepted_renderer, OctetRenderer):
            body = b"".join(lib0.array(record.update) for record in records)
            return HttpResponse(body, content_type=OctetRenderer.media_type, headers=headers)
        shown = {"records": _shown(records), "next": following}
        return Response(RecordPageSchema(shown).data, headers=headers)

    @extend_schema(
        operation_id="updates_add",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=EditedSchema,
    )
    def post(self, request: Request, document_id: str) -> Response:
        """Send one Yjs update (encoding version 1); open pages see it arrive.

        It passes the same gate as one that comes through the socket: malformed, harmful or
        dependent on what the document does not have, it is refused whole. It may not write under a
        client id that another person has used.
        """
        document = self.document_for(document_id, Action.WRITE)
        if not isinstance(request.data, bytes):
            raise exceptions.ParseError("The body is empty.")
        try:
            done = update_append(
                document=document,
                actor=self.person,
                kind=UpdateRecord.Kind.API,
                update=Update(request.data),
                most=settings.ENV.max_frame_parts,
            )
        except EditBroke as broke:
            update_quarantine(
                document_id=DocumentId(document.pk),
                author_id=UserId(self.person.pk),
                update=broke.update,
                after_seq=broke.after_seq,
                error=broke.error,
            )
            raise CannotTake(str(broke)) from broke
        except EditRefused as refused:
            raise CannotTake(str(refused)) from refused
        return edited_response(done, self.person, document)


def _read(document_id: DocumentId, since: Seq, limit: int) -> list[LogRecord]:
    records: list[LogRecord] = []
    size = 0
    while len(records) < limit and size < MAX_ANSWER_BYTES:
        wanted = min(CHUNK, limit - len(records))
        chunk = records_after(document_id, records[-1].seq if records else since, wanted)
        records += chunk
        size += sum(len(record.update) for record in chunk)
        if len(chunk) < wanted:
            break
    return records


def _shown(records: Sequence[LogRecord]) -> list[dict[str, object]]:
    authors = User.objects.in_bulk({r.author_id for r in records if r.author_id is not None})
    return [
        {
            "seq": record.seq,
            "update": base64.b64encode(record.update).decode("ascii"),
            "author": None if record.author_id is None else authors.get(record.author_id),
            "client_ids": list(record.client_ids),
            "is_relayed": record.is_relayed,
            "created_at": record.created_at,
        }
        for record in records
    ]
