"""Who is let into a document besides single members: groups, link, invitations, requests, owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.response import Response

from collab.accounts.mail import goes_out
from collab.api.base import ApiView, base_url, body_of, id_of
from collab.api.errors import REFUSALS, Conflict
from collab.api.members import group_named, person_named
from collab.api.people_schemas import (
    AccessRequestBody,
    AccessRequestSchema,
    AnswerBody,
    GroupMemberBody,
    GroupMemberSchema,
    InvitationBody,
    InvitationSchema,
    LinkBody,
    LinkSchema,
    NewInvitationSchema,
    OwnerBody,
)
from collab.api.schemas import RoleBody
from collab.documents import policy, sharing
from collab.documents.models import Document, GroupMembership, Invitation, LinkReach, Role
from collab.documents.policy import Action
from collab.documents.selectors import document_get
from collab.documents.services import MemberError

if TYPE_CHECKING:
    from rest_framework.request import Request


class GroupMemberList(ApiView):
    """The groups that have a role in a document."""

    @extend_schema(operation_id="document_groups_list", responses=GroupMemberSchema(many=True))
    def get(self, request: Request, document_id: str) -> Response:
        """List the groups."""
        document = self.document_for(document_id, Action.SEE_MEMBERS)
        rows = document.group_memberships.select_related("group")
        return Response(GroupMemberSchema(rows, many=True).data)

    @extend_schema(
        operation_id="document_groups_add",
        request=GroupMemberBody,
        responses={200: GroupMemberSchema, 201: GroupMemberSchema},
    )
    def post(self, request: Request, document_id: str) -> Response:
        """Give everybody in a group a role; 201 where it had none."""
        document = self.document_for(document_id, Action.MANAGE_MEMBERS)
        body = body_of(GroupMemberBody, request)
        group = group_named(self.person, body["group"])
        had_one = document.group_memberships.filter(group=group).exists()
        row = sharing.group_set(
            document=document, group=group, role=Role(body["role"]), actor=self.person
        )
        return Response(GroupMemberSchema(row).data, status=200 if had_one else 201)


class GroupMemberDetail(ApiView):
    """One group."""

    @extend_schema(
        operation_id="document_groups_change", request=RoleBody, responses=GroupMemberSchema
    )
    def patch(self, request: Request, document_id: str, group_id: str) -> Response:
        """Give the group another role."""
        document = self.document_for(document_id, Action.MANAGE_MEMBERS)
        row = _group(document, group_id)
        role = Role(body_of(RoleBody, request)["role"])
        changed = sharing.group_set(
            document=document, group=row.group, role=role, actor=self.person
        )
        return Response(GroupMemberSchema(changed).data)

    @extend_schema(operation_id="document_groups_remove", responses={204: None})
    def delete(self, request: Request, document_id: str, group_id: str) -> Response:
        """Take the group's role away."""
        document = self.document_for(document_id, Action.MANAGE_MEMBERS)
        row = _group(document, group_id)
        sharing.group_remove(document=document, group_id=row.group_id, actor=self.person)
        return Response(status=204)


class Link(ApiView):
    """The document's link."""

    @extend_schema(operation_id="link_retrieve", responses=LinkSchema)
    def get(self, request: Request, document_id: str) -> Response:
        """Show whom the link lets in."""
        document = self.document_for(document_id, Action.SEE_MEMBERS)
        return Response(_link(document, request))

    @extend_schema(operation_id="link_change", request=LinkBody, responses=LinkSchema)
    def patch(self, request: Request, document_id: str) -> Response:
        """Change whom the link lets in; who may no longer stay is closed out at once."""
        document = self.document_for(document_id, Action.MANAGE_MEMBERS)
        body = body_of(LinkBody, request)
        try:
            sharing.link_set(
                document=document,
                reach=LinkReach(body.get("reach", document.link_reach)),
                role=Role(body.get("role", document.link_role)),
                expires_at=body.get("expires_at", document.link_expires_at),
                password=body.get("password"),
                actor=self.person,
            )
        except MemberError as error:
            raise exceptions.ValidationError({"expires_at": [str(error)]}) from error
        return Response(_link(document, request))


class InvitationList(ApiView):
    """Invitations that are not yet accepted."""

    @extend_schema(operation_id="invitations_list", responses=InvitationSchema(many=True))
    def get(self, request: Request, document_id: str) -> Response:
        """List the open invitations."""
        document = self.document_for(document_id, Action.MANAGE_MEMBERS)
        rows = document.invitations.select_related("invited_by")
        return Response([_invitation(row, request) for row in rows])

    @extend_schema(
        operation_id="invitations_create",
        request=InvitationBody,
        responses={201: NewInvitationSchema},
    )
    def post(self, request: Request, document_id: str) -> Response:
        """Invite somebody by e-mail; a second time sends another letter."""
        document = self.document_for(document_id, Action.MANAGE_MEMBERS)
        body = body_of(InvitationBody, request)
        try:
            invitation = sharing.invitation_create(
                document=document,
                email=body["email"],
                role=Role(body["role"]),
                actor=self.person,
                base_url=base_url(request),
            )
        except MemberError as error:
            raise exceptions.ValidationError({"email": [str(error)]}) from error
        told = goes_out(invitation.email)
        return Response({**_invitation(invitation, request), "is_told": told}, status=201)


class InvitationDetail(ApiView):
    """One invitation."""

    @extend_schema(operation_id="invitations_withdraw", responses={204: None})
    def delete(self, request: Request, document_id: str, invitation_id: str) -> Response:
        """Withdraw the invitation: its letter opens nothing any more."""
        document = self.document_for(document_id, Action.MANAGE_MEMBERS)
        invitation = document.invitations.filter(pk=id_of(invitation_id)).first()
        if invitation is None:
            raise exceptions.NotFound(_("There is no such invitation."))
        sharing.invitation_withdraw(invitation=invitation, actor=self.person)
        return Response(status=204)


class AccessRequestList(ApiView):
    """People who ask to be let in."""

    @extend_schema(operation_id="access_requests_list", responses=AccessRequestSchema(many=True))
    def get(self, request: Request, document_id: str) -> Response:
        """List the requests that wait for an answer."""
        document = self.document_for(document_id, Action.MANAGE_MEMBERS)
        rows = list(document.access_requests.select_related("user"))
        for row in rows:
            row.will_be_told = goes_out(row.user.email)  # type: ignore[attr-defined]  # for the schema
        return Response(AccessRequestSchema(rows, many=True).data)

    @extend_schema(
        operation_id="access_requests_create", request=AccessRequestBody, responses={204: None}
    )
    def post(self, request: Request, document_id: str) -> Response:
        """Ask the owner to be let in; asking again changes nothing.

        The answer is the same where there is no such document. What is no id is told so: that is
        known without a look.
        """
        body = body_of(AccessRequestBody, request)
        try:
            UUID(document_id)
        except ValueError:
            raise exceptions.NotFound from None
        document = document_get(document_id)
        if document is None or document.is_trashed:
            return Response(status=204)
        if policy.role_of(self.person, document) is not Role.OWNER:
            sharing.access_request_create(
                document=document,
                user=self.person,
                message=body["message"],
                base_url=base_url(request),
            )
        return Response(status=204)


class AccessRequestDetail(ApiView):
    """One request."""

    @extend_schema(operation_id="access_requests_answer", request=AnswerBody, responses={204: None})
    def post(self, request: Request, document_id: str, request_id: str) -> Response:
        """Let the one who asks in, or not; they are told by a letter."""
        document = self.document_for(document_id, Action.MANAGE_MEMBERS)
        row = document.access_requests.select_related("user").filter(pk=id_of(request_id)).first()
        if row is None:
            raise exceptions.NotFound(_("There is no such request."))
        role = body_of(AnswerBody, request)["role"]
        sharing.access_request_answer(
            request=row,
            role=None if role is None else Role(role),
            actor=self.person,
            base_url=base_url(request),
        )
        return Response(status=204)


class Owner(ApiView):
    """The document's owner."""

    @extend_schema(
        operation_id="owner_change",
        request=OwnerBody,
        responses={204: None},
        extensions={REFUSALS: ("409",)},
    )
    def put(self, request: Request, document_id: str) -> Response:
        """Make somebody else the owner; you become an editor."""
        document = self.document_for(document_id, Action.TRANSFER)
        body = body_of(OwnerBody, request)
        if "member" in body:
            member = document.memberships.select_related("user").filter(user_id=body["member"])
            found = member.first()
            if found is None:
                raise exceptions.ValidationError({"member": [_("There is no such member.")]})
            user = found.user
        else:
            user = person_named(body["user"])
        try:
            sharing.document_transfer(
                document=document, to=user, actor=self.person, base_url=base_url(request)
            )
        except MemberError as error:
            raise Conflict(str(error)) from error
        return Response(status=204)


def _group(document: Document, group_id: str) -> GroupMembership:
    rows = document.group_memberships.select_related("group")
    found = rows.filter(group_id=id_of(group_id)).first()
    if found is None:
        raise exceptions.NotFound(_("There is no such group here."))
    return found


def _invitation(invitation: Invitation, request: Request) -> dict[str, Any]:
    token = sharing.invitation_token(invitation, proves=False)
    invitation.url = base_url(request) + reverse("invitation", args=[token])  # type: ignore[attr-defined]  # for the schema
    return dict(InvitationSchema(invitation).data)


def _link(document: Document, request: Request) -> dict[str, Any]:
    shown = {
        "url": base_url(request) + reverse("document", args=[document.pk]),
        "reach": document.link_reach,
        "role": document.link_role,
        "expires_at": document.link_expires_at,
        "has_password": bool(document.link_password),
    }
    return dict(LinkSchema(shown).data)
