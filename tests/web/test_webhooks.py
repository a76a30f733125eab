"""The page of a person's webhooks."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from collab.accounts.models import User
from collab.documents.models import Role
from collab.webhooks.models import EVENTS, Webhook
from collab.webhooks.signing import secret_of
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db
URL = "/account/webhooks/"
ADDRESS = "https://example.org/hook"


@pytest.fixture
def ann() -> User:
    return make_user("ann")


@pytest.fixture
def client(ann: User) -> Client:
    client = Client()
    client.force_login(ann)
    return client


def do(client: Client, hook: Webhook, what: str) -> int:
    return client.post(f"{URL}{hook.pk}/", {"do": what}).status_code


def test_made_tried_switched_and_removed(client: Client, ann: User) -> None:
    """The secret is shown once; what was sent stands below the address."""
    document = make_document(ann, "Plan")
    body = {"url": ADDRESS, "document": str(document.pk), "events": ["document.edited"]}
    page = html.unescape(client.post(URL, body).content.decode())
    hook = Webhook.objects.get(owner=ann)
    assert hook.document == document
    assert secret_of(hook.pk) in page
    assert secret_of(hook.pk) not in client.get(URL).content.decode()
    assert do(client, hook, "ping") == 302
    page = client.get(URL).content.decode()
    assert re.search(r"<code>ping</code>.*waiting", page)
    assert do(client, hook, "off") == 302
    hook.refresh_from_db()
    assert not hook.is_active
    assert do(client, hook, "ping") == 404
    assert do(client, hook, "on") == 302
    assert do(client, hook, "eat") == 404
    assert do(client, hook, "remove") == 302
    assert not Webhook.objects.exists()


def test_what_cannot_be_is_said(client: Client, ann: User) -> None:
    others = make_document(make_user("bob"), "Secret plan", members={ann: Role.VIEWER})
    assert "Secret plan" not in client.get(URL).content.decode()
    for body, words in (
        ({"url": "http://127.0.0.1/", "events": list(EVENTS)}, "not an address of the public"),
        ({"url": ADDRESS}, "This field is required"),
        ({"url": ADDRESS, "document": others.pk, "events": ["document.edited"]}, "Select a valid"),
    ):
        assert words in client.post(URL, body).content.decode()
    assert not Webhook.objects.exists()


def test_others_have_no_hand_in_it(client: Client) -> None:
    hook = Webhook.objects.create(owner=make_user("bob"), url=ADDRESS, events=list(EVENTS))
    assert ADDRESS not in client.get(URL).content.decode()
    assert do(client, hook, "remove") == 404
    assert Webhook.objects.exists()


def test_the_admin_sees_and_sends_again(client: Client, ann: User) -> None:
    """Staff read the log and send again; nothing is added or changed there."""
    User.objects.update(is_staff=True, is_superuser=True)
    hook = Webhook.objects.create(owner=ann, url=ADDRESS, events=list(EVENTS))
    row = hook.deliveries.create(event="ping", body="{}", state="failed", attempts=9, status=500)
    path = "/admin/webhooks/delivery/"
    assert "failed" in client.get(path).content.decode()
    assert client.get(f"{path}{row.pk}/change/").status_code == 200
    assert client.get(f"{path}add/").status_code == 403
    client.post(path, {"action": "send_again", "_selected_action": [str(row.pk)]})
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 0)
    path = "/admin/webhooks/webhook/"
    client.post(path, {"action": "switch_off", "_selected_action": [str(hook.pk)]})
    hook.refresh_from_db()
    assert not hook.is_active
