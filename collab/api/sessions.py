"""Where the person is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from collab.accounts.services import session_end
from collab.api.base import ApiView, id_of

if TYPE_CHECKING:
    from rest_framework.request import Request


class SessionSchema(serializers.Serializer[Any]):
    """A browser in which you are signed in."""

    id = serializers.IntegerField()
    ip = serializers.CharField(help_text="The address that it came from when it signed in.")
    user_agent = serializers.CharField()
    created_at = serializers.DateTimeField()
    is_current = serializers.BooleanField(help_text="Whether this request comes from it.")


class SessionList(ApiView):
    """The person's sessions."""

    @extend_schema(operation_id="sessions_list", responses=SessionSchema(many=True))
    def get(self, request: Request) -> Response:
        """List where you are signed in, the latest first."""
        own = request._request.session.session_key
        rows = sorted(UserSession.objects.purge_and_list(self.person), key=lambda row: -row.pk)
        shown = [
            {
                "id": row.pk,
                "ip": row.ip,
                "user_agent": row.user_agent,
                "created_at": row.created_at,
                "is_current": row.session_key == own,
            }
            for row in rows
        ]
        return Response(SessionSchema(shown, many=True).data)


class SessionDetail(ApiView):
    """One session."""

    @extend_schema(operation_id="sessions_end", responses={204: None})
    def delete(self, request: Request, session_id: str) -> Response:
        """End the session; pages that are open in it are closed at once."""
        row = UserSession.objects.filter(user=self.person, pk=id_of(session_id)).first()
        if row is None:
            raise exceptions.NotFound(_("There is no such session."))
        session_end(session=row)
        return Response(status=204)
