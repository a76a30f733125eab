"""The shapes of history that go in and out; described in openapi.json from here."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from collab.api.schemas import CONTENT_FORMATS, MAX_PAGE_SIZE, MAX_SEQ
from collab.history.export import FORMS
from collab.history.models import Erasure, Revision
from collab.history.revisions import MAX_NAME_CHARS

MAX_BUCKETS = 1000
MAX_REVISION = 2**31 - 1
REVISION_KINDS = tuple(Revision.Kind.values)


class AuthorSchema(serializers.Serializer[Any]):
    """A person who wrote, as others see them."""

    id = serializers.IntegerField()
    name = serializers.CharField(source="shown_name")
    color = serializers.CharField(source="shown_color", help_text="As #rrggbb.")
    avatar = serializers.CharField(source="avatar_url", help_text="Empty: no picture.")


class RevisionSchema(serializers.Serializer[Any]):
    """A stretch of work; it shows the document as of its last record."""

    number = serializers.IntegerField(help_text="From 1, without gaps; never given twice.")
    seq = serializers.IntegerField(help_text="Its last record.")
    first_seq = serializers.IntegerField(help_text="Its first record.")
    kind = serializers.ChoiceField(REVISION_KINDS)
    name = serializers.CharField(help_text="Empty: nobody has named it.")
    authors = AuthorSchema(many=True)
    started_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField(source="ended_at", help_text="Time of its last record.")
    insertions = serializers.IntegerField(help_text="Characters inserted.")
    deletions = serializers.IntegerField(help_text="Characters and other elements deleted.")
    size = serializers.IntegerField(source="size_bytes", help_text="Bytes in the log.")


class RevisionPageSchema(serializers.Serializer[Any]):
    """Revisions, newest first."""

    next = serializers.URLField(allow_null=True, help_text="Where the older ones are.")
    results = RevisionSchema(many=True)


class RevisionListQuery(serializers.Serializer[Any]):
    """Which revisions."""

    before = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_REVISION,
        help_text="Only those with a smaller number.",
    )
    seq = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_SEQ,
        help_text="Only the one that this record falls in, and those before it.",
    )
    page_size = serializers.IntegerField(
        required=False, default=25, min_value=1, max_value=MAX_PAGE_SIZE
    )
    named = serializers.BooleanField(required=False, default=False, help_text="Only named ones.")


class RevisionBody(serializers.Serializer[Any]):
    """A name for a moment."""

    name = serializers.CharField(max_length=MAX_NAME_CHARS)


class RevisionNameBody(serializers.Serializer[Any]):
    """Another name; an empty one takes it away."""

    name = serializers.CharField(max_length=MAX_NAME_CHARS, allow_blank=True)


class PastFormatQuery(serializers.Serializer[Any]):
    """Which form the content shall have."""

    format = serializers.ChoiceField(CONTENT_FORMATS, required=False, default="json")


class AtQuery(PastFormatQuery):
    """Which moment, in which form; without one, now."""

    seq = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_SEQ, help_text="When this record had come."
    )
    time = serializers.DateTimeField(
        required=False, help_text="The last moment at or before this time."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both."""
        if "seq" in attrs and "time" in attrs:
            raise serializers.ValidationError({"time": ["Give seq or time, not both."]})
        return attrs


class HistoryExportQuery(serializers.Serializer[Any]):
    """Which form the history shall have."""

    format = serializers.ChoiceField(tuple(FORMS), required=False, default="json")


class TimelineQuery(serializers.Serializer[Any]):
    """How fine the timeline shall be."""

    buckets = serializers.IntegerField(
        required=False, default=100, min_value=1, max_value=MAX_BUCKETS
    )


class BucketSchema(serializers.Serializer[Any]):
    """Some records in a row."""

    seq_from = serializers.IntegerField()
    seq_to = serializers.IntegerField()
    to = serializers.DateTimeField(help_text="Time of the last of them.")
    edits = serializers.IntegerField(help_text="How many records.")
    authors = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Ids of who wrote in the revisions that these records are of.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field whose name is a word of Python."""
        start = serializers.DateTimeField(source="since", help_text="Time of the first of them.")
        return super().get_fields() | {"from": start}


class TimelineSchema(serializers.Serializer[Any]):
    """The whole log, in parts of about equal numbers of records."""

    seq = serializers.IntegerField(help_text="The last record.")
    buckets = BucketSchema(many=True)
    authors = AuthorSchema(many=True)


class PersonColorSchema(serializers.Serializer[Any]):
    """How a person is shown."""

    name = serializers.CharField()
    color = serializers.CharField(help_text="As #rrggbb.")


class AttributionQuery(serializers.Serializer[Any]):
    """Of which moment; without seq, now."""

    seq = serializers.IntegerField(required=False, min_value=0, max_value=MAX_SEQ)
    deleted = serializers.BooleanField(
        required=False, default=False, help_text="Also what was deleted until then, by whom."
    )


class RunSchema(serializers.Serializer[Any]):
    """Text that one person wrote in one revision."""

    path = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="To the block that holds the text: place of its child, of that one's child, …",
    )
    to = serializers.IntegerField()
    author = serializers.IntegerField(allow_null=True, help_text="Null: nobody can be named.")
    at = serializers.DateTimeField(allow_null=True)
    seq = serializers.IntegerField(help_text="The last record in it; 0: not known.")
    relayed = serializers.BooleanField(
        help_text="Another person's browser brought it: the author is not verified."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field whose name is a word of Python."""
        words = "UTF-16 units in the block; a node in the line counts one."
        fields = super().get_fields()
        return {"path": fields.pop("path"), "from": serializers.IntegerField(help_text=words)} | (
            fields
        )


class DeletionSchema(serializers.Serializer[Any]):
    """Text that is gone."""

    path = serializers.ListField(
        child=serializers.IntegerField(), help_text="To the deepest node around it still there."
    )
    text = serializers.CharField()
    author = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    seq = serializers.IntegerField()
    relayed = serializers.BooleanField()
    deleted_by = serializers.IntegerField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)
    deleted_seq = serializers.IntegerField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field whose name is a word of Python."""
        return super().get_fields() | {"from": serializers.IntegerField()}


class RootRunSchema(serializers.Serializer[Any]):
    """What one person wrote of a root in one revision."""

    to = serializers.IntegerField()
    author = serializers.IntegerField(allow_null=True, help_text="Null: nobody can be named.")
    at = serializers.DateTimeField(allow_null=True)
    seq = serializers.IntegerField(help_text="The last record in it; 0: not known.")
    relayed = serializers.BooleanField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field whose name is a word of Python."""
        words = "Counted over all in the root: UTF-16 units, values, types, also in types within."
        return {"from": serializers.IntegerField(help_text=words)} | super().get_fields()


class RootRunsSchema(serializers.Serializer[Any]):
    """Who wrote what stands in a root beside the rich text."""

    name = serializers.CharField()
    type = serializers.ChoiceField(("text", "list", "map", "xml"))
    size = serializers.IntegerField(
        help_text="Characters of a text, elements of a list, entries of a map, children of XML."
    )
    runs = RootRunSchema(many=True)


class AttributionSchema(serializers.Serializer[Any]):
    """Who wrote what: the runs cover the text exactly once, in order."""

    seq = serializers.IntegerField()
    authors = serializers.DictField(child=PersonColorSchema(), help_text="By id.")
    runs = RunSchema(many=True)
    roots = RootRunsSchema(many=True, help_text="Of what other Yjs programs keep beside it.")
    deletions = DeletionSchema(many=True, required=False)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "pattern": "^[0-9]+$"},
            {"type": "string", "format": "date-time"},
        ]
    }
)
class MomentField(serializers.CharField):
    """A record's number, or a time."""

    default_error_messages = {"moment": "Give a record's number or a time (ISO 8601)."}

    def to_internal_value(self, data: Any) -> Any:
        """Return an int or a datetime."""
        text = super().to_internal_value(data)
        if text.isascii() and text.isdecimal():
            number = int(text) if len(text) <= len(str(MAX_SEQ)) else MAX_SEQ
            return min(number, MAX_SEQ)
        try:
            return serializers.DateTimeField().to_internal_value(text)
        except serializers.ValidationError:
            self.fail("moment")


class DiffQuery(serializers.Serializer[Any]):
    """Which two moments, in which form."""

    to = MomentField(required=False, help_text="A record's number or a time; without it, now.")
    format = serializers.ChoiceField(("json", "html", "text"), required=False, default="json")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field whose name is a word of Python."""
        words = "A record's number or a time; 0 is before the first record."
        return {"from": MomentField(help_text=words)} | super().get_fields()


class DiffRunSchema(serializers.Serializer[Any]):
    """Text, or a node in the line, and what became of it."""

    op = serializers.ChoiceField(("equal", "insert", "delete", "format"))
    text = serializers.CharField(help_text="Empty for a node.")
    marks = serializers.ListField(child=serializers.DictField(), help_text="As they are after.")
    marks_before = serializers.ListField(
        child=serializers.DictField(), required=False, help_text="For format: as they were."
    )
    node = serializers.DictField(required=False, help_text="A node in the line.")
    author = AuthorSchema(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    relayed = serializers.BooleanField()


class DiffBlockSchema(serializers.Serializer[Any]):
    """A block, and what became of it."""

    kind = serializers.ChoiceField(("same", "added", "removed", "changed"))
    node = serializers.DictField(help_text="As it is after; one that was removed, as it was.")
    before = serializers.DictField(required=False, help_text="A changed block as it was.")
    author = AuthorSchema(allow_null=True, help_text="Who added, removed or set its attributes.")
    at = serializers.DateTimeField(allow_null=True)
    runs = DiffRunSchema(many=True, required=False, help_text="Of a block that holds text.")
    blocks = serializers.ListField(
        child=serializers.DictField(), required=False, help_text="The same of the blocks in it."
    )


class DiffMomentSchema(serializers.Serializer[Any]):
    """One of the two moments."""

    seq = serializers.IntegerField()
    at = serializers.DateTimeField(allow_null=True)


class DiffSchema(serializers.Serializer[Any]):
    """All blocks of both moments, in order."""

    to = DiffMomentSchema()
    blocks = DiffBlockSchema(many=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field whose name is a word of Python."""
        return {"from": DiffMomentSchema()} | super().get_fields()


class ErasureBody(serializers.Serializer[Any]):
    """What is to be erased."""

    last = serializers.IntegerField(min_value=1, max_value=MAX_SEQ, help_text="The last record.")
    reason = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=500,
        help_text="Shown with the gap.",
    )
    first = serializers.IntegerField(min_value=1, max_value=MAX_SEQ, help_text="The first record.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a stretch that ends before it begins."""
        if attrs["first"] > attrs["last"]:
            raise serializers.ValidationError({"last": ["It ends before it begins."]})
        return attrs


class ErasureSchema(serializers.Serializer[Any]):
    """A stretch of history that was erased, or is to be."""

    id = serializers.IntegerField()
    first = serializers.IntegerField(source="first_seq")
    last = serializers.IntegerField(source="last_seq")
    by = AuthorSchema(source="actor", allow_null=True)
    created_at = serializers.DateTimeField()
    reason = serializers.CharField()
    state = serializers.ChoiceField(Erasure.State.choices)
    scanned = serializers.IntegerField(help_text="Records of the log that were read.")
    to_scan = serializers.IntegerField(help_text="Records that are to be read.")
    failure = serializers.CharField(help_text="Why it failed.")
    elements = serializers.IntegerField(help_text="Characters, marks and attributes.")
