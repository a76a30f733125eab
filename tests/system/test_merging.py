"""The law of merging, as stock Yjs clients meet it: no word is lost, and none is there twice.

Two people, each with a stock y-websocket client: one makes a block anew, the other writes in it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.conftest import Server, World, YjsPeer, eventually
from tests.system.two_servers import Cluster, two_servers

pytestmark = pytest.mark.system

OPERATIONS = ("retype", "code", "quote", "list", "lift", "move", "split", "join")


def _wait(peer: YjsPeer) -> None:
    eventually(lambda: peer.synced)


class Pair:
    """Ann and Bob, each at a server, on one document."""

    def __init__(self, world: World, servers: tuple[Server, Server]) -> None:
        self.world, self.servers = world, servers
        self.ann, self.bob = (YjsPeer("merge_peer.mjs") for _ in range(2))
        for peer, server, name in zip(self.both, servers, ("ann", "bob"), strict=True):
            peer.connect(server, world.document, world.tokens[name])
            _wait(peer)
        self._count = 0

    @property
    def both(self) -> tuple[YjsPeer, YjsPeer]:
        return self.ann, self.bob

    def blocks(self, peer: YjsPeer) -> list[str]:
        return list(peer("blocks")["value"])

    def fresh(self, name: str) -> tuple[str, str]:
        """Two new blocks that both have; the second has words of its own."""
        self._count += 1
        first, word = f"before{self._count}", f"{name}{self._count}"
        self.ann("put", value=first)
        self.ann("put", value=f"{word} has an end")
        eventually(lambda: word in "".join(self.blocks(self.bob)))
        return first, word

    def settled(self, *once: str) -> list[str]:
        """Wait until both say the same, each of the words once; return the blocks."""

        def is_so() -> bool:
            ann, bob = self.blocks(self.ann), self.blocks(self.bob)
            return ann == bob and all("".join(ann).count(word) == 1 for word in once)

        try:
            eventually(is_so, within_s=30)
        except AssertionError as error:
            raise AssertionError((once, self.blocks(self.ann), self.blocks(self.bob))) from error
        return self.blocks(self.ann)

    def close(self) -> None:
        for peer in self.both:
            peer.close()


def crossing(pair: Pair, name: str, *, is_offline: bool) -> None:
    """One makes a block anew, the other writes in it, neither knows; then both know."""
    first, word = pair.fresh(name)
    if is_offline:
        pair.bob("disconnect")
    typed = f"<{word}>"
    pair.ann("act", name=name, word=word)
    pair.bob("type", after=word, value=typed)
    if is_offline:
        pair.bob("reconnect")
    blocks = pair.settled(first, typed)
    block = next(each for each in blocks if typed in each)
    assert word + typed in block, (name, blocks)


@pytest.mark.usefixtures("node_modules")
def test_one_process_on_sqlite(tmp_path: Path) -> None:
    """Each operation while the other types, online and offline."""
    world = World(Server(tmp_path))
    world.server.start()
    pair = Pair(world, (world.server, world.server))
    try:
        for name in OPERATIONS:
            for is_offline in (False, True):
                crossing(pair, name, is_offline=is_offline)
    finally:
        pair.close()
        world.close()


@pytest.fixture(scope="module")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, node_modules: None
) -> Iterator[tuple[Cluster, Pair]]:
    """Two servers, and one of the two people at each."""
    with two_servers(tmp_path_factory.mktemp("merging")) as cluster:
        pair = Pair(cluster.world, (cluster.one, cluster.two))
        yield cluster, pair
        pair.close()


two_processes = pytest.mark.needs("postgresql", "redis")


@two_processes
@pytest.mark.parametrize("is_offline", [False, True])
@pytest.mark.parametrize("name", OPERATIONS)
def test_two_processes(cluster: tuple[Cluster, Pair], name: str, is_offline: bool) -> None:
    """Neither process knows what the other lets in at that moment."""
    crossing(cluster[1], name, is_offline=is_offline)


@two_processes
def test_killed_between_the_record_and_its_rescue(cluster: tuple[Cluster, Pair]) -> None:
    """Whichever process is left, or comes back, writes what the dead one owed."""
    servers, pair = cluster
    for round_, server in enumerate((servers.one, servers.two, servers.one)):
        first, word = pair.fresh(f"killed{round_}")
        pair.ann("act", name="retype", word=word)
        pair.bob("type", after=word, value=f"<{word}>")
        server.kill()
        server.start()
        blocks = pair.settled(first, f"<{word}>")
        assert any(f"{word}<{word}> has" in block for block in blocks)


@two_processes
def test_a_random_afternoon(cluster: tuple[Cluster, Pair]) -> None:
    """Both write and make anew, are away and come back, and processes die; each word stays once."""
    servers, pair = cluster
    seed = random.getrandbits(32)
    dice = random.Random(seed)
    words = []
    bases = [pair.fresh(f"base{n}")[1] for n in range(4)]
    try:
        for step in range(40):
            who = dice.choice(pair.both)
            base = dice.choice(bases)
            match dice.random():
                case p if p < 0.55:
                    words.append(f"<{step}>")
                    who("type", after=base, value=words[-1])
                case p if p < 0.85:
                    name = dice.choice(("retype", "code", "quote", "list", "lift", "move"))
                    who("act", name=name, word=base)
                case p if p < 0.97:
                    who("disconnect")
                    for _ in range(dice.randrange(3)):
                        words.append(f"<{step}.{_}>")
                        who("type", after=base, value=words[-1])
                    who("act", name="retype", word=base)
                    who("reconnect")
                case _:
                    server = dice.choice((servers.one, servers.two))
                    server.kill()
                    server.start()
        pair.settled(*words, *bases)
    except BaseException as error:
        error.add_note(f"seed {seed}")
        raise
