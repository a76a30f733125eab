"""Webhooks of real processes: what was committed is told, whatever ends the process meanwhile."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import Server, World, eventually
from tests.webhooks.receiver import Receiver, receiving, verify

pytestmark = pytest.mark.system
ALLOWED = {"WEBHOOK_ALLOW_PRIVATE": "true", "WEBHOOK_RETRY_S": "0.2"}
#: For receivers that are meant to be slow: no attempt ends by itself.
PATIENT = {**ALLOWED, "WEBHOOK_TIMEOUT_S": "300"}


def rest(
    world: World, path: str, body: Any, method: str = "POST", server: Server | None = None
) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{(server or world.server).port}/api/v1{path}",
        method=method,
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {world.tokens['ann']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or "null")


def titles(receiver: Receiver) -> list[str]:
    """What each request that came says, repeated ones too."""
    return [json.loads(body)["data"]["document"]["title"] for _, _, body in receiver.got]


def get(world: World, path: str) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{world.server.port}/api/v1{path}",
        headers={"Authorization": f"Bearer {world.tokens['ann']}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def claim_passes(server: Server) -> None:
    """The minute after which the claim of a process that is dead holds no more."""
    server.manage("shell", "-v0", "-c", CLAIM_PASSES)


CLAIM_PASSES = """
from django.utils import timezone
from collab.webhooks.models import Webhook
assert Webhook.objects.filter(busy_until__gt=timezone.now()).update(busy_until=timezone.now())
"""
#: What the list of the admin shows to an administrator, row by row.
ADMIN_LOG = """
import re
from django.test import Client
from collab.accounts.models import User
client = Client(headers={"host": "127.0.0.1"})
client.force_login(User.objects.create_superuser("root"))
page = client.get("/admin/webhooks/delivery/", {"q": QUERY}).content.decode()
for row in re.findall(r"<tr(.*?)</tr>", page, re.S):
    print(" ".join(re.sub(r"<[^>]*>", " ", row.partition(">")[2]).split()))
"""


@pytest.fixture
def ends() -> Iterator[ExitStack]:
    """What is closed when the test is over, however it ends."""
    with ExitStack() as ends:
        yield ends


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_killed_between_the_commit_and_the_delivery(
    tmp_path: Path, receiver: Receiver, ends: ExitStack
) -> None:
    """The next process sends it, until it is taken, with a signature that holds."""
    world = World(Server(tmp_path, **ALLOWED, WEBHOOK_SENDERS="0"))
    ends.callback(world.close)
    world.server.start()
    hook = {"url": receiver.url, "events": ["document.renamed"]}
    secret = rest(world, "/webhooks", hook)["secret"]
    rest(world, f"/documents/{world.document}", {"title": "New"}, "PATCH")
    world.server.kill()
    assert receiver.got == []
    receiver.answers = [(500, {}, b"not yet")]
    world.server.environment["WEBHOOK_SENDERS"] = "4"
    world.server.start()
    eventually(lambda: len(receiver.got) == 2)
    assert titles(receiver) == ["New", "New"]
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1
    assert all(verify(secret, headers, body) for _, headers, body in receiver.got)


def test_killed_in_the_middle_of_a_delivery(
    tmp_path: Path, receiver: Receiver, ends: ExitStack
) -> None:
    """Whose answer was lost with the process is sent again: the same id, in the log as one."""
    world = World(Server(tmp_path, **PATIENT))
    ends.callback(world.close)
    world.server.start()
    hook = {"url": receiver.url, "events": ["document.renamed"]}
    made = rest(world, "/webhooks", hook)
    receiver.answering.clear()
    rest(world, f"/documents/{world.document}", {"title": "New"}, "PATCH")
    eventually(lambda: receiver.got)
    world.server.kill()
    receiver.answering.set()
    world.server.start()
    (waiting,) = get(world, f"/webhooks/{made['id']}/deliveries")
    assert (waiting["state"], waiting["attempts"]) == ("waiting", 1)
    claim_passes(world.server)

    def delivered() -> Any:
        (row,) = get(world, f"/webhooks/{made['id']}/deliveries")
        return row["state"] == "delivered" and row

    row = eventually(delivered)
    assert (row["attempts"], row["status"]) == (2, 204)
    assert titles(receiver) == ["New", "New"]
    assert {headers["webhook-id"] for _, headers, _ in receiver.got} == {row["id"]}
    assert all(verify(made["secret"], headers, body) for _, headers, body in receiver.got)
    shown = world.server.manage("shell", "-v0", "-c", ADMIN_LOG.replace("QUERY", repr(row["id"])))
    (line,) = [line for line in shown.splitlines() if receiver.url in line]
    assert "document.renamed" in line
    assert "delivered 204 2" in line


@pytest.mark.needs("postgresql")
def test_a_claim_outlives_its_process_and_nobody_sends_meanwhile(
    tmp_path: Path, receiver: Receiver, postgresql_url: str, ends: ExitStack
) -> None:
    """One process waits for a slow receiver and is killed there; another, which sends to others,
    leaves that webhook alone until then, and goes on where the first was, in order."""
    # One folder: what is signed by the one is signed by the same key by the other.
    # The first has one thread, which waits for the slow receiver. With more it could claim the
    # other webhook too; killed between its request there and its note of the answer, it would
    # leave that claim behind, and the third title would wait for the lease of a dead process.
    one = Server(tmp_path, **PATIENT, DATABASE_URL=postgresql_url, WEBHOOK_SENDERS="1")
    two = Server(tmp_path, **PATIENT, DATABASE_URL=postgresql_url)
    world = World(two)
    ends.callback(world.close)
    ends.callback(one.kill)
    one.start()
    hook = {"url": receiver.url, "events": ["document.renamed"]}
    slow = rest(world, "/webhooks", hook, server=one)
    receiver.answering.clear()
    rest(world, f"/documents/{world.document}", {"title": "First"}, "PATCH", one)
    eventually(lambda: receiver.got)
    two.start()
    with receiving() as other:
        rest(world, "/webhooks", {**hook, "url": other.url})
        for count, title in enumerate(("Second", "Third"), start=1):
            rest(world, f"/documents/{world.document}", {"title": title}, "PATCH")
            # The other process has looked for what is due, and taken what is nobody's.
            eventually(lambda wanted=count: len(other.got) == wanted)  # type: ignore[misc]
            assert titles(receiver) == ["First"]
            one.kill()
    receiver.answering.set()
    claim_passes(two)
    eventually(lambda: len(receiver.got) == 4)
    assert titles(receiver) == ["First", "First", "Second", "Third"]
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 3
    assert all(verify(slow["secret"], headers, body) for _, headers, body in receiver.got)


@pytest.mark.needs("postgresql")
def test_two_processes_send_each_once(
    tmp_path_factory: pytest.TempPathFactory,
    receiver: Receiver,
    postgresql_url: str,
    ends: ExitStack,
) -> None:
    """Both look for what is due; in order, since one of them at a time has the webhook."""
    one, two = (
        Server(tmp_path_factory.mktemp("data"), **ALLOWED, DATABASE_URL=postgresql_url)
        for _ in range(2)
    )
    world = World(one)
    ends.callback(world.close)
    one.start()
    ends.callback(two.kill)
    two.start()
    rest(world, "/webhooks", {"url": receiver.url, "events": ["document.renamed"]})
    wanted = [f"Title {number}" for number in range(30)]
    for number, title in enumerate(wanted):
        body = {"title": title}
        rest(world, f"/documents/{world.document}", body, "PATCH", (one, two)[number % 2])
    eventually(lambda: len(receiver.got) >= len(wanted))
    assert titles(receiver) == wanted


def test_the_network_of_the_server_is_not_for_webhooks(
    tmp_path: Path, receiver: Receiver, ends: ExitStack
) -> None:
    """As an installation is without any setting: a name that leads home is not called."""
    world = World(Server(tmp_path))
    ends.callback(world.close)
    world.server.start()
    hook = {"url": f"http://localhost:{receiver.port}/", "events": ["document.renamed"]}
    made = rest(world, "/webhooks", hook)
    rest(world, f"/webhooks/{made['id']}/ping", {})

    def log() -> Any:
        return get(world, f"/webhooks/{made['id']}/deliveries")

    eventually(lambda: log()[0]["attempts"] == 1 and log()[0]["answer"])
    assert "leads to no address that is allowed" in log()[0]["answer"]
    assert receiver.got == []
