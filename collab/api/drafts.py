"""Drafts of a document: fork, stand, review, merge, bring up to date, discard. docs/drafts.md."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.response import Response

from collab.api.base import ApiView, body_of, query_of
from collab.api.comparison import comparison_response, names_of, people_in, shown_blocks
from collab.api.draft_schemas import (
    DraftRowSchema,
    DraftSchema,
    MergeBody,
    MergedSchema,
    ReviewQuery,
    ReviewSchema,
)
from collab.api.edits import EditedSchema, shown_edit
from collab.api.errors import REFUSALS, Conflict
from collab.api.history_schemas import AuthorSchema
from collab.api.revisions import shown_revisions
from collab.api.schemas import TitleBody
from collab.attachments.services import QuotaFull
from collab.documents import policy
from collab.documents.policy import Action
from collab.documents.selectors import draft_get, drafts_of
from collab.history.services import EditRefused
from collab.library.drafts import (
    DraftRefused,
    draft_discard,
    draft_fork,
    draft_merge,
    draft_update,
)
from collab.library.review_out import KINDS, review_to_html, review_to_text
from collab.library.reviews import review_of, standing_of

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from rest_framework.request import Request

    from collab.accounts.models import User
    from collab.documents.models import Document, Draft


def shown_draft(user: User, draft: Draft) -> Any:
    """Return a draft as ``DraftSchema`` has it; of its origin only what ``user`` may know."""
    origin = _origin_for(user, draft)
    standing = None if origin is None else standing_of(draft, origin)
    is_told = policy.roles_for(user, draft.document).is_told_of_people
    body = {
        "id": draft.pk,
        "title": draft.document.title,
        "owner": draft.document.owner if is_told else None,
        "origin": origin
        and standing
        and {"id": origin.pk, "title": origin.title, "seq": standing.origin_seq},
        "base_seq": draft.base_seq,
        "merged_seq": draft.merged_seq,
        "created_at": draft.created_at,
        "is_ahead": standing and standing.is_ahead,
        "is_behind": standing and standing.is_behind,
        "conflicts": standing and standing.conflict_count,
        "may_merge": policy.may_merge(user, draft),
        "may_update": policy.may_update(user, draft),
        "may_discard": policy.may(user, Action.TRASH, draft.document),
    }
    return DraftSchema(body).data


def _origin_for(user: User, draft: Draft) -> Document | None:
    """Return the origin if ``user`` may take from it."""
    origin = draft.origin
    if origin is None or not policy.may(user, Action.FORK, origin):
        return None
    return origin


@contextmanager
def _said() -> Iterator[None]:
    """Turn what stands in the way of a merge into a problem."""
    try:
        yield
    except (DraftRefused, EditRefused, QuotaFull) as refused:
        raise Conflict(str(refused)) from refused


class _DraftView(ApiView):
    """What all that is asked of one draft shares."""

    def draft_for(self, document_id: str, action: Action) -> Draft:
        """Return the draft if the person may do ``action`` with it.

        Raises:
            NotFound: there is no such document, or it is no draft.
            PermissionDenied: the person may not.
        """
        draft = draft_get(self.document_for(document_id, action))
        if draft is None:
            raise exceptions.NotFound("The document is no draft.")
        return draft

    def must(self, is_allowed: bool, draft: Draft) -> None:
        """Refuse where the person may not, unless there is another reason to be told."""
        origin = draft.origin
        is_there = origin is not None and not origin.is_trashed
        if is_there and not is_allowed:
            raise exceptions.PermissionDenied("You may not do this with the original.")


class DraftList(ApiView):
    """The drafts of a document."""

    @extend_schema(operation_id="drafts_list", responses=DraftRowSchema(many=True))
    def get(self, request: Request, document_id: str) -> Response:
        """List the open drafts of the document that you may read, yours and others'."""
        document = self.document_for(document_id, Action.FORK)
        drafts = [*drafts_of(document, self.person)]
        roles = policy.roles_of([self.person], [draft.document for draft in drafts])
        rows = [
            {
                "id": draft.pk,
                "title": draft.document.title,
                "owner": draft.document.owner
                if roles[self.person.pk, draft.pk].is_told_of_people
                else None,
                "base_seq": draft.base_seq,
                "merged_seq": draft.merged_seq,
                "created_at": draft.created_at,
            }
            for draft in drafts
        ]
        return Response(DraftRowSchema(rows, many=True).data)

    @extend_schema(operation_id="drafts_fork", request=TitleBody, responses={201: DraftSchema})
    def post(self, request: Request, document_id: str) -> Response:
        """Start a draft: a document of yours, seen by nobody else, that begins as this one is."""
        document = self.document_for(document_id, Action.FORK)
        title = body_of(TitleBody, request).get("title", "")
        draft = draft_fork(origin=document, owner=self.person, title=title)
        location = reverse("api-draft", args=[draft.pk])
        shown = shown_draft(self.person, draft)
        return Response(shown, status=201, headers={"Location": location})


class DraftDetail(_DraftView):
    """One draft."""

    @extend_schema(operation_id="draft_retrieve", responses=DraftSchema)
    def get(self, request: Request, document_id: str) -> Response:
        """Say how the draft and its original stand to each other."""
        draft = self.draft_for(document_id, Action.READ)
        return Response(shown_draft(self.person, draft))


class DraftDiff(_DraftView):
    """What merging would do."""

    @extend_schema(
        operation_id="draft_diff",
        extensions={REFUSALS: ("409",)},
        parameters=[ReviewQuery],
        responses={
            (200, "application/json"): ReviewSchema,
            (200, "text/html"): OpenApiTypes.STR,
            (200, "text/plain"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, document_id: str) -> HttpResponseBase:
        """Say what merging would change in the original, by whom, and what both sides changed.

        HTML is a fragment without scripts or styles: a `<section data-conflict>` for each block
        that both changed, with three `<div data-side>`, then a `<section data-changes>`.
        """
        draft = self.draft_for(document_id, Action.SEE_HISTORY)
        wanted = query_of(ReviewQuery, request)["format"]
        origin = _origin_for(self.person, draft)
        if origin is None:
            self.must(False, draft)
            raise Conflict("There is no original to compare with.")
        review = review_of(draft, origin)
        sides = [side for each in review.conflicts for side in (each.origin, each.draft)]
        people = people_in([review.changes, *sides])
        if wanted != "json":
            is_html = wanted == "html"
            text = (review_to_html if is_html else review_to_text)(review, names_of(people))
            return comparison_response(text, is_html=is_html)
        return Response(
            {
                "origin_seq": review.origin_seq,
                "draft_seq": review.draft_seq,
                "conflicts": [
                    {
                        "name": each.name,
                        "kind": KINDS[each.gone_in],
                        "original": shown_blocks(each.origin, people),
                        "draft": shown_blocks(each.draft, people),
                        "merged": each.merged and each.merged.to_json(),
                    }
                    for each in review.conflicts
                ],
                "blocks": shown_blocks(review.changes, people),
                "authors": AuthorSchema(people.values(), many=True).data,
            }
        )


class DraftMerge(_DraftView):
    """The way back into the original."""

    @extend_schema(operation_id="draft_merge", request=MergeBody, responses=MergedSchema)
    def post(self, request: Request, document_id: str) -> Response:
        """Merge the draft into its original. People who write there keep their words.

        Each word stays its writer's; the record is yours. Nothing is written where the original has
        it all. A block that one side removed while the other wrote in it is put back, unless you
        leave it out. A draft of your own goes to the trash then, unless you say otherwise.
        """
        draft = self.draft_for(document_id, Action.WRITE)
        self.must(policy.may_merge(self.person, draft), draft)
        may_close = policy.may(self.person, Action.TRASH, draft.document)
        wanted = body_of(MergeBody, request)
        closes = wanted["close"]
        if closes and not may_close:
            raise exceptions.PermissionDenied("Only its owner closes a draft.")
        closes = may_close if closes is None else closes
        with _said():
            done = draft_merge(
                draft=draft,
                actor=self.person,
                closes=closes,
                left_out=frozenset(wanted.get("leave_out", ())),
            )
        revision = None if done.revision is None else shown_revisions([done.revision])[0]
        body = {"seq": done.seq, "changed": done.is_new, "closed": closes, "revision": revision}
        return Response(MergedSchema(body).data)


class DraftUpdate(_DraftView):
    """The way from the original."""

    @extend_schema(operation_id="draft_update", request=None, responses=EditedSchema)
    def post(self, request: Request, document_id: str) -> Response:
        """Bring the draft up to date: what the original has by now is merged into it.

        Blocks that one side removed while the other wrote in them are put back.
        """
        draft = self.draft_for(document_id, Action.WRITE)
        self.must(policy.may_update(self.person, draft), draft)
        with _said():
            done = draft_update(draft=draft, actor=self.person)
        return Response(EditedSchema(shown_edit(done, self.person, draft.document)).data)


class DraftDiscard(_DraftView):
    """The end of a draft."""

    @extend_schema(operation_id="draft_discard", request=None, responses={204: None})
    def post(self, request: Request, document_id: str) -> Response:
        """Put the draft in the trash. Its owner can take it out again: then it is open again."""
        draft = self.draft_for(document_id, Action.TRASH)
        draft_discard(draft=draft, actor=self.person)
        return Response(status=204)
