"""The shapes that go in and out, checked here and described in openapi.json from here."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from collab.documents.models import Role
from collab.documents.services import MAX_TITLE_CHARS
from collab.formats.registry import FORMATS

#: Formats that content can be read in; all but the last can be written too.
TEXT_FORMATS = ("markdown", "html", "text", "json")
CONTENT_FORMATS = (*TEXT_FORMATS, "yjs")
ORDERINGS = tuple(
    f"{sign}{name}"
    for name in ("title", "created_at", "updated_at", "edited_at")
    for sign in ("", "-")
)
MAX_PAGE_SIZE = 100
MAX_RECORDS = 1000
MAX_SEQ = 2**63 - 1
MEMBER_ROLES = tuple(role.value for role in Role if role is not Role.OWNER)


class PersonSchema(serializers.Serializer[Any]):
    """A person as others see them."""

    id = serializers.IntegerField()
    name = serializers.CharField(source="shown_name")
    avatar = serializers.CharField(
        source="avatar_url", help_text="Where the picture is on this server; empty: there is none."
    )


class DocumentSchema(serializers.Serializer[Any]):
    """A document, to the person who asks."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    role = serializers.ChoiceField(Role.values, help_text="What you are to it.")
    owner = PersonSchema(allow_null=True, help_text="Null for who reads it by its link alone.")
    folder = serializers.UUIDField(allow_null=True, help_text="Where it lies.")
    is_template = serializers.BooleanField(help_text="Documents are made from it.")
    is_draft = serializers.BooleanField(help_text="It began as another; see `/draft`.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(help_text="Last change of title, state or members.")
    edited_at = serializers.DateTimeField(help_text="Last edit of the content.")
    trashed_at = serializers.DateTimeField(allow_null=True)
    seq = serializers.IntegerField(help_text="Number of the last record of the update log.")


class DocumentPageSchema(serializers.Serializer[Any]):
    """A page of documents."""

    count = serializers.IntegerField(help_text="How many there are on all pages.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = DocumentSchema(many=True)


class DocumentListQuery(serializers.Serializer[Any]):
    """Which documents, in which order, how many at a time."""

    search = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=255, help_text="In the title."
    )
    ordering = serializers.ChoiceField(ORDERINGS, required=False, default="-edited_at")
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=10**6)
    page_size = serializers.IntegerField(
        required=False, default=25, min_value=1, max_value=MAX_PAGE_SIZE
    )
    folder = serializers.UUIDField(required=False, default=None, help_text="In this folder only.")
    tag = serializers.CharField(required=False, default="", max_length=50)
    starred = serializers.BooleanField(required=False, default=False, help_text="By you.")
    templates = serializers.BooleanField(required=False, default=False)
    trashed = serializers.BooleanField(
        required=False, default=False, help_text="Your own documents in the trash instead."
    )


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "object"}]})
class ContentField(serializers.Field[str, Any, str, Any]):
    """Text of a document in some format; the JSON format may come as the object itself."""

    default_error_messages = {
        "kind": "This must be a string, or an object in the json format.",
        "characters": "NUL and lone surrogates are no text.",
        "depth": "This is nested too deeply.",
    }

    def to_internal_value(self, data: Any) -> str:
        """Return the content as text."""
        try:
            text = json.dumps(data, ensure_ascii=False) if isinstance(data, dict) else data
        except RecursionError:
            self.fail("depth")
        if not isinstance(text, str):
            self.fail("kind")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            self.fail("characters")
        if "\x00" in text:
            self.fail("characters")
        return text


class TitleBody(serializers.Serializer[Any]):
    """A title."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=MAX_TITLE_CHARS)


class DocumentChange(TitleBody):
    """What can be changed of a document."""

    folder = serializers.UUIDField(
        required=False, allow_null=True, help_text="Null: into no folder."
    )


class DocumentBody(TitleBody):
    """A new document."""

    content = ContentField(required=False, default="")
    content_format = serializers.ChoiceField(TEXT_FORMATS, required=False, default="markdown")


class FormatQuery(serializers.Serializer[Any]):
    """Which form the content shall have."""

    format = serializers.ChoiceField(CONTENT_FORMATS, required=False, default="markdown")


class ExportQuery(serializers.Serializer[Any]):
    """Which kind of file."""

    format = serializers.ChoiceField(tuple(FORMATS), required=False, default="markdown")


class UpdatesQuery(serializers.Serializer[Any]):
    """Which records."""

    since = serializers.IntegerField(
        required=False, default=0, min_value=0, max_value=MAX_SEQ, help_text="Records after this."
    )
    limit = serializers.IntegerField(
        required=False,
        default=100,
        min_value=1,
        max_value=MAX_RECORDS,
        help_text="At most so many.",
    )


class RecordSchema(serializers.Serializer[Any]):
    """One record of the update log."""

    seq = serializers.IntegerField()
    # A declared field is taken off the class, so the method of this name stays.
    update = serializers.CharField(  # type: ignore[assignment]
        help_text="A Yjs update, encoding version 1, in base64."
    )
    author = PersonSchema(allow_null=True)
    client_ids = serializers.ListField(child=serializers.IntegerField())
    is_relayed = serializers.BooleanField(help_text="Passed on by the author, made by another.")
    created_at = serializers.DateTimeField()


class RecordPageSchema(serializers.Serializer[Any]):
    """Records in order, without gaps."""

    records = RecordSchema(many=True)
    next = serializers.IntegerField(
        allow_null=True, help_text="Ask on with since= this; null: these were the last."
    )


class MemberSchema(serializers.Serializer[Any]):
    """A person and their role."""

    user = PersonSchema()
    role = serializers.ChoiceField(MEMBER_ROLES)
    created_at = serializers.DateTimeField()


class RoleBody(serializers.Serializer[Any]):
    """Another role."""

    role = serializers.ChoiceField(MEMBER_ROLES)


class MemberBody(RoleBody):
    """A new member."""

    user = serializers.CharField(max_length=254, help_text="User name or e-mail address.")


class AttachmentBody(serializers.Serializer[Any]):
    """A file to be kept with a document."""

    file = serializers.FileField(
        allow_empty_file=True, help_text="Its type is found by its content, not by its name."
    )


class AttachmentCopyBody(serializers.Serializer[Any]):
    """A file of another document."""

    url = serializers.CharField(
        max_length=200, help_text="As content names it: `/d/<document>/files/<attachment>/`."
    )


class AttachmentSchema(serializers.Serializer[Any]):
    """A file of a document."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    sha256 = serializers.CharField(help_text="Of the content, in hexadecimal digits.")
    url = serializers.CharField(help_text="What content names to show the file; relative.")
    uploader = PersonSchema(allow_null=True)
    created_at = serializers.DateTimeField()
