"""Every error of the REST interface as problem+json (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.signals import got_request_exception
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from collab.formats.errors import Busy, ConversionError

logger = logging.getLogger(__name__)

#: In ``extend_schema(extensions=…)``: statuses of problems that are the operation's own.
REFUSALS = "x-refusals"
#: The document cannot be written, or read, so; or: too much of it is being done now.
CONVERSION_REFUSALS = {REFUSALS: ("422", "503")}
#: Of an operation whose body or query names a document or a folder.
NAMES_ONE = {REFUSALS: ("403", "404")}


class ProblemRenderer(JSONRenderer):
    """JSON under the name that RFC 9457 gives it."""

    media_type = "application/problem+json"
    format = "problem"


class ParameterError(exceptions.APIException):
    """A query parameter that cannot be used."""

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__(detail)
        self.parameter = parameter


class LengthRequired(exceptions.APIException):
    """The body comes in chunks of unknown length, which this server does not read."""

    status_code = HTTPStatus.LENGTH_REQUIRED
    default_detail = "Send the body with a Content-Length."


class TooBig(exceptions.APIException):
    """The body is longer than this server reads."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request is too big."


class Conflict(exceptions.APIException):
    """What is there already stands in the way."""

    status_code = HTTPStatus.CONFLICT


class CannotConvert(exceptions.APIException):
    """A document that cannot be written in, or read from, the format asked for."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY


class CannotTake(exceptions.APIException):
    """What the document cannot take, although it is well said."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY


class BaseUnknown(exceptions.APIException):
    """The edit was made on something that this document never was, or is no longer known to be."""

    status_code = HTTPStatus.PRECONDITION_FAILED


class BaseWanted(exceptions.APIException):
    """An edit of the whole content that does not say what it was made on."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = (
        "Say in If-Match which content you changed: the ETag that you got with it. "
        'With "If-Match: *" what is there now is taken for it.'
    )


class TryLater(exceptions.APIException):
    """The server does as much of this as it can at a time."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, detail: str, wait_s: float) -> None:
        super().__init__(detail)
        self.wait = wait_s


def conversion_refused(error: ConversionError) -> exceptions.APIException:
    """Return what is answered where a conversion was not done."""
    if isinstance(error, Busy):
        return TryLater(str(error), error.wait_s)
    return CannotConvert(str(error))


def problem(status: int, detail: str, **more: object) -> dict[str, object]:
    """Return the body of a problem. ``about:blank`` says that the status tells all of its kind."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        **more,
    }


def problem_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Turn what a view raised into a problem; DRF calls this."""
    error = _as_api_exception(exc)
    request = context.get("request")
    if error is None:
        # Django sends this signal for an error that nobody caught: reporters hang on it.
        logger.error("error in the REST interface", exc_info=exc)
        got_request_exception.send(sender=None, request=request)
        error = exceptions.APIException("The server could not do this. It has been noted.")
    set_rollback()
    if request is not None:
        # The view may speak octets or HTML; its errors are problems all the same.
        request.accepted_renderer = ProblemRenderer()
        request.accepted_media_type = ProblemRenderer.media_type
    return Response(_body(error), status=error.status_code, headers=_headers(error))


def _as_api_exception(exc: Exception) -> exceptions.APIException | None:
    if isinstance(exc, exceptions.APIException):
        return exc
    if isinstance(exc, Http404):
        return exceptions.NotFound()
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exc, RequestDataTooBig):
        return TooBig()
    return None


def _body(error: exceptions.APIException) -> dict[str, object]:
    if isinstance(error, exceptions.ValidationError):
        errors = list(_field_errors(error.detail, ""))
        return problem(
            error.status_code, _("The request has values that cannot be."), errors=errors
        )
    detail = str(error.detail)
    if isinstance(error, ParameterError):
        named = [{"detail": detail, "parameter": error.parameter}]
        return problem(error.status_code, detail, errors=named)
    return problem(error.status_code, detail)


def _field_errors(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    """Yield one entry per sentence, each with the JSON pointer of what it is about."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            whole = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from _field_errors(inner, pointer if whole else f"{pointer}/{name}")
    elif isinstance(detail, list):
        for inner in detail:
            yield from _field_errors(inner, pointer)
    else:
        yield {"detail": str(detail), "pointer": f"#{pointer}"}


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    # DRF's views put both there for handlers to pass on.
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = f"{wait:.0f}"
    return headers
