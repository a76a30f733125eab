"""Letters that wait for the mail server: rows, sent by a chore, tried again until they are taken.

A server that is away holds up no page and loses no letter. Only letters that go over the network
wait here; what is shown in the server's output, or kept in a file, is written at once. A row is
claimed by the time at which it is due again, set under a lock: when the process dies in the
middle, another sends the letter, which may come twice then. A row is gone once its letter is sent.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connections, transaction
from django.utils import timezone

from collab.accounts.models import WaitingLetter

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

logger = logging.getLogger(__name__)

EVERY_S = 2.0
#: Longer than the mail server may take, with EMAIL_TIMEOUT for each of its answers.
LEASE = timedelta(minutes=3)
FIRST_PAUSE_S: Final = 15.0
GROWTH: Final = 4
MAX_PAUSE_S: Final = 3600.0
#: A letter that nobody has taken for so long is given up: what it tells of is old by then.
KEPT = timedelta(days=3)
#: Replies from this one on are for good (RFC 5321).
FOR_GOOD = 500
MAX_ERROR_CHARS = 500

_is_sending = threading.Lock()


def waits() -> bool:
    """Return whether letters go over the network, and so by the queue."""
    return settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"


def mail_post(mail: EmailMessage) -> None:
    """Send a letter, or have it sent as soon as the mail server takes it.

    What waits is written in the caller's transaction: it is sent if that commits.
    """
    if not waits():
        _send_at_once(mail)
        return
    html = next((str(body) for body, kind in getattr(mail, "alternatives", ())), "")
    for to in mail.to:
        WaitingLetter.objects.create(
            to=to, subject=str(mail.subject), text=str(mail.body), html=html
        )


def _send_at_once(mail: EmailMessage) -> None:
    try:
        mail.send()
    except OSError:  # smtplib's errors are of this kind too
        logger.exception("a letter could not be sent")


def send_what_waits() -> None:
    """Do one turn of the chore: begin to send what is due, in a thread; wait for nothing."""
    due = WaitingLetter.objects.filter(due_at__lte=timezone.now())
    if due.exists() and _is_sending.acquire(blocking=False):
        try:
            threading.Thread(target=_run, daemon=True, name="letters").start()
        except RuntimeError:  # the system gives no thread: another turn comes
            _is_sending.release()
            raise


def _run() -> None:
    try:
        while send_next():
            pass
    except Exception:  # whatever it was, another turn comes
        logger.exception("sending letters stopped")
    finally:
        _is_sending.release()
        connections.close_all()


def send_next() -> bool:
    """Send the letter that has waited longest; return whether the mail server is there for more."""
    letter = _claim()
    if letter is None:
        return False
    mail = EmailMultiAlternatives(letter.subject, letter.text, to=[letter.to])
    if letter.html:
        mail.attach_alternative(letter.html, "text/html")
    mail.connection = get_connection()
    try:
        mail.send()
    except SMTPRecipientsRefused as error:
        codes = [code for code, _said in error.recipients.values()]
        _failed(letter, error, is_for_good=all(code >= FOR_GOOD for code in codes))
        return True
    except (OSError, SMTPException) as error:
        _failed(letter, error)
        return False
    letter.delete()
    return True


def _claim() -> WaitingLetter | None:
    now = timezone.now()
    with transaction.atomic():
        due = WaitingLetter.objects.filter(due_at__lte=now).order_by("due_at", "pk")
        letter = due.select_for_update(skip_locked=True).first()
        if letter is not None:
            letter.due_at, letter.attempts = now + LEASE, letter.attempts + 1
            letter.save(update_fields=["due_at", "attempts"])
    return letter


def _failed(letter: WaitingLetter, error: Exception, *, is_for_good: bool = False) -> None:
    now = timezone.now()
    said = f"{type(error).__name__}: {error}"[:MAX_ERROR_CHARS]
    if is_for_good or letter.created_at < now - KEPT:
        logger.error("a letter is given up: %s", said)
        letter.delete()
        return
    logger.warning("a letter waits: %s", said)
    pause_s = min(FIRST_PAUSE_S * float(GROWTH) ** min(letter.attempts - 1, 10), MAX_PAUSE_S)
    letter.due_at, letter.error = now + timedelta(seconds=pause_s), said
    letter.save(update_fields=["due_at", "error"])
