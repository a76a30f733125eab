"""Letters over a real SMTP server, and where none listens: nothing is lost, no page fails."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from collab.accounts.mail import Letter, letter_send_on_commit
from collab.accounts.mail_queue import KEPT, send_next
from collab.accounts.models import User, WaitingLetter
from collab.operations.checks import Verdict, self_check
from tests.factories import make_user

pytestmark = pytest.mark.django_db


class Mailbox:
    """What an SMTP server was given; it refuses people whose name begins with "no"."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address.startswith("no"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # as above
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def port(settings: Settings) -> int:
    """The port that letters go to; nothing listens there yet."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    settings.EMAIL_TIMEOUT = 5
    return int(settings.EMAIL_PORT)


@pytest.fixture
def mailbox(port: int) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box
    controller.stop()


def tell(to: str = "ann@example.org") -> None:
    write = lambda: Letter("Plan", ("See",), ("Open", "https://x.example/d/1/"))  # noqa: E731
    letter_send_on_commit(to=to, language="en", write=write)


def make_due() -> None:
    WaitingLetter.objects.update(due_at=timezone.now())


def mail_check() -> list[tuple[Verdict, str]]:
    return [(each.verdict, each.detail) for each in self_check() if each.name == "Mail"]


def test_a_letter_goes_out_with_both_parts(mailbox: Mailbox) -> None:
    tell()
    assert send_next()
    assert not send_next()  # nothing is left
    (letter,) = mailbox.letters
    assert letter["To"] == "ann@example.org"
    assert 'href="https://x.example/d/1/"' in letter.get_body(("html",)).get_content()
    assert "https://x.example/d/1/" in letter.get_body(("plain",)).get_content()
    assert not WaitingLetter.objects.exists()
    assert mail_check()[0][0] is Verdict.GOOD
    assert "sendtestemail" in mail_check()[0][1]


def test_it_waits_while_nobody_listens_and_the_self_check_says_so(port: int) -> None:
    """And goes out later, once."""
    tell()
    assert not send_next()
    waiting = WaitingLetter.objects.get()
    assert waiting.attempts == 1
    assert "refused" in waiting.error
    assert waiting.due_at > timezone.now()
    assert not send_next()  # it is not due
    assert [verdict for verdict, _ in mail_check()] == [Verdict.BAD, Verdict.WARNING]
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    make_due()
    assert send_next()
    controller.stop()
    assert len(box.letters) == 1


def test_a_letter_is_gone_with_its_transaction(port: int) -> None:
    with transaction.atomic():
        tell()
        transaction.set_rollback(True)
    assert not WaitingLetter.objects.exists()


def test_what_is_refused_for_good_or_too_old_is_given_up(mailbox: Mailbox) -> None:
    """It keeps nobody else's letter from going out."""
    tell("nobody@example.org")
    tell("ann@example.org")
    while send_next():
        pass
    assert [letter["To"] for letter in mailbox.letters] == ["ann@example.org"]
    assert not WaitingLetter.objects.exists()


def test_an_old_letter_is_given_up(port: int) -> None:
    tell()
    past = timezone.now() - KEPT - timedelta(minutes=1)
    WaitingLetter.objects.update(created_at=past)
    assert not send_next()
    assert not WaitingLetter.objects.exists()


def test_signing_up_works_while_the_mail_server_is_away(port: int) -> None:
    body = {"username": "new", "email": "new@example.org", "password1": "correct horse battery"}
    answer = Client().post("/account/signup/", body)
    assert answer.status_code == 302
    assert User.objects.filter(username="new").exists()
    letter = WaitingLetter.objects.get()
    assert letter.to == "new@example.org"
    assert "Scriptorium" in letter.text
    assert '<a href="http://testserver/account/confirm-email/' in letter.html


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_another_password_is_told_by_a_letter(
    port: int,
    language: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """So that somebody whose account was taken over hears of it."""
    ann = make_user("ann", password="old one here", email="ann@example.org", language=language)
    client = Client()
    client.force_login(ann)
    client.post("/account/reauthenticate/", {"password": "old one here"})
    new = "correct horse battery"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            "/account/password/change/",
            {"oldpassword": "old one here", "password1": new, "password2": new},
        )
    letter = WaitingLetter.objects.get()
    assert letter.to == "ann@example.org"
    assert ("changed" if language == "en" else "密码") in letter.text
    assert new not in letter.text
