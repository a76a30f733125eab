"""The shapes of accounts and sharing; ``schemas.py`` has those of documents and their members."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from collab.accounts.models import PALETTE, Theme, TokenScope
from collab.api.schemas import MEMBER_ROLES, MemberSchema, PersonSchema
from collab.documents.models import LinkReach

MAX_TOKEN_DAYS = 3650
IS_TOLD = (
    "Whether a letter to them is on its way: not where they have no address, or the server sends "
    "none."
)
LANGUAGE_CODES = tuple(code for code, _ in settings.LANGUAGES)


class MeSchema(PersonSchema):
    """A person as they see themselves."""

    username = serializers.CharField()
    email = serializers.CharField()
    color = serializers.CharField(source="shown_color", help_text="As #rrggbb.")
    language = serializers.CharField(help_text="Empty: that of the browser.")
    theme = serializers.CharField(help_text="Empty: that of the system.")


class MeBody(serializers.Serializer[Any]):
    """What a person can change of themselves here; the rest is on the account pages."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=80)
    color = serializers.RegexField(
        r"^(#[0-9a-f]{6})?$", required=False, allow_blank=True, help_text=f"As {PALETTE[0]}."
    )
    language = serializers.ChoiceField(LANGUAGE_CODES, required=False, allow_blank=True)
    theme = serializers.ChoiceField(Theme.values, required=False, allow_blank=True)


class PeopleQuery(serializers.Serializer[Any]):
    """Whom to look for."""

    search = serializers.CharField(
        max_length=254,
        help_text=(
            "Part of the name of somebody with whom you share a document, or the whole user name "
            "or e-mail address of anybody."
        ),
    )


class FoundPersonSchema(PersonSchema):
    """A person who was looked for."""

    username = serializers.CharField(help_text="To name them by.")
    color = serializers.CharField(source="shown_color")


class TokenSchema(serializers.Serializer[Any]):
    """A token of yours; what it says is shown once, when it is made."""

    id = serializers.CharField(source="short_id")
    name = serializers.CharField()
    scope = serializers.ChoiceField(TokenScope.values)
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry", allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")


class NewTokenSchema(TokenSchema):
    """A token just made."""

    token = serializers.CharField(help_text="Keep it: it cannot be read again.")


class TokenBody(serializers.Serializer[Any]):
    """A token to be made."""

    name = serializers.CharField(max_length=80)
    scope = serializers.ChoiceField(TokenScope.values, required=False, default=TokenScope.READ)
    expires_in_days = serializers.IntegerField(
        required=False, default=365, min_value=1, max_value=MAX_TOKEN_DAYS
    )


class GroupSchema(serializers.Serializer[Any]):
    """A group of people."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class GroupMemberSchema(serializers.Serializer[Any]):
    """A group and its role."""

    group = GroupSchema()
    role = serializers.ChoiceField(MEMBER_ROLES)
    created_at = serializers.DateTimeField()


class GroupMemberBody(serializers.Serializer[Any]):
    """A group to be let in."""

    group = serializers.CharField(max_length=150, help_text="Name of a group that you are in.")
    role = serializers.ChoiceField(MEMBER_ROLES)


class LinkSchema(serializers.Serializer[Any]):
    """Whom the document's address lets in, besides those who have a role of their own."""

    url = serializers.URLField()
    reach = serializers.ChoiceField(LinkReach.values)
    role = serializers.ChoiceField(MEMBER_ROLES)
    expires_at = serializers.DateTimeField(allow_null=True)
    has_password = serializers.BooleanField()


class LinkBody(serializers.Serializer[Any]):
    """What is to be changed of the link; what is left out stays."""

    reach = serializers.ChoiceField(LinkReach.values, required=False)
    role = serializers.ChoiceField(MEMBER_ROLES, required=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    password = serializers.CharField(
        required=False, allow_blank=True, max_length=128, help_text="Empty: none any more."
    )


class InvitationSchema(serializers.Serializer[Any]):
    """A role that waits for somebody without an account."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(MEMBER_ROLES)
    invited_by = PersonSchema()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    url = serializers.URLField(
        help_text="Opens the invitation, to be handed on; it proves no address, as the letter does."
    )


class NewInvitationSchema(InvitationSchema):
    """An invitation just made."""

    is_told = serializers.BooleanField(help_text=IS_TOLD)


class NewMemberSchema(MemberSchema):
    """A member just added."""

    is_told = serializers.BooleanField(help_text=IS_TOLD)


class InvitationBody(serializers.Serializer[Any]):
    """Somebody to be invited."""

    email = serializers.EmailField()
    role = serializers.ChoiceField(MEMBER_ROLES)


class AccessRequestSchema(serializers.Serializer[Any]):
    """Somebody asks to be let in."""

    id = serializers.IntegerField()
    user = FoundPersonSchema()
    message = serializers.CharField()
    created_at = serializers.DateTimeField()
    will_be_told = serializers.BooleanField(
        help_text="Whether your answer goes to them by a letter, too."
    )


class AccessRequestBody(serializers.Serializer[Any]):
    """A request."""

    message = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class AnswerBody(serializers.Serializer[Any]):
    """The answer to a request."""

    role = serializers.ChoiceField(MEMBER_ROLES, allow_null=True, help_text="null: no access.")


class OwnerBody(serializers.Serializer[Any]):
    """The new owner, named in one of two ways."""

    user = serializers.CharField(
        required=False, max_length=254, help_text="User name or e-mail address."
    )
    member = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="Id of a member."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the body.

        Raises:
            ValidationError: it names nobody, or two.
        """
        if len(attrs) != 1:
            raise serializers.ValidationError(
                {"user": "Name the person by one of user and member."}
            )
        return attrs
