"""Who else has a role in a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.response import Response

from collab.accounts.mail import goes_out
from collab.accounts.selectors import person_find
from collab.api.base import ApiView, base_url, body_of, id_of
from collab.api.people_schemas import NewMemberSchema
from collab.api.schemas import MemberBody, MemberSchema, RoleBody
from collab.documents.models import Document, Membership, Role
from collab.documents.policy import Action
from collab.documents.services import MemberError, member_remove, member_set
from collab.documents.sharing import member_tell

if TYPE_CHECKING:
    from django.contrib.auth.models import Group
    from rest_framework.request import Request

    from collab.accounts.models import User


class MemberList(ApiView):
    """The members of a document; its owner is none of them."""

    @extend_schema(operation_id="members_list", responses=MemberSchema(many=True))
    def get(self, request: Request, document_id: str) -> Response:
        """List the members."""
        document = self.document_for(document_id, Action.SEE_MEMBERS)
        members = document.memberships.select_related("user").order_by("id")
        return Response(MemberSchema(members, many=True).data)

    @extend_schema(
        operation_id="members_add",
        request=MemberBody,
        responses={200: NewMemberSchema, 201: NewMemberSchema},
    )
    def post(self, request: Request, document_id: str) -> Response:
        """Give a person a role; 201 where they had none, 200 where they have another now."""
        document = self.document_for(document_id, Action.MANAGE_MEMBERS)
        body = body_of(MemberBody, request)
        user = person_named(body["user"])
        had_one = document.memberships.filter(user=user).exists()
        try:
            member = member_set(
                document=document, user=user, role=Role(body["role"]), actor=self.person
            )
        except MemberError as error:
            raise exceptions.ValidationError({"user": [str(error)]}) from error
        if not had_one:
            member_tell(
                document=document,
                user=user,
                role=Role(member.role),
                actor=self.person,
                base_url=base_url(request),
            )
        location = reverse("api-member", args=[document.pk, user.pk])
        return Response(
            {**MemberSchema(member).data, "is_told": not had_one and goes_out(user.email)},
            status=200 if had_one else 201,
            headers={"Location": location},
        )


class MemberDetail(ApiView):
    """One member."""

    @extend_schema(operation_id="members_change", request=RoleBody, responses=MemberSchema)
    def patch(self, request: Request, document_id: str, user_id: str) -> Response:
        """Give the member another role."""
        document = self.document_for(document_id, Action.MANAGE_MEMBERS)
        member = _member(document, user_id)
        role = Role(body_of(RoleBody, request)["role"])
        return Response(
            MemberSchema(
                member_set(document=document, user=member.user, role=role, actor=self.person)
            ).data
        )

    @extend_schema(operation_id="members_remove", responses={204: None})
    def delete(self, request: Request, document_id: str, user_id: str) -> Response:
        """Take the member's role away; every member may leave by themselves."""
        is_own = user_id == str(self.person.pk)
        document = self.document_for(document_id, Action.READ if is_own else Action.MANAGE_MEMBERS)
        member = _member(document, user_id)
        member_remove(document=document, user_id=member.user_id, actor=self.person)
        return Response(status=204)


def _member(document: Document, user_id: str) -> Membership:
    key = id_of(user_id)
    found = document.memberships.select_related("user").filter(user_id=key).first()
    if found is None:
        raise exceptions.NotFound(_("There is no such member."))
    return found


def person_named(name: str) -> User:
    """Return the active person of this user name, or of this e-mail address if one has it.

    Raises:
        ValidationError: there is none.
    """
    user = person_find(name)
    if user is None:
        raise exceptions.ValidationError({"user": [_("There is no such person.")]})
    return user


def group_named(person: User, name: str) -> Group:
    """Return the group of this name that the person is in: nobody gives to groups of others.

    Raises:
        ValidationError: they are in none.
    """
    group = person.groups.filter(name=name).first()
    if group is None:
        raise exceptions.ValidationError({"group": [_("You are in no group of this name.")]})
    return group
