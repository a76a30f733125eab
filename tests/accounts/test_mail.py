"""Letters: in the reader's language, after the commit, and never the end of what they tell of."""

from __future__ import annotations

import logging

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext, override
from pytest_django import DjangoCaptureOnCommitCallbacks

from collab.accounts.mail import Letter, letter_send_on_commit, message

pytestmark = pytest.mark.django_db


def letter() -> Letter:
    return Letter(
        gettext("Share"), (gettext("Documents"),), (gettext("Open"), "https://x.example/")
    )


def test_it_is_written_in_the_reader_s_language(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """Not in that of whoever causes it; without one of the reader's, in that."""
    with override("en"), django_capture_on_commit_callbacks(execute=True):
        letter_send_on_commit(to="a@example.org", language="zh-hans", write=letter)
        letter_send_on_commit(to="b@example.org", language="", write=letter)
    with override("zh-hans"):
        words = gettext("Documents")
    assert words in mail.outbox[0].body
    assert "Documents" in mail.outbox[1].body
    assert [sent.to for sent in mail.outbox] == [["a@example.org"], ["b@example.org"]]


def test_nothing_goes_out_before_the_commit_or_to_nobody(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        letter_send_on_commit(to="a@example.org", language="", write=letter)
        letter_send_on_commit(to="", language="", write=letter)
    assert len(callbacks) == 1
    assert mail.outbox == []


def test_a_mail_server_that_is_away_is_no_error_of_the_request(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(_self: EmailMultiAlternatives) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMultiAlternatives, "send", away)
    with (
        caplog.at_level(logging.ERROR),
        django_capture_on_commit_callbacks(execute=True),
    ):
        letter_send_on_commit(to="a@example.org", language="", write=letter)
    assert "a letter could not be sent" in caplog.text


def test_a_title_writes_neither_a_header_nor_html() -> None:
    """A line break would begin another header; text is text in the HTML part."""
    made = message(Letter("Plan\r\nBcc: all@example.org", ("<b>bold</b>",)), "a@example.org")
    assert made.subject == "Plan Bcc: all@example.org"
    assert made.recipients() == ["a@example.org"]
    assert "<b>bold</b>" in made.body
    (html,) = made.alternatives
    assert "&lt;b&gt;bold&lt;/b&gt;" in str(html[0])
