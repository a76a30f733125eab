"""A request that is sent twice with one Idempotency-Key is done once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.utils import timezone
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.api.idempotency import KEEP, forget_old_answers
from collab.api.models import KeptAnswer
from collab.api.throttling import TokenThrottle
from collab.documents.models import Document
from tests.api.conftest import client_of

pytestmark = pytest.mark.django_db
URL = "/api/v1/documents"


def make(api: APIClient, title: str, key: str) -> Any:
    return api.post(URL, {"title": title}, format="json", headers={"Idempotency-Key": key})


def test_the_answer_comes_again(api: APIClient, bob: User) -> None:
    """Status, headers and body; another person's key is another key."""
    first, second = make(api, "Plan", "k1"), make(api, "Plan", "k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Location"] == first["Location"]
    assert second["Idempotent-Replayed"] == "true"
    assert Document.objects.count() == 1
    assert make(client_of(bob), "Plan", "k1").status_code == 201
    assert Document.objects.count() == 2


def test_an_edit_is_made_once(api: APIClient) -> None:
    url = make(api, "Plan", "k1")["Location"] + "/content"
    for _ in range(2):
        done = api.generic(
            "PATCH",
            url,
            "one",
            content_type="text/markdown",
            headers={"Idempotency-Key": "k2", "If-Match": "*"},
        )
        assert (done.json()["seq"], done.json()["changed"], done["ETag"]) == (2, True, '"2"')


def test_the_same_key_on_another_request_is_refused(api: APIClient) -> None:
    """422; and 409 while the first one is being worked on."""
    make(api, "Plan", "k1")
    refused = make(api, "Another", "k1")
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    KeptAnswer.objects.update(status=None)
    assert make(api, "Plan", "k1").status_code == 409
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    assert make(api, "Plan", "k1").status_code == 201
    assert Document.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x01b"])
def test_a_key_has_a_form(api: APIClient, key: str) -> None:
    assert make(api, "Plan", key).status_code == 400
    assert not Document.objects.exists()


def test_answers_are_forgotten(api: APIClient) -> None:
    make(api, "Plan", "k1")
    forget_old_answers()
    assert KeptAnswer.objects.count() == 1
    KeptAnswer.objects.update(created_at=timezone.now() - KEEP - timedelta(seconds=1))
    forget_old_answers()
    assert not KeptAnswer.objects.exists()


def test_a_new_token_does_not_lie_in_the_database(ann: User, api: APIClient) -> None:
    """Its answer is not kept: there it could be read."""
    api.force_authenticate(ann)  # as a browser: a token makes no token
    made = api.post(
        "/api/v1/tokens", {"name": "x"}, format="json", headers={"Idempotency-Key": "k1"}
    )
    assert made.status_code == 201
    assert not KeptAnswer.objects.exists()


def test_requests_are_counted_by_token(
    ann: User, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every answer says how many are left; 429 says when to come again; another token is free."""
    monkeypatch.setattr(TokenThrottle, "THROTTLE_RATES", {"user": "2/min"})
    caches["requests"].clear()
    left = [api.get(URL)["RateLimit-Remaining"] for _ in range(2)]
    assert left == ["1", "0"]
    refused = api.get(URL)
    assert refused.status_code == 429
    assert refused["RateLimit-Limit"] == "2"
    assert 0 < int(refused["RateLimit-Reset"]) <= 60
    assert 0 < int(refused["Retry-After"]) <= 60
    assert client_of(ann).get(URL).status_code == 200
    caches["requests"].clear()
