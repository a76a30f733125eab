from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.formats import services
from collab.formats.limits import Limits
from collab.formats.programs import Programs
from collab.formats.registry import FORMATS
from tests.api.conftest import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(api: APIClient) -> str:
    body = {"title": "Plan: a/b", "content": "# 标题\n\n**bold**"}
    return f"{api.post('/api/v1/documents', body, format='json')['Location']}/export"


@pytest.mark.parametrize("wanted", list(FORMATS))
def test_an_export_is_a_file_of_each_format(api: APIClient, url: str, wanted: str) -> None:
    answer = api.get(url, {"format": wanted})
    known = FORMATS[wanted]
    assert (answer.status_code, answer["Content-Type"]) == (200, known.media_type)
    name = f'attachment; filename="Plan a b.{known.extension}"'
    assert answer["Content-Disposition"] == name
    assert answer.content


def test_an_export_cannot_run(api: APIClient, url: str) -> None:
    answer = api.get(url, {"format": "html"})
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.content.decode().startswith("<!doctype html>")
    assert "<title>Plan: a/b</title>" in answer.content.decode()


def test_who_may_not_read_may_not_export(bob: User, url: str) -> None:
    assert client_of(bob).get(url, {"format": "pdf"}).status_code in (403, 404)
    assert APIClient().get(url, {"format": "pdf"}).status_code == 401


def test_an_unknown_format_is_said(api: APIClient, url: str) -> None:
    answer = api.get(url, {"format": "rtf"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0]["parameter"] == "format"


def test_a_conversion_that_takes_too_much_is_said(
    api: APIClient, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "programs", lambda: Programs(Limits(output_bytes=100)))
    answer = api.get(url, {"format": "latex"})
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["detail"] == "This takes more memory or space than the server gives."


def test_when_all_turns_are_taken_one_is_told_when_to_come_again(
    api: APIClient, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Programs(Limits(processes=1, waiting_s=0.0))
    monkeypatch.setattr(services, "programs", lambda: busy)
    with busy._folder({}):
        answer = api.get(url, {"format": "latex"})
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert "Retry-After" in answer
