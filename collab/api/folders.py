"""Folders: the tree, what is done with it, and who has it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.response import Response

from collab.api.base import ApiView, body_of, id_of
from collab.api.errors import NAMES_ONE
from collab.api.members import group_named, person_named
from collab.api.people_schemas import GroupMemberBody, GroupMemberSchema
from collab.api.place_schemas import FolderBody, FolderChange, FolderMemberSchema, FolderSchema
from collab.api.schemas import MemberBody
from collab.documents import folders
from collab.documents.folders import FolderError, folder_get
from collab.documents.models import Folder, Role
from collab.documents.policy import (
    FolderAction,
    folder_roles_of,
    folders_seen_by,
    may_in_folder,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from rest_framework.request import Request

    from collab.accounts.models import User


def folder_for(person: User, folder_id: UUID | str, action: FolderAction) -> Folder:
    """Return the folder if the person may do ``action`` with it.

    Raises:
        NotFound: there is none of that id, or the person may not see it.
        PermissionDenied: they see it, and may not do this.
    """
    folder = folder_get(folder_id)
    if folder is None or not may_in_folder(person, FolderAction.SEE, folder):
        raise exceptions.NotFound(_("There is no such folder."))
    if not may_in_folder(person, action, folder):
        raise exceptions.PermissionDenied(_("You may not do this with the folder."))
    return folder


def _shown(person: User, rows: Sequence[Folder]) -> list[dict[str, Any]]:
    roles = folder_roles_of(person, rows)
    seen = set(roles)
    return [
        {
            "id": folder.pk,
            "name": folder.name,
            "parent_id": folder.parent_id if folder.parent_id in seen else None,
            "owner": folder.owner,
            "role": roles[folder.pk],
            "created_at": folder.created_at,
        }
        for folder in rows
        if folder.pk in roles
    ]


def _one(person: User, folder: Folder) -> dict[str, Any]:
    parents = [] if folder.parent is None else [folder.parent]
    shown = _shown(person, [folder, *parents])
    return dict(FolderSchema(next(row for row in shown if row["id"] == folder.pk)).data)


def _refuse(field: str, error: FolderError) -> NoReturn:
    raise exceptions.ValidationError({field: [str(error)]}) from error


#: What each field that can be changed needs.
_NEEDS = {"name": FolderAction.FILL, "parent": FolderAction.MANAGE}


class FolderList(ApiView):
    """The folders of a person."""

    @extend_schema(operation_id="folders_list", responses=FolderSchema(many=True))
    def get(self, request: Request) -> Response:
        """List all folders that you own or have a role in, by name."""
        rows = list(folders_seen_by(self.person).select_related("owner").order_by("name", "id"))
        return Response(FolderSchema(_shown(self.person, rows), many=True).data)

    @extend_schema(
        operation_id="folders_create",
        request=FolderBody,
        responses={201: FolderSchema},
        extensions=NAMES_ONE,
    )
    def post(self, request: Request) -> Response:
        """Make a folder. In another it belongs to whom that one belongs."""
        body = body_of(FolderBody, request)
        parent = None
        if body["parent"] is not None:
            parent = folder_for(self.person, body["parent"], FolderAction.FILL)
        try:
            folder = folders.folder_create(owner=self.person, name=body["name"], parent=parent)
        except FolderError as error:
            _refuse("name", error)
        location = reverse("api-folder", args=[folder.pk])
        return Response(
            _one(self.person, folder), status=HTTPStatus.CREATED, headers={"Location": location}
        )


class FolderDetail(ApiView):
    """One folder."""

    @extend_schema(operation_id="folders_retrieve", responses=FolderSchema)
    def get(self, request: Request, folder_id: str) -> Response:
        """Show the folder."""
        return Response(_one(self.person, folder_for(self.person, folder_id, FolderAction.SEE)))

    @extend_schema(operation_id="folders_change", request=FolderChange, responses=FolderSchema)
    def patch(self, request: Request, folder_id: str) -> Response:
        """Rename the folder, or move it with all below it: only its owner moves it."""
        body = body_of(FolderChange, request)
        folder = folder_for(self.person, folder_id, FolderAction.FILL)
        for name in body:
            folder_for(self.person, folder_id, _NEEDS[name])
        if "name" in body:
            try:
                folders.folder_rename(folder=folder, name=body["name"])
            except FolderError as error:
                _refuse("name", error)
        if "parent" in body:
            parent = None
            if body["parent"] is not None:
                parent = folder_for(self.person, body["parent"], FolderAction.FILL)
            try:
                folders.folder_move(folder=folder, parent=parent)
            except FolderError as error:
                _refuse("parent", error)
        return Response(_one(self.person, folder))

    @extend_schema(operation_id="folders_remove", responses={204: None})
    def delete(self, request: Request, folder_id: str) -> Response:
        """Take the folder away. What lies in it moves to where the folder lay; nothing is lost."""
        folder = folder_for(self.person, folder_id, FolderAction.MANAGE)
        folders.folder_remove(folder=folder)
        return Response(status=HTTPStatus.NO_CONTENT)


class FolderMemberList(ApiView):
    """Who has a folder."""

    @extend_schema(operation_id="folder_members_list", responses=FolderMemberSchema(many=True))
    def get(self, request: Request, folder_id: str) -> Response:
        """List those who were given a role in this very folder; those above it give more."""
        folder = folder_for(self.person, folder_id, FolderAction.SEE)
        members = folder.memberships.select_related("user").order_by("id")
        return Response(FolderMemberSchema(members, many=True).data)

    @extend_schema(
        operation_id="folder_members_add", request=MemberBody, responses=FolderMemberSchema
    )
    def post(self, request: Request, folder_id: str) -> Response:
        """Give a person a role in all documents of the folder and of those below it."""
        folder = folder_for(self.person, folder_id, FolderAction.MANAGE)
        body = body_of(MemberBody, request)
        user = person_named(body["user"])
        try:
            member = folders.folder_member_set(
                folder=folder, user=user, role=Role(body["role"]), actor=self.person
            )
        except FolderError as error:
            _refuse("user", error)
        return Response(FolderMemberSchema(member).data)


class FolderMemberDetail(ApiView):
    """One member of a folder."""

    @extend_schema(operation_id="folder_members_remove", responses={204: None})
    def delete(self, request: Request, folder_id: str, user_id: str) -> Response:
        """Take the role away; every member may leave by themselves."""
        is_own = user_id == str(self.person.pk)
        action = FolderAction.SEE if is_own else FolderAction.MANAGE
        folder = folder_for(self.person, folder_id, action)
        if not folders.folder_member_remove(
            folder=folder, user_id=id_of(user_id), actor=self.person
        ):
            raise exceptions.NotFound(_("There is no such member."))
        return Response(status=HTTPStatus.NO_CONTENT)


class FolderGroupList(ApiView):
    """Which groups have a folder."""

    @extend_schema(operation_id="folder_groups_list", responses=GroupMemberSchema(many=True))
    def get(self, request: Request, folder_id: str) -> Response:
        """List the groups that were given a role in this very folder."""
        folder = folder_for(self.person, folder_id, FolderAction.SEE)
        rows = folder.group_memberships.select_related("group").order_by("id")
        return Response(GroupMemberSchema(rows, many=True).data)

    @extend_schema(
        operation_id="folder_groups_add", request=GroupMemberBody, responses=GroupMemberSchema
    )
    def post(self, request: Request, folder_id: str) -> Response:
        """Give everybody in a group a role in all documents of the folder and of those below it."""
        folder = folder_for(self.person, folder_id, FolderAction.MANAGE)
        body = body_of(GroupMemberBody, request)
        group = group_named(self.person, body["group"])
        row = folders.folder_group_set(
            folder=folder, group=group, role=Role(body["role"]), actor=self.person
        )
        return Response(GroupMemberSchema(row).data)


class FolderGroupDetail(ApiView):
    """One group of a folder."""

    @extend_schema(operation_id="folder_groups_remove", responses={204: None})
    def delete(self, request: Request, folder_id: str, group_id: str) -> Response:
        """Take the group's role away."""
        folder = folder_for(self.person, folder_id, FolderAction.MANAGE)
        if not folders.folder_group_remove(
            folder=folder, group_id=id_of(group_id), actor=self.person
        ):
            raise exceptions.NotFound(_("There is no such group here."))
        return Response(status=HTTPStatus.NO_CONTENT)
