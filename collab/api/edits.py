"""Edits of live documents: merged by the CRDT with what others write. See docs/rest-merge.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from collab.accounts.models import User
from collab.api.base import ApiView, query_of
from collab.api.content import MEDIA, Content, content_refused
from collab.api.errors import (
    CONVERSION_REFUSALS,
    REFUSALS,
    BaseUnknown,
    BaseWanted,
    CannotTake,
    TooBig,
    conversion_refused,
)
from collab.api.history_schemas import AuthorSchema
from collab.api.schemas import TEXT_FORMATS
from collab.crdt.patch import Unseen
from collab.crdt.unsaved import What
from collab.documents import policy
from collab.documents.policy import Action
from collab.formats.errors import ConversionError
from collab.formats.services import source_added, source_merged
from collab.formats.words import format_error_text
from collab.formats.written import Runs, SourceRefused
from collab.history.models import UpdateRecord
from collab.history.past import UnknownMoment
from collab.history.services import Conflict, Edited, EditRefused, document_edit
from collab.richtext.errors import FormatError
from collab.types import ClientId, Seq, Update

if TYPE_CHECKING:
    from typing import IO

    from rest_framework.request import Request

    from collab.documents.models import Document

_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
_FORMAT_OF = {media.partition(";")[0]: name for name, (media, _) in MEDIA.items()}
_TEXT = {"type": "string", "minLength": 1}
_BODY: dict[str, Any] = {
    "text/markdown": _TEXT,
    "text/html": _TEXT,
    "text/plain": _TEXT,
    "application/json": OpenApiTypes.OBJECT,
}
_NEEDS_BASE = {REFUSALS: ("412", "422", "428", "503")}
_IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description=(
        "The ETag of the content that you changed; `*`: take what is there now for it. "
        "Without: 428."
    ),
)


class TextParser(BaseParser):
    """Reads a body as text, of bounded size; what it says is for the format to find out."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the text.

        Raises:
            TooBig: it is longer than the server reads.
            ParseError: it is no text.
        """
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooBig
        try:
            text = str(body.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise exceptions.ParseError("The body is not UTF-8.") from error
        if "\x00" in text:
            raise exceptions.ParseError("The body has a NUL character: that is no text.")
        return text


class MarkdownParser(TextParser):
    """Markdown."""

    media_type = "text/markdown"


class HtmlParser(TextParser):
    """HTML."""

    media_type = "text/html"


class PlainParser(TextParser):
    """Plain text."""

    media_type = "text/plain"


class TreeParser(TextParser):
    """The rich-text tree; the format reads it."""

    media_type = "application/json"


class WrittenQuery(serializers.Serializer[Any]):
    """Which format the body has."""

    format = serializers.ChoiceField(
        TEXT_FORMATS, required=False, help_text="Where Content-Type does not say it."
    )


class EditConflictSchema(serializers.Serializer[Any]):
    """What others wrote meanwhile, in something that the edit took away, and that is gone."""

    what = serializers.ChoiceField(get_args(What))
    text = serializers.CharField(
        help_text="The words; the name of the node, of the attribute or of the mark."
    )
    author = AuthorSchema(allow_null=True, help_text="Null: nobody who can be named to you.")
    is_pending = serializers.BooleanField(
        help_text="The server has yet to look into it: it may be put back later."
    )


class EditedSchema(serializers.Serializer[Any]):
    """What became of an edit."""

    seq = serializers.IntegerField(help_text="Number of the edit's record, or of the last one.")
    changed = serializers.BooleanField(help_text="False: there was nothing to change.")
    conflicts = EditConflictSchema(
        many=True,
        help_text="What others had written unseen and could not be put back. Nearly always empty: "
        "their words are carried along.",
    )


class MergedContentSchema(EditedSchema):
    """What became of a merge."""

    is_as_sent = serializers.BooleanField(
        help_text="True: nobody else wrote meanwhile, and the ETag of the answer is the next base. "
        "False: the document has what others wrote, too; there is no ETag: read it again first."
    )


class ContentEdits(Content):
    """The content as it is now, to be read and to be changed."""

    parser_classes = [MarkdownParser, HtmlParser, PlainParser, TreeParser]

    @extend_schema(
        operation_id="content_merge",
        parameters=[WrittenQuery, _IF_MATCH],
        request=_BODY,
        responses=MergedContentSchema,
        extensions=_NEEDS_BASE,
    )
    def patch(self, request: Request, document_id: str) -> Response:
        """Send the content as you want it; what you changed is merged into the live document.

        The difference between what you read (If-Match) and what you send is applied as edits of
        yours. What others have written since, and write now, stays; open pages see yours arrive.
        """
        return self._merge(request, document_id)

    @extend_schema(
        operation_id="content_put",
        parameters=[WrittenQuery, _IF_MATCH],
        request=_BODY,
        responses=MergedContentSchema,
        extensions=_NEEDS_BASE,
    )
    def put(self, request: Request, document_id: str) -> Response:
        """The same as PATCH, for programs that only know PUT."""
        return self._merge(request, document_id)

    def _merge(self, request: Request, document_id: str) -> Response:
        document = self.document_for(document_id, Action.WRITE)
        base = _base_of(request)
        written, source = _written(request)

        def make(state: Update, client_id: ClientId) -> Update | None:
            return source_merged(source, written, state, client_id)

        done = _edited(document, self, make, base)
        shown = shown_edit(done, self.person, document) | {"is_as_sent": done.is_alone}
        headers = {"ETag": f'"{done.seq}"'} if done.is_alone else {}
        return Response(MergedContentSchema(shown).data, headers=headers)


class _Extension(ApiView):
    """New blocks at one end; nothing has to be read before."""

    parser_classes = [MarkdownParser, HtmlParser, PlainParser, TreeParser]

    def _extend(self, request: Request, document_id: str, *, at_end: bool) -> Response:
        document = self.document_for(document_id, Action.WRITE)
        written, source = _written(request)

        def make(state: Update, client_id: ClientId) -> Update | None:
            return source_added(source, written, state, client_id, at_end=at_end)

        done = _edited(document, self, make, None)
        # No ETag: who has not read the document must not take this for what it holds.
        return Response(EditedSchema(shown_edit(done, self.person, document)).data)


class ContentAppend(_Extension):
    """New blocks behind all others."""

    @extend_schema(
        operation_id="content_append",
        parameters=[WrittenQuery],
        request=_BODY,
        responses=EditedSchema,
        extensions=CONVERSION_REFUSALS,
    )
    def post(self, request: Request, document_id: str) -> Response:
        """Put blocks at the end of the document."""
        return self._extend(request, document_id, at_end=True)


class ContentPrepend(_Extension):
    """New blocks before all others."""

    @extend_schema(
        operation_id="content_prepend",
        parameters=[WrittenQuery],
        request=_BODY,
        responses=EditedSchema,
        extensions=CONVERSION_REFUSALS,
    )
    def post(self, request: Request, document_id: str) -> Response:
        """Put blocks at the beginning of the document."""
        return self._extend(request, document_id, at_end=False)


def _base_of(request: Request) -> Seq | None:
    """Return the record up to which the editor had seen the document; None: all of it."""
    said = request.headers.get("If-Match", "").strip()
    if not said:
        raise BaseWanted
    if said == "*":
        return None
    found = _ETAG.fullmatch(said)
    if found is None:
        raise BaseUnknown("If-Match holds no ETag of this content: one number in quotation marks.")
    return Seq(int(found[1]))


def _written(request: Request) -> tuple[str, str]:
    """Return the format of the body, and the body."""
    named = query_of(WrittenQuery, request).get("format")
    source = request.data
    if not isinstance(source, str) or not source:
        raise exceptions.ParseError(
            "The body is empty. To take all content away, send a line break."
        )
    media = (request.content_type or "").partition(";")[0].strip().lower()
    written = named or _FORMAT_OF[media]
    if media == "application/json" and written != "json":
        raise exceptions.ParseError(f"Content-Type says JSON, format says {written}.")
    return written, source


def _edited(
    document: Document,
    view: ApiView,
    make: Callable[[Update, ClientId], Update | None],
    base: Seq | None,
) -> Edited:
    try:
        return document_edit(
            document=document,
            actor=view.person,
            kind=UpdateRecord.Kind.API,
            make=make,
            base=base,
        )
    except SourceRefused as refused:
        raise content_refused(refused) from refused
    except Runs as runs:
        raise CannotTake(f"The HTML has something that runs ({runs}): take it out.") from runs
    except ConversionError as error:
        raise conversion_refused(error) from error
    except UnknownMoment as unknown:
        raise BaseUnknown(f"{unknown} Read the content again.") from unknown
    except Unseen as unseen:
        raise CannotTake(
            "Plain text cannot hold all blocks of this document. Use markdown, html or json; or "
            "append and prepend."
        ) from unseen
    except FormatError as error:
        # What is there cannot be said in this format: it is too deep for it, or has too many parts.
        raise CannotTake(format_error_text(error)) from error
    except EditRefused as refused:
        raise CannotTake(str(refused)) from refused


def shown_conflicts(
    conflicts: Sequence[Conflict], user: User, document: Document
) -> list[dict[str, Any]]:
    """Return conflicts as ``EditConflictSchema`` has them, with the people ``user`` may know."""
    is_told = bool(conflicts) and policy.may(user, Action.SEE_HISTORY, document)
    ids = {each.author_id for each in conflicts if each.author_id is not None}
    people = User.objects.in_bulk(ids) if is_told else {}
    return [
        {
            "what": each.what,
            "text": each.text,
            "author": None if each.author_id is None else people.get(each.author_id),
            "is_pending": each.is_pending,
        }
        for each in conflicts
    ]


def shown_edit(done: Edited, user: User, document: Document) -> dict[str, Any]:
    """Return an edit as ``EditedSchema`` has it."""
    conflicts = shown_conflicts(done.conflicts, user, document)
    return {"seq": done.seq, "changed": done.is_new, "conflicts": conflicts}


def edited_response(done: Edited, user: User, document: Document) -> Response:
    """Return the answer to an edit of a Yjs program, which holds what it has read."""
    shown = EditedSchema(shown_edit(done, user, document))
    return Response(shown.data, headers={"ETag": f'"{done.seq}"'})
