"""Search in titles and content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from collab.api.base import ApiView, query_of
from collab.api.documents import shown_row
from collab.api.place_schemas import HitPageSchema, SearchQuery
from collab.documents import policy
from collab.documents.marks import clean_tag
from collab.search.selectors import Filters, search, search_total
from collab.search.suggestions import suggestion

if TYPE_CHECKING:
    from rest_framework.request import Request


class Search(ApiView):
    """Documents that have what is looked for."""

    @extend_schema(operation_id="search", parameters=[SearchQuery], responses=HitPageSchema)
    def get(self, request: Request) -> Response:
        """Find documents that you may read, best first. Edits are found within seconds."""
        query = query_of(SearchQuery, request)
        tag = query.get("tag")
        filters = Filters(
            owner_id=query.get("owner"),
            tag=None if tag is None else clean_tag(tag),
            edited_from=query.get("edited_from"),
            edited_until=query.get("edited_until"),
        )
        offset, limit = query["offset"], query["limit"]
        hits, has_more = search(
            user=self.person, typed=query["q"], filters=filters, offset=offset, limit=limit
        )
        roles = policy.roles_of([self.person], [hit.document for hit in hits])
        shown: list[dict[str, Any]] = [
            {
                "document": shown_row(
                    hit.document,
                    roles.get((self.person.pk, hit.document.pk), policy.NO_ROLES),
                ),
                "title": hit.title,
                "excerpt": hit.excerpt,
            }
            for hit in hits
        ]
        total = search_total(user=self.person, typed=query["q"], filters=filters)
        body = {
            "results": shown,
            "next": offset + limit if has_more else None,
            "total": total,
            "suggestion": None if total else suggestion(user=self.person, typed=query["q"]),
        }
        return Response(HitPageSchema(body).data)
