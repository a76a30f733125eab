"""Servers on which something is taken from somebody, and what it must do to their open pages."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from collab.protocol.messages import SyncUpdate
from collab.types import Update
from tests.conftest import require
from tests.parts import REDIS_URL
from tests.system.client import Peer
from tests.system.conftest import Server, World, postgresql_database
from tests.system.visitor import Visitor

#: A change is felt within a second; a machine that runs other tests besides may take another two.
AT_ONCE_S = 3.0
MORE = """
from django.contrib.auth.models import Group
from collab.documents.models import GroupMembership
root = User(username="root", is_staff=True, is_superuser=True)
root.set_password("a long password")
root.save()
ann.set_password("a long password")
ann.save()
"""
#: Somebody new for each test, so that no test ends another's; with two tokens and a password.
PERSON = """
import json
from datetime import timedelta
from collab.accounts.models import TokenScope, User
from collab.accounts.tokens import token_and_row
user = User(username={name!r}, email={name!r} + "@example.org")
user.set_password("a long password")
user.save()
long, token = token_and_row(user, name="long", scope=TokenScope.WRITE)
_, reading = token_and_row(user, name="reading", scope=TokenScope.READ)
_, short = token_and_row(
    user, name="short", scope=TokenScope.WRITE, expires_in=timedelta(seconds={token_s})
)
print(json.dumps([user.pk, token, long.short_id, long.digest, reading, short]))
"""
#: A token that was made for this long is used, and outlived, by a test.
TOKEN_S = 8.0


@dataclass
class Somebody:
    """A person of one test."""

    name: str
    pk: int
    token: str
    token_id: str
    token_digest: str
    reading_token: str
    short_token: str
    #: The test's clock shortly before the tokens were made.
    made_at: float


class Scene:
    """Servers on the same data: changes are made at ``here``, sockets are at ``there``."""

    def __init__(self, world: World, there: Server) -> None:
        self.world = world
        self.here, self.there = world.server, there
        self.ann = Visitor(self.here).sign_in("ann")
        self.root = Visitor(self.here).sign_in("root")
        self._numbers = iter(range(10_000))

    def somebody(self) -> Somebody:
        name = f"p{next(self._numbers)}"
        made_at = time.monotonic()
        said = self.here.manage("shell", "-v0", "-c", PERSON.format(name=name, token_s=TOKEN_S))
        pk, token, token_id, digest, reading, short = json.loads(said)
        return Somebody(name, pk, token, token_id, digest, reading, short, made_at)

    def rest(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """Ask REST, as ann where no token is given."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.here.port}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {token or self.world.tokens['ann']}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def document(self) -> str:
        return str(self.rest("POST", "/documents", {"title": "Another"})["id"])

    def peer(self, document: str, token: str | None = None, visitor: Visitor | None = None) -> Peer:
        url = f"ws://127.0.0.1:{self.there.port}/ws/documents/{document}"
        return Peer(url, token, visitor.headers(self.there) if visitor else None)

    def act_in_admin(self, model: str, action: str, *keys: object) -> None:
        page = f"/admin/{model}/"
        self.root.post(page, at=page, action=action, _selected_action=[str(key) for key in keys])


@pytest.fixture(scope="module", params=["one process", "two processes"])
def scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    quiet = {"ROOM_SWEEP_S": "600", "API_THROTTLE": "100000/min"}
    if request.param == "one process":
        world = World(Server(tmp_path_factory.mktemp("one"), **quiet), MORE)
        world.server.start()
        yield Scene(world, world.server)
        world.close()
        return
    require("postgresql", "redis")
    with postgresql_database() as url:
        keys = {"SECRET_KEY": "the same for both processes, so that each knows the sessions"}
        shared = {**quiet, **keys, "DATABASE_URL": url, "REDIS_URL": REDIS_URL}
        world = World(Server(tmp_path_factory.mktemp("one"), **shared), MORE)
        other = Server(tmp_path_factory.mktemp("other"), **shared)
        world.server.start()
        other.start()
        yield Scene(world, other)
        other.kill()
        world.close()


async def writes(peer: Peer, words: str) -> bool:
    """Try to write; return whether it was taken: committed, or denied."""
    before = peer.doc.get_state()
    peer.is_denied = False
    peer.text += words
    await peer.send(SyncUpdate(Update(peer.doc.get_update(before))))
    await peer.until(lambda: peer.saved >= peer.sent or peer.is_denied)
    return not peer.is_denied


async def is_out(
    scene: Scene,
    peer: Peer,
    again: Callable[[], Peer],
    change: Callable[[], object],
    code: int,
) -> None:
    """Do ``change``; the peer is closed with ``code``, for good, and nothing of its is kept.

    Where another way in is possible it is told to try again (1012), and then is refused.
    """
    await peer.synced()
    async with again() as witness:  # a second page of theirs goes the same way
        await witness.synced()
        await asyncio.to_thread(change)
        began = time.monotonic()
        closed, reason = await peer.closed()
        assert time.monotonic() - began < AT_ONCE_S
        assert reason
        assert (await witness.closed())[0] == closed
    if closed == 1012:
        assert code == 4401, "only who may have another session is told to try again"
    else:
        assert closed == code
    async with again() as back:
        refused, reason = await back.closed()
        assert (refused, bool(reason)) == (code, True)
        assert not back.is_synced, "it was shown the document before it was closed"
