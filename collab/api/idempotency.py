"""``Idempotency-Key``: a request that is sent twice is done once, and answered the same both times.

For programs whose connection broke before the answer came. The key is the caller's; it counts for a
day among the requests of one person.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response
from rest_framework.views import APIView

from collab.api.errors import CannotTake, Conflict
from collab.api.models import KeptAnswer

if TYPE_CHECKING:
    from rest_framework.request import Request

KEEP = timedelta(hours=24)
#: A request that has no answer after so long has lost its process: the next one does it again.
LOST_AFTER = timedelta(minutes=2)
MAX_KEY_CHARS = 255
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")
EVERY_S = 600.0


class _Answered(Exception):
    """Carries the answer that was given before."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


class AnswersOnce(APIView):
    """A view whose writing requests may carry an Idempotency-Key."""

    #: False where the answer holds a secret, which must not lie in the database.
    keeps_answers = True
    _claim: KeptAnswer | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the request before its method runs; what was done before is not done again."""
        super().initial(request, *args, **kwargs)
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method in SAFE_METHODS or not self.keeps_answers:
            return
        if not (0 < len(key) <= MAX_KEY_CHARS and key.isascii() and key.isprintable()):
            raise exceptions.ParseError(
                f"An Idempotency-Key has 1 to {MAX_KEY_CHARS} printable ASCII characters."
            )
        if request.user.pk is not None:
            self._claim = _claimed(request.user.pk, key, _digest(request))

    def handle_exception(self, exc: Exception) -> Any:
        """Return the kept answer, or the problem."""
        return exc.response if isinstance(exc, _Answered) else super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the response, and keep it if the request had a key."""
        final = super().finalize_response(request, response, *args, **kwargs)
        claim, self._claim = self._claim, None
        if claim is not None:
            if isinstance(final, Response):
                final.add_post_render_callback(lambda done: _keep(claim, done))
            elif isinstance(final, HttpResponse):
                _keep(claim, final)
            else:
                claim.delete()
        return final


def _digest(request: Request) -> str:
    plain = request._request
    is_form = (plain.content_type or "").startswith("multipart/")
    # A file that is uploaded is not read into memory for this: its length stands for it.
    body = str(plain.META.get("CONTENT_LENGTH")).encode() if is_form else plain.body
    said = f"{plain.method} {plain.get_full_path()} {plain.headers.get('If-Match', '')}\n"
    return hashlib.sha256(said.encode() + body).hexdigest()


def _claimed(user_id: int, key: str, digest: str) -> KeptAnswer:
    """Return the row that this request is to fill.

    Raises:
        _Answered: it has been done.
        Conflict: it is being done.
        CannotTake: the key was another request's.
    """
    mine = KeptAnswer.objects.filter(user_id=user_id, key=key)
    now = timezone.now()
    mine.filter(created_at__lt=now - KEEP).delete()
    mine.filter(status=None, created_at__lt=now - LOST_AFTER).delete()
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(user_id=user_id, key=key, digest=digest)
    except IntegrityError:
        kept = mine.first()
    if kept is None or (kept.digest == digest and kept.status is None):
        raise Conflict("A request with this Idempotency-Key is being worked on: ask again soon.")
    if kept.digest != digest:
        raise CannotTake("This Idempotency-Key was sent with another request.")
    response = HttpResponse(bytes(kept.body), status=kept.status, headers=kept.headers)
    response["Idempotent-Replayed"] = "true"
    raise _Answered(response)


def _keep(claim: KeptAnswer, response: HttpResponse) -> None:
    # What may go another way the next time is not an answer to be repeated.
    if response.status_code >= 500 or response.status_code in (401, 403, 409, 429):
        claim.delete()
        return
    claim.status = response.status_code
    claim.headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    claim.body = response.content
    claim.save()


def forget_old_answers() -> None:
    """Remove the answers that are kept no longer; a chore."""
    KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEEP).delete()
