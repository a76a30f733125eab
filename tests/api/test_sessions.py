"""Where a person is signed in, over REST."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from collab.accounts.models import User

pytestmark = pytest.mark.django_db
URL = "/api/v1/sessions"


def browser(user: User, agent: str) -> Client:
    """Return a browser in which somebody has signed in by the page."""
    client = Client(headers={"user-agent": agent})
    answer = client.post("/sign-in/", {"username": user.username, "password": "secret-9"})
    assert answer.status_code == 302
    return client


def test_sessions_are_listed_and_ended(api: APIClient, ann: User, bob: User) -> None:
    """An ended session is signed out; nobody ends another's."""
    for user in (ann, bob):
        user.set_password("secret-9")
        user.save()
    first, second = browser(ann, "Firefox/1"), browser(ann, "Chrome/2")
    browser(bob, "Other/3")
    rows = second.get(URL).json()
    assert [(row["user_agent"], row["is_current"]) for row in rows] == [
        ("Chrome/2", True),
        ("Firefox/1", False),
    ]
    assert [row["is_current"] for row in api.get(URL).json()] == [False, False]
    assert api.delete(f"{URL}/{rows[1]['id']}").status_code == 204
    assert first.get("/").status_code == 302
    assert second.get("/").status_code == 200
    assert [row["user_agent"] for row in api.get(URL).json()] == ["Chrome/2"]
    bobs = UserSession.objects.get(user=bob)
    for unknown in (bobs.pk, "x", "0", "9" * 30):
        assert api.delete(f"{URL}/{unknown}").status_code == 404
    assert UserSession.objects.filter(user=bob).exists()


def test_an_ended_session_closes_its_pages(
    api: APIClient, ann: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """Rooms are told to look up the person at once."""
    ann.set_password("secret-9")
    ann.save()
    browser(ann, "Firefox/1")
    (row,) = api.get(URL).json()
    with django_capture_on_commit_callbacks() as callbacks:
        api.delete(f"{URL}/{row['id']}")
    assert callbacks
