"""A writing session of 259,778 edits arrives exact. Figures: python -m tests.system.trace."""

from __future__ import annotations

import asyncio

import pytest

from tests.system.conftest import World
from tests.system.trace import NAME, exported, load, open_once, send_all, updates_of

pytestmark = pytest.mark.system


@pytest.mark.parametrize("session", [NAME])
def test_a_paper_arrives_exact(world: World, session: str) -> None:
    """Equal in a fresh client, in the export, and in both after a restart.

    ``session`` says whether it is the recorded one or, where that is absent, a generated one.
    """
    trace = load()
    asyncio.run(send_all(world, "ann", updates_of(trace)))
    for _ in range(2):
        assert asyncio.run(open_once(world, "eve")).text == trace.end
        assert exported(world).rstrip("\n") == trace.end.rstrip("\n")
        world.server.kill()
        world.server.start()
