"""The counters of wrong attempts: nothing that others ask for makes the server forget them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache, caches
from django.test import Client
from pytest_django import Settings
from rest_framework.throttling import UserRateThrottle

from collab.accounts.tokens import token_create
from collab.documents.models import LinkReach, Role
from collab.documents.sharing import link_set
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counted(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Count, from nothing; REST as in production."""
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "600/min"})
    for each in caches.all(initialized_only=False):
        each.clear()


def sign_in(password: str, **headers: str) -> bool:
    visitor = Client()
    visitor.post("/sign-in/", {"username": "ann", "password": password}, **headers)  # type: ignore[arg-type]
    return "_auth_user_id" in visitor.session


def many_addresses() -> None:
    visitor = Client()
    for number in range(420):
        address = f"10.0.{number // 250}.{number % 250}"
        visitor.get("/api/v1/schema", headers={"X-Forwarded-For": address})


def many_tokens() -> None:
    eve = make_user("eve")
    for _ in range(330):
        token = token_create(eve)
        Client().get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("flood", [many_addresses, many_tokens])
def test_no_flood_pushes_out_the_counters_of_wrong_passwords(flood: Callable[[], None]) -> None:
    """Of an account and of a link: the right password does not help either, for its time."""
    make_user("ann", password="secret")
    document = make_document()
    link_set(
        document=document,
        reach=LinkReach.ANYONE,
        role=Role.VIEWER,
        expires_at=None,
        password="the right one",
        actor=document.owner,
    )
    url = f"/d/{document.pk}/enter/"

    def enter(password: str) -> int:
        return Client().post(url, {"name": "Bo", "password": password}).status_code

    for _ in range(3):
        assert not sign_in("wrong")
    assert [enter("wrong") for _ in range(10)] == [403] * 10
    assert enter("the right one") == 429
    flood()
    assert not sign_in("secret"), "the wrong attempts were forgotten"
    assert enter("the right one") == 429
    cache.clear()
    assert sign_in("secret")
    assert enter("the right one") == 302


def test_a_header_makes_no_other_visitor(settings: Settings) -> None:
    """Attempts from one address are one visitor's, whatever they write into the header."""
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/ip"}
    make_user("ann", password="secret")
    for number in range(3):
        assert not sign_in("wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")
    assert not sign_in("secret", HTTP_X_FORWARDED_FOR="10.0.0.77")
    # A proxy of our own puts whom it saw at the end: that one is believed, and nothing before it.
    settings.NUM_PROXIES = 1
    assert sign_in("secret", HTTP_X_FORWARDED_FOR="127.0.0.1, 10.0.0.77")
