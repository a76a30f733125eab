"""A program edits by REST what people are typing in: all words of all survive."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import subprocess
import urllib.request
from pathlib import Path
from typing import Any, cast

import pytest
from pycrdt import XmlElement, XmlFragment, XmlText

from collab.protocol.messages import SyncUpdate
from collab.types import Update
from tests.parts import REDIS_URL
from tests.system.client import Peer
from tests.system.conftest import Server, World

pytestmark = pytest.mark.system
DOCS = Path(__file__).parents[2] / "docs" / "rest-merge.md"
BEGIN = "The quick brown fox jumps over the lazy dog "
ROUNDS = 12


def rest(
    server: Server, world: World, method: str, path: str, body: str = "", **headers: str
) -> tuple[str, str]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/api/v1/documents/{world.document}{path}",
        method=method,
        data=body.encode() or None,
        headers={
            "Authorization": f"Bearer {world.tokens['ann']}",
            "Content-Type": "text/markdown",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode(), answer.headers["ETag"]


def put_in(dice: random.Random, text: str, word: str) -> str:
    """The text with one word more, before some other word."""
    words = text.split(" ")
    at = dice.randrange(len(words))
    return " ".join([*words[:at], word, *words[at:]])


class Typist:
    """A person at a socket, who types words into the first paragraph."""

    def __init__(self, peer: Peer, name: str) -> None:
        self.peer = peer
        self.name = name
        self.body: XmlFragment = cast("Any", peer.doc).get("default", type=XmlFragment)

    @property
    def paragraph(self) -> XmlText:
        block = self.body.children[0]
        assert isinstance(block, XmlElement)
        text = block.children[0]
        assert isinstance(text, XmlText)
        return text

    @property
    def words(self) -> str:
        return "".join(part for part, _ in self.paragraph.diff() if isinstance(part, str))

    async def type(self, dice: random.Random) -> None:
        for turn in range(ROUNDS):
            await asyncio.sleep(dice.uniform(0, 0.06))
            starts = [match.end() for match in re.finditer(" ", self.words)]
            before = self.peer.doc.get_state()
            at = len(self.words[: dice.choice([0, *starts])].encode())
            self.paragraph.insert(at, f"{self.name}{turn} ")
            await self.peer.send(SyncUpdate(Update(self.peer.doc.get_update(before))))


async def write_together(world: World, servers: list[Server], seed: int) -> None:
    dice = random.Random(seed)
    rest(servers[0], world, "PATCH", "/content", BEGIN + "end", If_Match="*")

    def program(turn: int) -> None:
        server = servers[turn % len(servers)]
        content, etag = rest(server, world, "GET", "/content?format=markdown")
        wanted = put_in(dice, content.strip(), f"rest{turn}").replace("brown", f"brown{turn}x", 1)
        rest(server, world, "PATCH", "/content", wanted, If_Match=etag)

    names = ["ann", "bob", "bob"]
    peers = [
        Peer(
            f"ws://127.0.0.1:{servers[n % len(servers)].port}/ws/documents/{world.document}",
            world.tokens[name],
        )
        for n, name in enumerate(names)
    ]
    async with peers[0], peers[1], peers[2]:
        typists = [Typist(await peer.synced(), f"p{n}w") for n, peer in enumerate(peers)]

        async def programs() -> None:
            for turn in range(ROUNDS):
                await asyncio.to_thread(program, turn)

        await asyncio.gather(
            programs(), *(typist.type(random.Random(seed + n)) for n, typist in enumerate(typists))
        )
        for peer in peers:
            await peer.until(lambda peer=peer: peer.saved >= peer.sent)

        def final() -> str:
            return rest(servers[0], world, "GET", "/content?format=text")[0].strip()

        words = (await asyncio.to_thread(final)).split()
        expected = [f"p{n}w{turn}" for n in range(3) for turn in range(ROUNDS)]
        expected += [f"rest{turn}" for turn in range(ROUNDS)]
        missing = [word for word in expected if words.count(word) != 1]
        assert not missing, " ".join(words)
        for typist in typists:
            await typist.peer.until(lambda typist=typist: typist.words.split() == words)


#: What the first paragraph becomes, and what is there once somebody has typed in it meanwhile.
ACTS = {
    "# hello world\n": "# hello DEAR world\n",
    "> hello world\n": "> hello DEAR world\n",
    "- hello world\n": "- hello DEAR world\n",
    "hello\n\nworld\n": "hello DEAR\n\nworld\n",
    "\n": "&#32;DEAR\n",
}


async def rewrite_what_is_typed_in(world: World, servers: list[Server]) -> None:
    """A program rewrites, on an old base, the paragraph in which a person has typed since."""
    url = f"ws://127.0.0.1:{servers[0].port}/ws/documents/{world.document}"
    for act, result in ACTS.items():
        rest(servers[0], world, "PATCH", "/content", "hello world\n", If_Match="*")
        _, etag = rest(servers[0], world, "GET", "/content?format=markdown")
        async with Peer(url, world.tokens["bob"]) as peer:
            typist = Typist(await peer.synced(), "")
            before = peer.doc.get_state()
            typist.paragraph.insert(5, " DEAR")
            await peer.send(SyncUpdate(Update(peer.doc.get_update(before))))
            await peer.until(lambda peer=peer: peer.saved >= peer.sent)
            said, new_etag = await asyncio.to_thread(
                rest, servers[-1], world, "PATCH", "/content", act, If_Match=etag
            )
            answer = json.loads(said)
            assert (answer["conflicts"], answer["is_as_sent"]) == ([], False)
            assert not new_etag
            there, _ = await asyncio.to_thread(
                rest, servers[-1], world, "GET", "/content?format=markdown"
            )
            assert there == result


@pytest.mark.parametrize("seed", [1, 2])
async def test_three_type_into_the_paragraph_that_a_program_edits(world: World, seed: int) -> None:
    """With random timing, on bases that are old when they arrive: each word is there once."""
    await write_together(world, [world.server], seed)
    if seed == 1:
        await rewrite_what_is_typed_in(world, [world.server])


@pytest.mark.needs("postgresql", "redis")
async def test_the_same_on_two_processes(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, postgresql_url: str
) -> None:
    """People and program are on either process; what one commits reaches the other at once."""
    environment = {"DATABASE_URL": postgresql_url, "REDIS_URL": REDIS_URL, "ROOM_SWEEP_S": "60"}
    world = World(Server(tmp_path, **environment))
    other = Server(tmp_path_factory.mktemp("other"), **environment)
    try:
        world.server.start()
        other.start()
        await write_together(world, [world.server, other], 3)
        await rewrite_what_is_typed_in(world, [world.server, other])
    finally:
        world.close()
        other.kill()


def test_the_examples_of_the_documentation_run(world: World, tmp_path: Path) -> None:
    rest(world.server, world, "PATCH", "/content", "The quick brown fox", If_Match="*")
    blocks = re.findall(r"```sh\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert len(blocks) == 2
    environment = {
        **os.environ,
        "TOKEN": world.tokens["ann"],
        "URL": f"http://127.0.0.1:{world.server.port}/api/v1/documents/{world.document}",
    }
    for block in blocks:
        subprocess.run(["bash", "-ec", block], cwd=tmp_path, env=environment, check=True)
    assert rest(world.server, world, "GET", "/content?format=markdown")[0] == (
        "The quick red fox\n\n- build 12 **passed**\n"
    )


def test_people_get_it_at_once_not_by_the_sweep(tmp_path: Path) -> None:
    """With the sweep off, a record of REST is at the peers in far less than a second."""
    world = World(Server(tmp_path, ROOM_SWEEP_S="60"))

    async def story() -> None:
        rest(world.server, world, "PATCH", "/content", "one", If_Match="*")
        url = f"ws://127.0.0.1:{world.server.port}/ws/documents/{world.document}"
        async with Peer(url, world.tokens["bob"]) as peer:
            typist = Typist(await peer.synced(), "")
            await asyncio.to_thread(
                rest, world.server, world, "PATCH", "/content", "one two", If_Match="*"
            )
            await peer.until(lambda: typist.words == "one two")

    try:
        world.server.start()
        asyncio.run(story())
    finally:
        world.close()
