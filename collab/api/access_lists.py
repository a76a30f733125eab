"""Who has access to a document or a folder, and by what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from collab.api.base import ApiView
from collab.api.folders import folder_for
from collab.api.people_schemas import FoundPersonSchema
from collab.documents import policy
from collab.documents.having import (
    Having,
    folders_named_to,
    people_with_document,
    people_with_folder,
)
from collab.documents.models import Role
from collab.documents.policy import Action, FolderAction

if TYPE_CHECKING:
    from rest_framework.request import Request


class SourceSchema(serializers.Serializer[Any]):
    """One reason why somebody has access."""

    role = serializers.ChoiceField(Role.values)
    group = serializers.CharField(help_text="The group that gives it; empty: none.")
    is_by_folder = serializers.BooleanField(help_text="Whether a folder above gives it.")
    folder = serializers.CharField(
        help_text="The name of that folder; empty where you do not see the folder."
    )


class HavingSchema(serializers.Serializer[Any]):
    """A person who has access."""

    user = FoundPersonSchema()
    role = serializers.ChoiceField(Role.values, help_text="The strongest of all sources.")
    sources = SourceSchema(many=True)


class AccessListSchema(serializers.Serializer[Any]):
    """Who has access, and what you may do about it."""

    role = serializers.ChoiceField(Role.values, help_text="What you are to it.")
    may_manage = serializers.BooleanField(help_text="Whether you may change who has access.")
    people = HavingSchema(many=True)


class DocumentAccessList(ApiView):
    """Who has access to a document."""

    @extend_schema(operation_id="document_access", responses=AccessListSchema)
    def get(self, request: Request, document_id: str) -> Response:
        """List who has access: by themselves, by a group, by a folder above; not by the link."""
        document = self.document_for(document_id, Action.SEE_MEMBERS)
        roles = policy.roles_for(self.person, document)
        may_manage = Action.MANAGE_MEMBERS in policy.actions_for(roles, document)
        return _answer(self, roles.best, may_manage, people_with_document(document))


class FolderAccessList(ApiView):
    """Who has access to a folder."""

    @extend_schema(operation_id="folder_access", responses=AccessListSchema)
    def get(self, request: Request, folder_id: str) -> Response:
        """List who has access to the folder and all that lies in it."""
        folder = folder_for(self.person, folder_id, FolderAction.SEE)
        role = policy.folder_roles_of(self.person, [folder]).get(folder.pk)
        may_manage = FolderAction.MANAGE in policy.folder_actions(role)
        return _answer(self, role, may_manage, people_with_folder(folder))


def _answer(view: ApiView, role: Role | None, may_manage: bool, people: list[Having]) -> Response:
    named = folders_named_to(view.person, people)
    shown = {
        "role": role,
        "may_manage": may_manage,
        "people": [
            {
                "user": each.user,
                "role": each.role,
                "sources": [
                    {
                        "role": source.role,
                        "group": source.group,
                        "is_by_folder": source.folder is not None,
                        "folder": source.folder.name
                        if source.folder is not None and source.folder.pk in named
                        else "",
                    }
                    for source in each.sources
                ],
            }
            for each in people
        ],
    }
    return Response(AccessListSchema(shown).data)
