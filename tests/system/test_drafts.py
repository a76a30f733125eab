"""Drafts on real processes: made and merged through one, while the original is open on another."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.parts import DATABASE_URL
from tests.system.client import Peer
from tests.system.conftest import Server, eventually
from tests.system.test_rest_merge import BEGIN, ROUNDS, Typist, put_in
from tests.system.two_servers import Cluster, two_servers

pytestmark = [pytest.mark.system, pytest.mark.needs("postgresql", "redis")]
TURNS = 5


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with two_servers(tmp_path) as cluster:
        yield cluster


class Desk:
    """Ann at one of the processes, with nothing but REST."""

    def __init__(self, cluster: Cluster, server: Server) -> None:
        self._cluster = cluster
        self._server = server

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> str:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._server.port}/api/v1/documents/{path}",
            method=method,
            data=body.encode() or None,
            headers={
                "Authorization": f"Bearer {self._cluster.world.tokens['ann']}",
                "Content-Type": "application/json",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(answer.read().decode())

    def text(self, document: str) -> str:
        return self.ask("GET", f"{document}/content?format=text").strip()

    def write(self, document: str, text: str, base: str = "*") -> None:
        headers = {"If_Match": base, "Content_Type": "text/markdown"}
        self.ask("PATCH", f"{document}/content", text, **headers)

    def fork(self, document: str) -> str:
        return str(json.loads(self.ask("POST", f"{document}/drafts"))["id"])

    def merge(self, draft: str, **headers: str) -> Any:
        return json.loads(self.ask("POST", f"{draft}/draft/merge", '{"close": false}', **headers))

    def merges(self, document: str) -> int:
        rows = json.loads(self.ask("GET", f"{document}/revisions?page_size=100"))["results"]
        return sum(row["kind"] == "merge" for row in rows)


async def test_people_type_in_the_original_while_its_draft_is_merged_elsewhere(
    cluster: Cluster,
) -> None:
    """Each word of theirs and of the draft is there once, in the original, at the peers, and in the
    draft when it is up to date."""
    document, desk = cluster.world.document, Desk(cluster, cluster.two)
    dice = random.Random(4)
    Desk(cluster, cluster.one).write(document, BEGIN + "end")

    def drafting() -> str:
        draft = desk.fork(document)
        for turn in range(TURNS):
            desk.write(draft, put_in(dice, desk.text(draft), f"draft{turn}"))
            desk.ask("POST", f"{draft}/draft/update")
            desk.write(draft, put_in(dice, desk.text(draft), f"more{turn}"))
            assert "conflicts" in json.loads(desk.ask("GET", f"{draft}/draft/diff"))
            assert desk.merge(draft)["changed"]
        return draft

    async with cluster.peer(cluster.one, "ann") as ann, cluster.peer(cluster.one, "bob") as bob:
        peers: list[Peer] = [ann, bob]
        typists = [Typist(await peer.synced(), f"p{n}w") for n, peer in enumerate(peers)]
        typing = [typist.type(random.Random(n)) for n, typist in enumerate(typists)]
        drafted = asyncio.create_task(asyncio.to_thread(drafting))
        await asyncio.gather(drafted, *typing)
        draft = drafted.result()
        for peer in peers:
            await peer.until(lambda peer=peer: peer.saved >= peer.sent)
        words = (await asyncio.to_thread(desk.text, document)).split()
        expected = [f"p{n}w{turn}" for n in range(2) for turn in range(ROUNDS)]
        expected += [f"{kind}{turn}" for kind in ("draft", "more") for turn in range(TURNS)]
        assert [word for word in expected if words.count(word) != 1] == [], " ".join(words)
        for typist in typists:
            await typist.peer.until(lambda typist=typist: typist.words.split() == words)
    desk.ask("POST", f"{draft}/draft/update")
    assert desk.text(draft).split() == words
    assert desk.merge(draft)["changed"] is False


@contextmanager
def held(cluster: Cluster, table: str) -> Iterator[psycopg.Connection[Any]]:
    """Nobody writes to a table: who wants to stands still there, in the middle of what it does."""
    url = f"{DATABASE_URL.rpartition('/')[0]}/{cluster.database}"
    with psycopg.connect(url) as connection:
        connection.execute(f'LOCK TABLE "{table}" IN EXCLUSIVE MODE')
        yield connection


def stands_still(cluster: Cluster, table: str) -> bool:
    with psycopg.connect(DATABASE_URL) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            " AND wait_event_type = 'Lock' AND query LIKE %s",
            [cluster.database, f'%"{table}"%'],
        ).fetchone()
    return bool(found and found[0])


@pytest.mark.parametrize(
    ("table", "is_merged"),
    # The audit entry is the last that a merge writes before it commits; the revision comes after.
    [("audit_auditentry", False), ("history_revision", True)],
)
def test_killed_in_the_middle_of_a_merge(cluster: Cluster, table: str, is_merged: bool) -> None:
    """It is merged wholly or not at all; asked again, through either process, it is there once."""
    document = cluster.world.document
    one, two = Desk(cluster, cluster.one), Desk(cluster, cluster.two)
    one.write(document, "first\n\nlast")
    draft = two.fork(document)
    two.write(draft, "first and\n\nbetween\n\nlast and")
    key = {"Idempotency_Key": "merge-1"}

    def merging() -> None:
        with suppress(OSError):  # killed
            two.merge(draft, **key)

    merged = "first and\nbetween\nlast and"
    then = merged if is_merged else "first\nlast"
    merger = threading.Thread(target=merging)
    with held(cluster, table):
        merger.start()
        eventually(lambda: stands_still(cluster, table) and one.text(document) == then)
        assert merger.is_alive()
        cluster.two.kill()
        merger.join()
    assert one.text(document) == then
    assert one.merge(draft)["changed"] is not is_merged
    cluster.two.start()
    for desk in (one, two):
        assert desk.merge(draft)["changed"] is False
        assert desk.text(document) == merged
    eventually(lambda: one.merges(document) == 1)
