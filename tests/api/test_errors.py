from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle

from collab.accounts.models import User
from collab.api import people

pytestmark = pytest.mark.django_db
LIST = "/api/v1/documents"


def _check(response: Any, status: int) -> dict[str, Any]:
    """Every error has the members that RFC 9457 names, under its media type."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail"} <= body.keys()
    assert body["status"] == status
    return body


def test_without_a_token() -> None:
    """401, and the way in is named."""
    response = APIClient().get(LIST)
    _check(response, 401)
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["", "x", "a b", "\xff"])
def test_with_a_wrong_token(token: str) -> None:
    """A token that names nobody is refused, even beside a session."""
    _check(APIClient().get(LIST, headers={"authorization": f"Bearer {token}"}), 401)


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v1/", "/api/v1/documents/x/y/z"])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_no_such_path(path: str, method: str) -> None:
    """Outside the table it is 404 in the same form, signed in or not."""
    _check(getattr(APIClient(), method)(path), 404)


def test_no_such_method(api: APIClient) -> None:
    """405 names the methods that there are."""
    response = api.put(LIST, {}, format="json")
    _check(response, 405)
    assert "POST" in response["Allow"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff", b'{"title": NaN}', b"[" * 100_000, b'{"title": "\xed\xa0\x80"}'],
)
def test_a_body_that_is_not_json(api: APIClient, body: bytes) -> None:
    """400, with the reason."""
    _check(api.post(LIST, body, content_type="application/json"), 400)


@pytest.mark.parametrize("body", ["[]", "7", '"x"', "null", r'{"title": "\ud800"}'])
def test_json_that_is_no_document(api: APIClient, body: str) -> None:
    """Valid JSON of another kind, and text that is none, is refused with a place."""
    problem = _check(api.post(LIST, body, content_type="application/json"), 400)
    assert problem["errors"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", LIST, {"title": 0}),
        ("post", LIST, {"title": True}),
        ("post", "/api/v1/tokens", {"name": "x", "expires_in_days": "30"}),
        ("post", "/api/v1/folders", {"name": "x", "parent": 7}),
        ("patch", "/api/v1/users/me", {"name": 1.5}),
    ],
)
def test_a_value_of_another_json_type(ann: User, method: str, path: str, body: object) -> None:
    """Refused with its place; neither 0 nor true is a title."""
    client = APIClient()
    client.force_login(ann)  # a token makes no token
    problem = _check(getattr(client, method)(path, body, format="json"), 400)
    assert len(problem["errors"]) == 1


def test_a_parameter_with_nothing_in_it(api: APIClient) -> None:
    """Refused where there is no such value: `?page=` is not the first page."""
    for query in ("page=", "ordering=", "folder=", "starred="):
        problem = _check(api.get(f"{LIST}?{query}"), 400)
        assert problem["errors"][0]["parameter"] == query[:-1]
    assert api.get(f"{LIST}?search=").status_code == 200


def test_a_body_of_another_type(api: APIClient) -> None:
    """415, not a guess."""
    _check(api.post(LIST, "title=x", content_type="application/x-www-form-urlencoded"), 415)


def test_a_body_that_is_too_big(api: APIClient, settings: Settings) -> None:
    """413 before it is parsed."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    _check(api.post(LIST, {"title": "x" * 100}, format="json"), 413)


def test_a_body_without_a_length(api: APIClient) -> None:
    """411: DRF would take it for empty and make a document without a title."""
    response = api.post(
        LIST,
        b"{}",
        content_type="application/json",
        HTTP_TRANSFER_ENCODING="chunked",
        CONTENT_LENGTH="",
    )
    _check(response, 411)


def test_too_many_requests(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 says when to come again."""
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "1/min"})
    assert api.get("/api/v1/users/me").status_code == 200
    response = api.get("/api/v1/users/me")
    _check(response, 429)
    assert 0 < int(response["Retry-After"]) <= 60


def test_a_failure_of_ours(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 tells nothing of the inside, and reaches error reporters."""

    def fail(*_: object) -> Response:
        raise RuntimeError("secret")

    monkeypatch.setattr(people.Me, "get", fail)
    api.raise_request_exception = False
    problem = _check(api.get("/api/v1/users/me"), 500)
    assert "secret" not in str(problem)
    api.raise_request_exception = True
    with pytest.raises(RuntimeError, match="secret"):
        api.get("/api/v1/users/me")


def test_a_session_needs_the_csrf_token(ann: User) -> None:
    """What a page may do, a foreign page may not do through it."""
    page = Client(enforce_csrf_checks=True)
    page.force_login(ann)
    assert page.get(LIST).status_code == 200
    _check(page.post(LIST, {"title": "x"}, content_type="application/json"), 403)


def test_accept_of_something_else_gets_json(api: APIClient) -> None:
    """A browser that opens the address sees the answer."""
    assert api.get(LIST, headers={"accept": "text/html"})["Content-Type"] == "application/json"
