"""The shapes of folders, tags, stars, copies and searches."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from collab.api.schemas import MAX_PAGE_SIZE, MEMBER_ROLES, DocumentSchema, PersonSchema
from collab.documents.folders import MAX_NAME_CHARS
from collab.documents.marks import MAX_TAG_CHARS, MAX_TAGS
from collab.documents.models import Role
from collab.documents.services import MAX_TITLE_CHARS
from collab.formats.registry import FORMATS
from collab.library.imports import CHOICES
from collab.search.selectors import MAX_TOTAL

MAX_QUERY_CHARS = 200
MAX_OFFSET = 1000
#: A Yjs file is of a state, not of a document that is read; see ``…/export`` for it.
BULK_FORMATS = tuple(name for name in FORMATS if name != "yjs")


class FolderSchema(serializers.Serializer[Any]):
    """A folder, to the person who asks."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    parent = serializers.UUIDField(  # type: ignore[assignment]  # the declared field leaves the class
        source="parent_id", allow_null=True, help_text="Null: at the top, or in one you cannot see."
    )
    owner = PersonSchema()
    role = serializers.ChoiceField(Role.values, help_text="What you are to it.")
    created_at = serializers.DateTimeField()


class FolderBody(serializers.Serializer[Any]):
    """A new folder."""

    name = serializers.CharField(max_length=MAX_NAME_CHARS)
    parent = serializers.UUIDField(  # type: ignore[assignment]  # the declared field leaves the class
        required=False, allow_null=True, default=None
    )


class FolderChange(serializers.Serializer[Any]):
    """What can be changed of a folder."""

    name = serializers.CharField(required=False, max_length=MAX_NAME_CHARS)
    parent = serializers.UUIDField(  # type: ignore[assignment]  # the declared field leaves the class
        required=False, allow_null=True, help_text="Null: to the top. What lies in it comes along."
    )


class FolderMemberSchema(serializers.Serializer[Any]):
    """A person and their role in the folder and all below it."""

    user = PersonSchema()
    role = serializers.ChoiceField(MEMBER_ROLES)
    created_at = serializers.DateTimeField()


class TagsBody(serializers.Serializer[Any]):
    """All the tags of a document."""

    tags = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TAG_CHARS), max_length=MAX_TAGS
    )


class TagSchema(serializers.Serializer[Any]):
    """A tag and on how many documents of yours it is."""

    name = serializers.CharField()
    count = serializers.IntegerField()


class StarBody(serializers.Serializer[Any]):
    """Your star."""

    is_starred = serializers.BooleanField()


class DuplicateBody(serializers.Serializer[Any]):
    """How the copy shall be."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=MAX_TITLE_CHARS)
    as_template = serializers.BooleanField(required=False, default=False)
    folder = serializers.UUIDField(required=False, allow_null=True, default=None)


class SearchQuery(serializers.Serializer[Any]):
    """What to look for."""

    q = serializers.CharField(
        max_length=MAX_QUERY_CHARS,
        help_text='Words in any order, each the beginning of one; "quoted ones" as they stand; '
        "`-word` shuts out; of `a OR b` one is enough.",
    )
    owner = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    tag = serializers.CharField(required=False, max_length=MAX_TAG_CHARS)
    edited_from = serializers.DateField(required=False)
    edited_until = serializers.DateField(required=False)
    offset = serializers.IntegerField(required=False, default=0, min_value=0, max_value=MAX_OFFSET)
    limit = serializers.IntegerField(
        required=False, default=20, min_value=1, max_value=MAX_PAGE_SIZE
    )


class PieceSchema(serializers.Serializer[Any]):
    """A run of text."""

    text = serializers.CharField()
    is_match = serializers.BooleanField(help_text="Whether it is what was looked for.")


class HitSchema(serializers.Serializer[Any]):
    """A document that was found."""

    document = DocumentSchema()
    title = PieceSchema(many=True)
    excerpt = PieceSchema(many=True)


class HitPageSchema(serializers.Serializer[Any]):
    """Hits, the best first."""

    results = HitSchema(many=True)
    next = serializers.IntegerField(
        allow_null=True, help_text="Ask on with offset= this; null: these were the last."
    )
    total = serializers.IntegerField(
        help_text=f"How many are found; {MAX_TOTAL} stands for that many or more."
    )
    suggestion = serializers.CharField(
        allow_null=True,
        help_text="Where nothing is found: the same with words that you may read. Else null.",
    )


class ImportBody(serializers.Serializer[Any]):
    """A file, or a zip of files."""

    file = serializers.FileField(
        help_text="Its kind is told by the ending of its name. One of no bytes is refused with 400."
    )
    folder = serializers.UUIDField(required=False, default=None)
    include = serializers.ListField(
        child=serializers.ChoiceField(CHOICES),
        required=False,
        default=list,
        help_text="Of a zip that this server or another wrote: take the history of the documents, "
        "and their members (by user name), where the zip holds them.",
    )


class OutcomeSchema(serializers.Serializer[Any]):
    """What became of one file."""

    name = serializers.CharField()
    document = serializers.UUIDField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    warnings = serializers.ListField(
        child=serializers.CharField(),
        help_text="What the file had and the document has not: a sentence for each.",
    )


class OutcomesSchema(serializers.Serializer[Any]):
    """What became of each file."""

    made = serializers.IntegerField(help_text="How many documents were made.")
    failed = serializers.IntegerField(help_text="How many files no document was made of.")
    results = OutcomeSchema(many=True)


class BulkExportQuery(serializers.Serializer[Any]):
    """Which documents, in which format."""

    folder = serializers.UUIDField(required=False, default=None)
    document = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=MAX_PAGE_SIZE
    )
    format = serializers.ChoiceField(BULK_FORMATS, required=False, default="markdown")
    include = serializers.ListField(
        child=serializers.ChoiceField(CHOICES),
        required=False,
        default=list,
        help_text="The history of the documents, and their members, where you may see them.",
    )
