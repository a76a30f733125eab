"""A stock y-websocket client, unmodified, against the server."""

from __future__ import annotations

import time

import pytest

from tests.system.conftest import World, eventually

pytestmark = pytest.mark.system


def test_it_syncs_edits_and_sees_others(world: World) -> None:
    """Two write at one place and converge; each sees the other, by the server's word."""
    ann, bob = world.synced("ann"), world.synced("bob")
    ann("insert", at=0, value="你好 😀")
    eventually(lambda: bob.text == "你好 😀")
    bob("insert", at=0, value="B")
    ann("insert", at=0, value="A")
    eventually(lambda: ann.text == bob.text and len(ann.text) == len("AB你好 😀"))
    ann("present", state={"user": {"name": "Mallory"}, "cursor": 1})
    seen = eventually(lambda: [s for s in bob("states")["value"] if s.get("cursor") == 1])
    assert seen[0]["user"]["name"] == "ann"


def test_it_finds_its_text_after_a_restart_and_nothing_doubles(world: World) -> None:
    """Killed or drained, the server comes back with the text; clients reconnect by themselves."""
    ann = world.synced("ann")
    ann("append", value="one ")
    bob = world.synced("bob")
    eventually(lambda: bob.text == "one ")
    world.server.kill()
    ann("append", value="two ")
    world.server.start()
    eventually(lambda: bob.text == "one two ")
    world.server.stop()
    bob("append", value="three")
    world.server.start()
    eventually(lambda: ann.text == bob.text == "one two three")
    assert world.synced("eve").text == "one two three"


def test_it_stays_connected_idle_and_alone(world: World) -> None:
    """A stock client drops a socket that is silent for 30 s: its awareness is echoed to it."""
    ann = world.synced("ann")
    ann("present", state={"user": {}})
    time.sleep(60)
    status = ann("status")
    assert status["connected"]
    assert status["events"] == []


@pytest.mark.parametrize(
    ("name", "room", "code"),
    [
        ("not-a-token", None, 4401),
        ("ann", "00000000-0000-0000-0000-000000000000", 4403),
        ("ann", "no-uuid", 4404),
    ],
)
def test_who_may_not_enter_is_told_by_a_code(
    world: World, name: str, room: str | None, code: int
) -> None:
    """The close code is final: the client does not come back."""
    peer = world.peer(name, room)
    events = eventually(lambda: peer("status")["events"])
    time.sleep(1)
    assert [event["code"] for event in events] == [code]
    assert len(peer("status")["events"]) == 1


def test_a_viewer_changes_nothing(world: World) -> None:
    """What a viewer types stays in the viewer's browser."""
    ann, eve = world.synced("ann"), world.synced("eve")
    ann("append", value="x")
    eventually(lambda: eve.text == "x")
    eve("append", value=" eve was here")
    ann("append", value="y")
    eventually(lambda: "y" in eve.text)
    assert ann.text == "xy"
    assert world.synced("bob").text == "xy"
