"""A session that is used goes on; one that is not ends after two weeks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.factories import make_user

pytestmark = pytest.mark.django_db

WEEKS = timedelta(weeks=2)
MOMENT = timedelta(minutes=1)


def left() -> timedelta:
    """Return how long the only session that there is still goes."""
    return Session.objects.get().expire_date - timezone.now()


def pass_days(visitor: Client, days: int) -> None:
    """Make the session as old as if nobody had used it for so long."""
    session = visitor.session
    session["kept_on"] = (timezone.now() - timedelta(days=days)).date().isoformat()
    session.save()
    Session.objects.update(expire_date=timezone.now() + WEEKS - timedelta(days=days))


@pytest.mark.parametrize("path", ["/", "/api/v1/documents"])
def test_a_day_of_use_keeps_it_for_two_weeks_more(path: str) -> None:
    visitor = Client()
    visitor.force_login(make_user())
    pass_days(visitor, 13)
    assert left() < timedelta(days=1)
    answer = visitor.get(path)
    assert answer.status_code == 200
    assert WEEKS - MOMENT < left() <= WEEKS
    assert answer.cookies["sessionid"]["max-age"] == WEEKS.total_seconds()
    assert "sessionid" not in visitor.get(path).cookies  # once a day


def test_two_weeks_without_use_end_it() -> None:
    visitor = Client()
    visitor.force_login(make_user())
    pass_days(visitor, 14)
    assert visitor.get("/").status_code == 302
    assert visitor.get("/api/v1/documents").status_code == 401


def test_who_is_nobody_gets_no_session() -> None:
    """Neither by opening a page nor by a cookie of another time."""
    stranger = Client()
    stranger.get("/sign-in/")
    stranger.cookies["sessionid"] = "x" * 32
    stranger.get("/sign-in/")
    assert not Session.objects.exists()
