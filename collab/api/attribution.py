"""Who wrote this: the text of any moment, run by run, with its author."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from collab.accounts.models import User
from collab.api.base import ApiView, query_of
from collab.api.history_schemas import AttributionQuery, AttributionSchema
from collab.api.moments import moment_of
from collab.documents.policy import Action
from collab.history.attribution import attribution_of
from collab.history.revisions import revisions_cut
from collab.types import DocumentId

if TYPE_CHECKING:
    from rest_framework.request import Request


def shown_people(ids: Iterable[int | None]) -> dict[str, dict[str, str]]:
    """Return how people are shown, by id."""
    people = User.objects.in_bulk({key for key in ids if key is not None})
    return {
        str(key): {"name": person.shown_name, "color": person.shown_color}
        for key, person in people.items()
    }


class AttributionView(ApiView):
    """Who wrote the text."""

    @extend_schema(
        operation_id="attribution", parameters=[AttributionQuery], responses=AttributionSchema
    )
    def get(self, request: Request, document_id: str) -> Response:
        """Say who wrote each run of the text, now or at a moment."""
        document = self.document_for(document_id, Action.SEE_HISTORY)
        query = query_of(AttributionQuery, request)
        revisions_cut(document_id=DocumentId(document.pk))
        moment = moment_of(document, seq=query.get("seq"))
        found = attribution_of(moment, with_deleted=query["deleted"])
        people = shown_people(
            {run.by.author_id for run in found.runs}
            | {run.by.author_id for _root, runs in found.roots for run in runs}
            | {each.by.author_id for each in found.deletions}
            | {each.deleted_by.author_id for each in found.deletions}
        )
        # Written by hand: a serializer takes ten times as long over thousands of runs.
        body: dict[str, Any] = {
            "seq": moment.seq,
            "authors": people,
            "runs": [
                {
                    "path": run.path,
                    "from": run.start,
                    "to": run.end,
                    "author": run.by.author_id,
                    "at": found.times.get(run.by.seq),
                    "seq": run.by.seq,
                    "relayed": run.by.is_relayed,
                }
                for run in found.runs
            ],
            "roots": [
                {
                    "name": root.name,
                    "type": root.type,
                    "size": root.size,
                    "runs": [
                        {
                            "from": run.start,
                            "to": run.end,
                            "author": run.by.author_id,
                            "at": found.times.get(run.by.seq),
                            "seq": run.by.seq,
                            "relayed": run.by.is_relayed,
                        }
                        for run in runs
                    ],
                }
                for root, runs in found.roots
            ],
        }
        if query["deleted"]:
            body["deletions"] = [
                {
                    "path": each.path,
                    "from": each.start,
                    "text": each.text,
                    "author": each.by.author_id,
                    "at": found.times.get(each.by.seq),
                    "seq": each.by.seq,
                    "relayed": each.by.is_relayed,
                    "deleted_by": each.deleted_by.author_id,
                    "deleted_at": found.times.get(each.deleted_by.seq),
                    "deleted_seq": each.deleted_by.seq,
                }
                for each in found.deletions
            ]
        return Response(body)
