"""Webhooks of real processes: what was committed is told, whatever ends the process meanwhile."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import Server, World, eventually
from tests.webhooks.receiver import Receiver, receiving, verify

pytestmark = pytest.mark.system
ALLOWED = {"WEBHOOK_ALLOW_PRIVATE": "true", "WEBHOOK_RETRY_S": "0.2"}


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


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_killed_between_the_commit_and_the_delivery(tmp_path: Path, receiver: Receiver) -> None:
    """The next process sends it, until it is taken, with a signature that holds."""
    world = World(Server(tmp_path, **ALLOWED, WEBHOOK_SENDERS="0"))
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
    world.close()


@pytest.mark.needs("postgresql")
def test_two_processes_send_each_once(
    tmp_path_factory: pytest.TempPathFactory, receiver: Receiver, postgresql_url: str
) -> None:
    """Both look for what is due; in order, since one of them at a time has the webhook."""
    one, two = (
        Server(tmp_path_factory.mktemp("data"), **ALLOWED, DATABASE_URL=postgresql_url)
        for _ in range(2)
    )
    world = World(one)
    one.start()
    two.start()
    rest(world, "/webhooks", {"url": receiver.url, "events": ["document.renamed"]})
    wanted = [f"Title {number}" for number in range(30)]
    for number, title in enumerate(wanted):
        body = {"title": title}
        rest(world, f"/documents/{world.document}", body, "PATCH", (one, two)[number % 2])
    eventually(lambda: len(receiver.got) >= len(wanted))
    assert titles(receiver) == wanted
    two.kill()
    world.close()


def test_the_network_of_the_server_is_not_for_webhooks(tmp_path: Path, receiver: Receiver) -> None:
    """As an installation is without any setting: a name that leads home is not called."""
    world = World(Server(tmp_path))
    world.server.start()
    hook = {"url": f"http://localhost:{receiver.port}/", "events": ["document.renamed"]}
    made = rest(world, "/webhooks", hook)
    rest(world, f"/webhooks/{made['id']}/ping", {})

    def log() -> list[dict[str, Any]]:
        path = f"/webhooks/{made['id']}/deliveries"
        url = f"http://127.0.0.1:{world.server.port}/api/v1{path}"
        headers = {"Authorization": f"Bearer {world.tokens['ann']}"}
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            rows: list[dict[str, Any]] = json.loads(answer.read())
            return rows

    eventually(lambda: log()[0]["attempts"] == 1 and log()[0]["answer"])
    assert "not into the public internet" in log()[0]["answer"]
    assert receiver.got == []
    world.close()
