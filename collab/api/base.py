"""What every endpoint shares: how bodies are read, how an answer's form is chosen, who may."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.fields import (
    BooleanField,
    CharField,
    DateTimeField,
    Field,
    IntegerField,
    ListField,
    UUIDField,
)
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS

from collab.accounts.addresses import base_url as base_url
from collab.accounts.models import ApiToken, TokenScope
from collab.api.errors import LengthRequired, ParameterError, TooBig
from collab.api.idempotency import AnswersOnce
from collab.documents import policy
from collab.documents.policy import Action
from collab.documents.selectors import document_get

if TYPE_CHECKING:
    from typing import IO

    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request
    from rest_framework.serializers import Serializer

    from collab.accounts.models import User
    from collab.documents.models import Document

T = TypeVar("T")

#: More digits than any id has, and fewer than a database refuses.
MAX_ID_DIGITS = 18


class JSONBodyParser(BaseParser):
    """Strict JSON of bounded size; DRF's own reads bodies of any length."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value that the body holds.

        Raises:
            TooBig: it is longer than the server reads.
            ParseError: it is not JSON as RFC 8259 has it.
        """
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooBig
        try:
            return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        except ValueError as error:  # JSON and UTF-8 errors are both of this kind
            raise exceptions.ParseError(f"The body is not JSON: {error}") from error
        except RecursionError as error:
            raise exceptions.ParseError(_("The body is nested too deeply.")) from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


class LenientNegotiation(DefaultContentNegotiation):
    """Honours Accept where it can and answers in the endpoint's own form where it cannot."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and the media type of the answer."""
        try:
            chosen: tuple[BaseRenderer, str]
            chosen = super().select_renderer(request, renderers, format_suffix)
        except exceptions.NotAcceptable:
            first = next(iter(renderers))
            return first, first.media_type
        return chosen


class ApiView(AnswersOnce):
    """The base of every endpoint."""

    parser_classes = [JSONBodyParser]
    content_negotiation_class = LenientNegotiation
    #: Whether guests of a public link may come here; what they may do there, the policy says.
    guests_welcome = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the request before its method runs."""
        super().initial(request, *args, **kwargs)
        token = request.auth
        is_safe = request.method in SAFE_METHODS
        if isinstance(token, ApiToken) and token.scope != TokenScope.WRITE and not is_safe:
            raise exceptions.PermissionDenied(_("This token is for reading only."))
        if getattr(request.user, "is_guest", False) and not self.guests_welcome:
            raise exceptions.PermissionDenied(_("This is for people with an account."))
        # Without a length DRF takes the body for empty: better said than half done.
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the response; it says how many requests there may be."""
        final = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(self.request._request, "rate_limit", {}).items():
            final[name] = value
        return final

    @property
    def person(self) -> User:
        """Who asks; IsAuthenticated has let nobody else in."""
        return cast("User", self.request.user)

    def document_for(self, document_id: str, *actions: Action) -> Document:
        """Return the document if the person may do all of ``actions`` with it.

        Raises:
            NotFound: there is none of that id, it is in the trash, or the person may not read it:
                one answer, so that nobody learns which exist.
            PermissionDenied: the person reads it, and may not do this.
        """
        document = document_get(document_id)
        may = frozenset() if document is None else policy.actions_of(self.person, document)
        if document is None or document.is_trashed or Action.READ not in may:
            raise exceptions.NotFound(_("There is no such document."))
        if not may.issuperset(actions):
            raise exceptions.PermissionDenied(_("You may not do this with the document."))
        return document


def id_of(written: str) -> int:
    """Return the id in a path; one that no row has where it is none."""
    is_number = written.isascii() and written.isdecimal() and len(written) <= MAX_ID_DIGITS
    return int(written) if is_number else 0


def query_of(schema: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the query parameters as ``schema`` has them, defaults filled in.

    Raises:
        ParameterError: one of them cannot be used.
    """
    asked = request.query_params
    fields = schema().fields
    # A plain dictionary: from a form DRF would take an empty value for one that was left out.
    query = schema(
        data={
            name: asked.getlist(name) if isinstance(fields.get(name), ListField) else asked[name]
            for name in asked
        }
    )
    if not query.is_valid():
        name, sentences = next(iter(query.errors.items()))
        while isinstance(sentences, Mapping):  # of a list: by place
            sentences = next(iter(sentences.values()))
        raise ParameterError(str(name), str(sentences[0]))
    return dict(query.validated_data)


def body_of(schema: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the body as ``schema`` has it, defaults filled in.

    Raises:
        ValidationError: a value cannot be.
    """
    body = schema(data=request.data)
    is_form = (request.content_type or "").startswith("multipart/")
    if not is_form and isinstance(request.data, dict):
        wrong = {
            name: [sentence]
            for name, field in body.fields.items()
            if name in request.data and (sentence := _wrong_kind(field, request.data[name]))
        }
        if wrong:
            raise exceptions.ValidationError(wrong)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _wrong_kind(field: Field[Any, Any, Any, Any], value: Any) -> str | None:
    """Say what ``value`` should be where it is another JSON type: DRF takes 0 for a text."""
    if value is None:
        return None
    if isinstance(field, ListField) and isinstance(value, list):
        return next(filter(None, (_wrong_kind(field.child, each) for each in value)), None)
    match field:
        case BooleanField() if not isinstance(value, bool):
            return "This must be true or false."
        case IntegerField() if isinstance(value, bool) or not isinstance(value, int | float):
            return "This must be a number."
        case CharField() | UUIDField() | DateTimeField() if not isinstance(value, str):
            return "This must be a string."
        case _:
            return None
