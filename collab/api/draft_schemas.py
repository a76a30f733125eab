"""The shapes of drafts that go in and out; described in openapi.json from here."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from collab.api.history_schemas import AuthorSchema, DiffBlockSchema, RevisionSchema
from collab.api.schemas import PersonSchema
from collab.library.review_out import KINDS


class DraftOriginSchema(serializers.Serializer[Any]):
    """What a draft was forked from."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    seq = serializers.IntegerField(help_text="Number of its last record.")


class DraftSchema(serializers.Serializer[Any]):
    """How a draft and its original stand to each other, to the person who asks."""

    id = serializers.UUIDField(help_text="Of the draft: a document like any other.")
    title = serializers.CharField()
    owner = PersonSchema(allow_null=True, help_text="Null for who reads it by its link alone.")
    origin = DraftOriginSchema(
        allow_null=True, help_text="Null: it was erased, is in the trash, or not yours to read."
    )
    base_seq = serializers.IntegerField(
        help_text="Record of the original up to which the draft has taken it in."
    )
    merged_seq = serializers.IntegerField(
        allow_null=True, help_text="The original's record of the last merge."
    )
    created_at = serializers.DateTimeField()
    is_ahead = serializers.BooleanField(
        allow_null=True, help_text="Whether there is something to merge. Null: no original."
    )
    is_behind = serializers.BooleanField(
        allow_null=True, help_text="Whether the original went on. Null: no original."
    )
    conflicts = serializers.IntegerField(
        allow_null=True, help_text="Blocks that both sides changed. Null: no original."
    )
    may_merge = serializers.BooleanField()
    may_update = serializers.BooleanField()
    may_discard = serializers.BooleanField()


class DraftRowSchema(serializers.Serializer[Any]):
    """A draft in a list."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    owner = PersonSchema(allow_null=True, help_text="Null for who reads it by its link alone.")
    base_seq = serializers.IntegerField()
    merged_seq = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()


class ConflictSchema(serializers.Serializer[Any]):
    """A block that both sides changed since they last agreed."""

    name = serializers.CharField(help_text="To leave it out of a merge by.")
    kind = serializers.ChoiceField(
        tuple(KINDS.values()),
        help_text="Removed: by the one, while the other wrote in it. A merge puts it back.",
    )
    original = DiffBlockSchema(many=True, help_text="What the original made of it.")
    draft = DiffBlockSchema(many=True, help_text="What the draft made of it.")
    merged = serializers.DictField(
        allow_null=True, help_text="What the merge makes of it, as a ProseMirror node; null: none."
    )


class ReviewSchema(serializers.Serializer[Any]):
    """All that a merge would do."""

    origin_seq = serializers.IntegerField()
    draft_seq = serializers.IntegerField()
    conflicts = ConflictSchema(many=True)
    blocks = DiffBlockSchema(
        many=True, help_text="From the original as it is to the original as it would be."
    )
    authors = AuthorSchema(many=True)


class ReviewQuery(serializers.Serializer[Any]):
    """Which form the review shall have."""

    format = serializers.ChoiceField(("json", "html", "text"), required=False, default="json")


class MergeBody(serializers.Serializer[Any]):
    """How to merge."""

    close = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Whether the draft goes to the trash then; by default if it is your own.",
    )
    leave_out = serializers.ListField(
        child=serializers.RegexField(r"^[0-9]{1,20}-[0-9]{1,20}$", max_length=41),
        required=False,
        max_length=10_000,
        help_text="Names of conflicts of the review: blocks that one side removed while the other "
        "wrote in them, which are not to be put back.",
    )


class MergedSchema(serializers.Serializer[Any]):
    """What became of a merge."""

    seq = serializers.IntegerField(help_text="Number of the original's last record.")
    changed = serializers.BooleanField(help_text="False: the original had it all.")
    closed = serializers.BooleanField(help_text="Whether the draft is in the trash now.")
    revision = RevisionSchema(allow_null=True, help_text="Of the original, that this made.")
