"""Webhooks by REST: made, seen, changed, tried and removed by their person alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.audit.models import AuditEntry
from collab.documents.models import Role
from collab.webhooks.models import EVENTS, Delivery
from collab.webhooks.outbox import ping
from collab.webhooks.signing import secret_of
from tests.api.conftest import client_of
from tests.factories import make_document

pytestmark = pytest.mark.django_db
URL = "/api/v1/webhooks"
ADDRESS = "https://example.org/hook?key=hush"


def made(api: APIClient, **more: Any) -> dict[str, Any]:
    body = {"url": ADDRESS, "events": ["document.created"], **more}
    response = api.post(URL, body, format="json")
    assert response.status_code == 201, response.content
    shown: dict[str, Any] = response.json()
    return shown


def test_the_secret_is_shown_once(api: APIClient) -> None:
    hook = made(api)
    assert hook["secret"] == secret_of(UUID(hook["id"]))
    assert hook["document"] is None
    secret = hook.pop("secret")
    assert api.get(URL).json() == [hook]
    assert api.get(f"{URL}/{hook['id']}").json() == hook
    said = str(AuditEntry.objects.filter(action="webhook.create").values().get())
    assert "example.org" in said
    assert "hush" not in said
    assert secret not in said


def test_change_and_remove(api: APIClient) -> None:
    hook = made(api)
    path = f"{URL}/{hook['id']}"
    changed = api.patch(path, {"events": list(EVENTS), "is_active": False}, format="json")
    assert changed.json()["events"] == list(EVENTS)
    assert changed.json()["is_active"] is False
    assert api.post(f"{path}/ping").status_code == 409
    assert api.patch(path, {"is_active": True}, format="json").json()["is_active"] is True
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_the_log_and_once_more(api: APIClient) -> None:
    hook = made(api)
    path = f"{URL}/{hook['id']}"
    sent = api.post(f"{path}/ping")
    assert sent.status_code == 202
    row = sent.json()
    assert (row["event"], row["state"], row["attempts"]) == ("ping", "waiting", 0)
    assert api.get(f"{path}/deliveries").json() == [row]
    assert api.get(f"{path}/deliveries?state=failed").json() == []
    Delivery.objects.update(state="failed", attempts=9)
    assert api.get(f"{path}/deliveries").json()[0]["next_attempt_at"] is None
    again = api.post(f"{path}/deliveries/{row['id']}/again").json()
    assert (again["state"], again["attempts"], again["id"]) == ("waiting", 0, row["id"])
    for unknown in ("x", row["id"].replace(row["id"][0], "0")[:-1] + "0"):
        assert api.post(f"{path}/deliveries/{unknown}/again").status_code == 404


def test_only_for_documents_that_one_owns(api: APIClient, ann: User, bob: User) -> None:
    own, other = make_document(ann), make_document(bob, members={ann: Role.EDITOR})
    assert made(api, document=str(own.pk))["document"] == str(own.pk)
    body = {"url": ADDRESS, "events": ["document.edited"], "document": str(other.pk)}
    assert api.post(URL, body, format="json").status_code == 403
    body["document"] = str(make_document(bob).pk)
    assert api.post(URL, body, format="json").status_code == 404


def test_others_see_nothing(api: APIClient, bob: User) -> None:
    hook = made(api)
    row = Delivery.objects.get(pk=api.post(f"{URL}/{hook['id']}/ping").json()["id"])
    theirs = client_of(bob)
    assert theirs.get(URL).json() == []
    path = f"{URL}/{hook['id']}"
    for method, where in (
        ("get", path),
        ("patch", path),
        ("delete", path),
        ("post", f"{path}/ping"),
        ("get", f"{path}/deliveries"),
        ("post", f"{path}/deliveries/{row.pk}/again"),
    ):
        answer = getattr(theirs, method)(where, {}, format="json")
        assert answer.status_code == 404, (method, where)


@pytest.mark.parametrize(
    "body",
    [
        {"url": "http://127.0.0.1/", "events": ["document.created"]},
        {"url": "ftp://example.org/", "events": ["document.created"]},
        {"url": ADDRESS, "events": []},
        {"url": ADDRESS, "events": ["document.eaten"]},
        {"url": ADDRESS},
    ],
)
def test_what_is_refused(api: APIClient, body: dict[str, Any]) -> None:
    assert api.post(URL, body, format="json").status_code == 400
    assert api.get(URL).json() == []


def test_the_secret_is_not_kept_for_a_replay(api: APIClient, ann: User) -> None:
    """An answer that holds a secret is not kept, so that a key makes two."""
    key = {"Idempotency-Key": "once"}
    body = {"url": ADDRESS, "events": ["document.created"]}
    for _ in range(2):
        assert api.post(URL, body, format="json", headers=key).status_code == 201
    assert ann.webhooks.count() == 2
    assert ping(webhook=ann.webhooks.all()[0]).state == "waiting"
