"""Letters to people: plain text and simple HTML, in the reader's language, sent after commit.

A letter that cannot be sent waits (``mail_queue.py``) and changes nothing else: what it tells of
stands on a page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import get_language, override

from collab.accounts.mail_queue import mail_post, waits

#: Of a subject, and of one paragraph: names, titles and messages are people's text.
MAX_SUBJECT_CHARS = 200
MAX_PARAGRAPH_CHARS = 2_000
MAX_PARAGRAPHS = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says; ``button`` is the label and the address of what the reader may do."""

    subject: str
    paragraphs: tuple[str, ...]
    button: tuple[str, str] | None = None
    #: Whether addresses in the paragraphs are links: where we wrote them, not where people did.
    has_links: bool = False


#: Backends that show letters or keep them on this machine, and send none.
_NOT_SENDING = frozenset({"console", "dummy", "filebased"})


def goes_out(to: str) -> bool:
    """Return whether a letter to ``to`` leaves this server: what pages say of it must be so."""
    backend = settings.EMAIL_BACKEND.rpartition(".")[0].rpartition(".")[2]
    return bool(to) and backend not in _NOT_SENDING


def letter_send_on_commit(*, to: str, language: str, write: Callable[[], Letter]) -> None:
    """Send what ``write`` returns to ``to`` once the transaction commits.

    Args:
        to: an e-mail address; nothing happens where it is empty.
        language: of the reader; empty: that of whoever causes the letter.
        write: makes the letter while the reader's language is on.
    """
    chosen = language or get_language() or settings.LANGUAGE_CODE
    if not to:
        return
    if waits():
        # In the transaction: the letter is there if what it tells of is.
        _post(to, chosen, write)
    else:
        transaction.on_commit(lambda: _post(to, chosen, write))


def _post(to: str, language: str, write: Callable[[], Letter]) -> None:
    with override(language):
        mail = message(write(), to)
    mail_post(mail)


def shortened(text: str, most: int) -> str:
    """Return ``text``, or its beginning where it is longer than ``most`` characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def message(letter: Letter, to: str) -> EmailMultiAlternatives:
    """Return the letter as it is sent."""
    paragraphs = letter.paragraphs[:MAX_PARAGRAPHS]
    letter = replace(
        letter, paragraphs=tuple(shortened(each, MAX_PARAGRAPH_CHARS) for each in paragraphs)
    )
    context = {"letter": letter}
    # A line break in a subject would begin another header.
    subject = shortened(" ".join(letter.subject.split()), MAX_SUBJECT_CHARS)
    mail = EmailMultiAlternatives(subject, render_to_string("mail/letter.txt", context), to=[to])
    mail.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    return mail
