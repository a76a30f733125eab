"""Oneself, other people as far as one may know them, one's tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from rest_framework.test import APIClient

from collab.accounts.models import ApiToken, TokenScope, User
from collab.accounts.tokens import token_create
from collab.documents.models import Role
from tests.api.conftest import client_of
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


def names(answer: object) -> list[str]:
    return [person["username"] for person in answer.json()]  # type: ignore[attr-defined]


def test_me_is_shown_and_changed(api: APIClient, ann: User) -> None:
    """Who the token names; what others see of them can be changed, what signs them in cannot."""
    me = api.get("/api/v1/users/me").json()
    assert me == {
        "id": ann.pk,
        "name": "Ann",
        "avatar": "",
        "username": "ann",
        "email": "ann@example.org",
        "color": ann.shown_color,
        "language": "",
        "theme": "",
    }
    body = {"name": "安", "color": "#112233", "language": "zh-hans", "theme": "dark"}
    changed = api.patch("/api/v1/users/me", {**body, "username": "root"}, format="json")
    assert changed.json() == {**me, **body}
    for wrong in ({"color": "red"}, {"language": "xx"}, {"theme": "pink"}, {"name": "x" * 81}):
        assert api.patch("/api/v1/users/me", wrong, format="json").status_code == 400


def test_nobody_pages_through_all_people(api: APIClient, ann: User, bob: User) -> None:
    """By part of a name those one shares with; a stranger only by the whole name or address."""
    carol = make_user("carol", display_name="Bobby")
    make_document(ann, members={carol: Role.VIEWER})
    make_user("bobcat")
    assert names(api.get("/api/v1/users", {"search": "bob"})) == ["bob", "carol"]
    assert names(api.get("/api/v1/users", {"search": "bo"})) == ["carol"]
    assert names(api.get("/api/v1/users", {"search": "BOB@example.org"})) == ["bob"]
    assert names(api.get("/api/v1/users", {"search": "@example.org"})) == []
    assert names(api.get("/api/v1/users", {"search": "ann"})) == []
    assert api.get("/api/v1/users").status_code == 400


def test_only_groups_of_mine_are_listed(api: APIClient, ann: User) -> None:
    mine = Group.objects.create(name="mine")
    Group.objects.create(name="others")
    ann.groups.add(mine)
    assert api.get("/api/v1/groups").json() == [{"id": mine.pk, "name": "mine"}]


def test_tokens_are_made_listed_and_withdrawn(api: APIClient, ann: User) -> None:
    """Made in a browser, by no other token, which it would outlive; shown once."""
    body = {"name": "backup", "scope": "read", "expires_in_days": 30}
    refused = api.post("/api/v1/tokens", body, format="json")
    assert refused.status_code == 403
    assert "A token makes no other token" in refused.json()["detail"]
    browser = APIClient()
    browser.force_authenticate(ann)
    made = browser.post("/api/v1/tokens", body, format="json")
    assert made.status_code == 201
    token = made.json()["token"]
    row = ApiToken.objects.get(name="backup")
    assert row.expiry - timezone.now() < timedelta(days=30, seconds=1)
    listed = api.get("/api/v1/tokens").json()
    assert [t["name"] for t in listed] == ["backup", ""]
    assert token not in str(listed)
    assert row.digest not in str(listed)
    stranger = client_of(make_user())
    assert stranger.delete(f"/api/v1/tokens/{made.json()['id']}").status_code == 404
    assert api.delete(f"/api/v1/tokens/{made.json()['id']}").status_code == 204
    program = APIClient(headers={"authorization": f"Bearer {token}"})
    assert program.get("/api/v1/users/me").status_code == 401
    for wrong in ("x", "0" * 16, "%" * 16, "९" * 16):
        assert api.delete(f"/api/v1/tokens/{wrong}").status_code == 404


def test_a_token_for_reading_only_reads(ann: User) -> None:
    """Every method that changes something is refused, in a sentence."""
    token = token_create(ann, scope=TokenScope.READ)
    program = APIClient(headers={"authorization": f"Bearer {token}"})
    document = make_document(ann)
    assert program.get(f"/api/v1/documents/{document.pk}").status_code == 200
    for method, path in (
        ("post", "/api/v1/documents"),
        ("patch", f"/api/v1/documents/{document.pk}"),
        ("delete", f"/api/v1/documents/{document.pk}"),
        ("post", "/api/v1/tokens"),
        ("put", f"/api/v1/documents/{document.pk}/owner"),
    ):
        response = getattr(program, method)(path, {}, format="json")
        assert (response.status_code, response.json()["detail"]) == (
            403,
            "This token is for reading only.",
        )


def test_the_last_use_of_a_token_is_noted_to_the_minute(api: APIClient) -> None:
    api.get("/api/v1/users/me")
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    api.get("/api/v1/users/me")
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    api.get("/api/v1/users/me")
    again = ApiToken.objects.get().last_used_at
    assert again is not None
    assert again > first
