"""What changed between any two moments, and who did it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from collab.accounts.models import User
from collab.api.base import ApiView, query_of
from collab.api.content import CONTENT_POLICY
from collab.api.history_schemas import DiffQuery, DiffSchema
from collab.api.moments import moment_of
from collab.documents.policy import Action
from collab.history.comparison import Comparison, SignedChange, SignedRun, compare
from collab.history.comparison_out import NameOf, diff_to_html, diff_to_text

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from rest_framework.request import Request

    from collab.documents.models import Document
    from collab.history.authors import Authorship
    from collab.history.past import Moment


class Diff(ApiView):
    """The difference between two moments."""

    @extend_schema(
        operation_id="diff",
        parameters=[DiffQuery],
        responses={
            (200, "application/json"): DiffSchema,
            (200, "text/html"): OpenApiTypes.STR,
            (200, "text/plain"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, document_id: str) -> HttpResponseBase:
        """Say what changed, block by block and word by word, with the author of each change.

        HTML is a fragment without scripts or styles: `<ins>`, `<del>` and
        `<span data-op="format">`, each with `data-author`.
        """
        document = self.document_for(document_id, Action.SEE_HISTORY)
        query = query_of(DiffQuery, request)
        old, new = _moment(document, query["from"]), _moment(document, query.get("to"))
        found = compare(old, new)
        people = people_in([found])
        if query["format"] == "json":
            return Response(
                {
                    "from": {"seq": old.seq, "at": old.at},
                    "to": {"seq": new.seq, "at": new.at},
                    "blocks": shown_blocks(found, people),
                }
            )
        is_html = query["format"] == "html"
        text = (diff_to_html if is_html else diff_to_text)(found.changes, names_of(people))
        return comparison_response(text, is_html=is_html)


def comparison_response(text: str, *, is_html: bool) -> HttpResponse:
    """Return the answer that carries a comparison written for people."""
    kind = "text/html" if is_html else "text/plain"
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response["Content-Security-Policy"] = CONTENT_POLICY
    return response


def people_in(comparisons: Iterable[Comparison]) -> dict[int, User]:
    """Return the authors of all changes, by id; one query."""
    ids = {key for each in comparisons for key in _author_ids(each.changes)}
    return User.objects.in_bulk(ids)


def names_of(people: dict[int, User]) -> NameOf:
    """Return what names an author."""
    return lambda key: people[key].shown_name if key in people else ""


def _moment(document: Document, wanted: int | datetime | None) -> Moment:
    if isinstance(wanted, datetime):
        return moment_of(document, time=wanted)
    return moment_of(document, seq=wanted)


def _author_ids(changes: Iterable[SignedChange]) -> set[int]:
    ids: set[int] = set()
    for change in changes:
        for by in (change.by, *(run.by for run in change.runs)):
            if by is not None and by.author_id is not None:
                ids.add(by.author_id)
        ids |= _author_ids(change.blocks)
    return ids


def shown_blocks(found: Comparison, people: dict[int, User]) -> list[dict[str, Any]]:
    """Return the comparison's blocks as ``DiffBlockSchema`` has them; by hand: it may be long."""

    def signed(by: Authorship | None) -> dict[str, Any]:
        person = None if by is None or by.author_id is None else people.get(by.author_id)
        author = person and {
            "id": person.pk,
            "name": person.shown_name,
            "color": person.shown_color,
            "avatar": person.avatar_url,
        }
        return {"author": author, "at": None if by is None else found.times.get(by.seq)}

    def run(each: SignedRun) -> dict[str, Any]:
        shown = each.node.to_json()
        out = {"op": each.op, "text": each.node.text, "marks": shown.get("marks", [])}
        if each.before is not None:
            out["marks_before"] = each.before.to_json().get("marks", [])
        if each.node.type != "text":
            out["node"] = shown
        return out | signed(each.by) | {"relayed": each.by is not None and each.by.is_relayed}

    def block(each: SignedChange) -> dict[str, Any]:
        out = {"kind": each.kind, "node": each.node.to_json(), **signed(each.by)}
        if each.before is not None:
            out["before"] = each.before.to_json()
        if each.runs:
            out["runs"] = [run(inner) for inner in each.runs]
        if each.blocks:
            out["blocks"] = [block(inner) for inner in each.blocks]
        return out

    return [block(each) for each in found.changes]
