"""The law of merging, as stock Yjs clients meet it: no word is lost, and none is there twice.

Two people, each with a stock y-websocket client: one makes a block anew, the other writes in it.
"""

from __future__ import annotations

import random
from collections import Counter
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

    def settled_letters(self, wanted: Counter[str]) -> None:
        """Wait until both say the same, made of these letters."""

        def is_so() -> bool:
            ann, bob = self.blocks(self.ann), self.blocks(self.bob)
            return ann == bob and Counter("".join(ann)) == wanted

        try:
            eventually(is_so, within_s=30)
        except AssertionError as error:
            blocks = self.blocks(self.ann)
            found = Counter("".join(blocks))
            raise AssertionError((wanted - found, found - wanted, blocks)) from error

    def text_of(self, word: str) -> str:
        """What the block with the word says."""
        return next(block for block in self.blocks(self.bob) if word in block)

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
@pytest.mark.parametrize("is_offline", [False, True])
def test_both_make_it_anew(cluster: tuple[Cluster, Pair], is_offline: bool) -> None:
    """And both write in it: the block is there once, with the words of both."""
    pair = cluster[1]
    first, word = pair.fresh("both")
    if is_offline:
        pair.bob("disconnect")
    pair.ann("act", name="retype", word=word)
    pair.bob("act", name="quote", word=word)
    pair.ann("type", after=word, value="<A>")
    pair.bob("type", after=word, value="<B>")
    if is_offline:
        pair.bob("reconnect")
    pair.settled(first, word)
    eventually(
        lambda: pair.text_of(word) in (f"{word}<A><B> has an end", f"{word}<B><A> has an end")
    )


@two_processes
def test_a_random_afternoon(cluster: tuple[Cluster, Pair]) -> None:
    """Both write and make anew, are away and come back, and processes die; each letter stays once.

    Letters are counted: of two words typed at one place at once, one may stand in the other.
    """
    servers, pair = cluster
    seed = random.getrandbits(32)
    dice = random.Random(seed)
    before = Counter("".join(pair.settled()))
    bases = [pair.fresh(name)[1] for name in ("alpha", "beta", "gamma", "delta")]
    wanted = Counter("".join(pair.settled(*bases)))
    assert wanted > before
    try:
        for step in range(30):
            who = dice.choice(pair.both)
            base = dice.choice(bases)
            word = f"<{step}>"
            match dice.random():
                case p if p < 0.55:
                    who("type", after=base, value=word)
                    wanted.update(word)
                case p if p < 0.8:
                    name = dice.choice(("retype", "code", "quote", "list", "lift", "move"))
                    who("act", name=name, word=base)
                case p if p < 0.95:
                    who("disconnect")
                    who("type", after=base, value=word)
                    wanted.update(word)
                    who("reconnect")
                case _:
                    server = dice.choice((servers.one, servers.two))
                    server.kill()
                    server.start()
            if step % 5 == 4:
                pair.settled_letters(wanted)
    except BaseException as error:
        error.add_note(f"seed {seed}")
        raise
