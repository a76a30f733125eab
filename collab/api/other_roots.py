"""What a document holds beside the rich text, in short: for pages that show only that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.cache import get_conditional_response
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from collab.accounts.models import User
from collab.api.base import ApiView
from collab.api.content import private
from collab.api.history_schemas import AuthorSchema
from collab.documents import policy
from collab.documents.policy import Action
from collab.history.authors import Authors
from collab.history.other_roots import excerpt, roots_at, writers_of
from collab.history.past import moment_by_seq
from collab.history.selectors import current_state, head_seq
from collab.types import DocumentId

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from rest_framework.request import Request


class RootSchema(serializers.Serializer[Any]):
    """A root type that another Yjs program writes."""

    name = serializers.CharField()
    type = serializers.ChoiceField(("text", "list", "map", "xml"))
    size = serializers.IntegerField(
        help_text="Characters of a text, elements of a list, entries of a map, children of XML."
    )
    excerpt = serializers.CharField(help_text="Its beginning: text, or JSON.")
    authors = AuthorSchema(
        many=True,
        allow_null=True,
        help_text="Who wrote what is in it, who wrote most first. Null for who may not see that.",
    )


class RootsSchema(serializers.Serializer[Any]):
    """All that stands beside the rich text."""

    seq = serializers.IntegerField(help_text="Number of the last record: the ETag.")
    roots = RootSchema(many=True, help_text="By name. Nearly no document has any.")


class Roots(ApiView):
    """What stands beside the rich text."""

    guests_welcome = True

    @extend_schema(operation_id="content_roots", responses={200: RootsSchema, 304: None})
    def get(self, request: Request, document_id: str) -> HttpResponseBase:
        """List what the document holds beside the rich text: roots of other Yjs programs.

        All of it stands in the content, behind the rich text. The ETag is that of the content.
        """
        document = self.document_for(document_id, Action.READ)
        key = DocumentId(document.pk)
        etag = f'"{head_seq(key)}"'
        unchanged = get_conditional_response(request._request, etag=etag)
        if unchanged is not None:
            return private(unchanged, etag)
        state, seq = current_state(key)
        moment = moment_by_seq(key, seq)
        roots = roots_at(moment, state)
        is_told = policy.may(self.person, Action.SEE_HISTORY, document)
        authors = Authors(moment) if roots and is_told else None
        writers = [None if authors is None else writers_of(root, authors) for root in roots]
        people = User.objects.in_bulk({person for each in writers for person in each or ()})
        body = {
            "seq": seq,
            "roots": [
                {
                    "name": root.name,
                    "type": root.type,
                    "size": root.size,
                    "excerpt": excerpt(root),
                    "authors": None
                    if wrote is None
                    else [people[person] for person in wrote if person in people],
                }
                for root, wrote in zip(roots, writers, strict=True)
            ],
        }
        return private(Response(RootsSchema(body).data), f'"{seq}"')
