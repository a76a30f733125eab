"""Oneself, other people as far as one may know them, one's API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.response import Response

from collab.accounts.models import SHORT_ID_CHARS, ApiToken, TokenScope
from collab.accounts.services import profile_change, token_withdraw
from collab.accounts.tokens import token_and_row
from collab.api.base import ApiView, body_of, query_of
from collab.api.people_schemas import (
    FoundPersonSchema,
    GroupSchema,
    MeBody,
    MeSchema,
    NewTokenSchema,
    PeopleQuery,
    TokenBody,
    TokenSchema,
)
from collab.documents.selectors import people_known_to

if TYPE_CHECKING:
    from rest_framework.request import Request


class Me(ApiView):
    """The person who asks."""

    @extend_schema(operation_id="me", responses=MeSchema)
    def get(self, request: Request) -> Response:
        """Show who you are signed in as."""
        return Response(MeSchema(self.person).data)

    @extend_schema(operation_id="me_change", request=MeBody, responses=MeSchema)
    def patch(self, request: Request) -> Response:
        """Change how others see you, and how you see the pages."""
        body = body_of(MeBody, request)
        if "name" in body:
            body["display_name"] = body.pop("name")
        profile_change(user=self.person, **body)
        return Response(MeSchema(self.person).data)


class People(ApiView):
    """Other people; there is no list of all."""

    @extend_schema(
        operation_id="people_search",
        parameters=[PeopleQuery],
        responses=FoundPersonSchema(many=True),
    )
    def get(self, request: Request) -> Response:
        """Find people to share with."""
        query = query_of(PeopleQuery, request)
        found = people_known_to(self.person, query["search"])
        return Response(FoundPersonSchema(found, many=True).data)


class Groups(ApiView):
    """Groups of people."""

    @extend_schema(operation_id="groups_list", responses=GroupSchema(many=True))
    def get(self, request: Request) -> Response:
        """List the groups that you are in."""
        return Response(GroupSchema(self.person.groups.order_by("name"), many=True).data)


class TokenList(ApiView):
    """The person's API tokens."""

    keeps_answers = False

    @extend_schema(operation_id="tokens_list", responses=TokenSchema(many=True))
    def get(self, request: Request) -> Response:
        """List your tokens."""
        return Response(TokenSchema(ApiToken.objects.filter(user=self.person), many=True).data)

    @extend_schema(operation_id="tokens_create", request=TokenBody, responses={201: NewTokenSchema})
    def post(self, request: Request) -> Response:
        """Make a token; it is shown in this answer and never again.

        From a browser in which you are signed in: a token makes no token, which would outlive it.
        """
        if isinstance(request.auth, ApiToken):
            raise exceptions.PermissionDenied(_("A token makes no other token: sign in."))
        body = body_of(TokenBody, request)
        row, token = token_and_row(
            self.person,
            name=body["name"],
            scope=TokenScope(body["scope"]),
            expires_in=timedelta(days=body["expires_in_days"]),
        )
        return Response({**TokenSchema(row).data, "token": token}, status=201)


class TokenDetail(ApiView):
    """One token."""

    @extend_schema(operation_id="tokens_withdraw", responses={204: None})
    def delete(self, request: Request, token_id: str) -> Response:
        """Withdraw the token; sockets that came in by it are closed."""
        row = None
        if len(token_id) == SHORT_ID_CHARS and token_id.isascii() and token_id.isalnum():
            own = ApiToken.objects.filter(user=self.person)
            row = own.filter(digest__startswith=token_id).first()
        if row is None:
            raise exceptions.NotFound("There is no such token.")
        token_withdraw(token=row)
        return Response(status=204)
