"""Bad input at the socket: each gets its code, and the others in the room go on writing."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from http.cookies import SimpleCookie
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from collab.protocol.codec import encode
from collab.protocol.messages import Awareness, AwarenessEntry, Saved, SyncUpdate
from collab.types import Update
from tests.system.client import Peer
from tests.system.conftest import Server, World

pytestmark = pytest.mark.system

MAX_FRAME_BYTES = 200_000


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for all tests here. It looks nothing up by itself: only the doorbell rings."""
    server = Server(
        tmp_path_factory.mktemp("socket"),
        ROOM_SWEEP_S="600",
        MAX_FRAME_BYTES=str(MAX_FRAME_BYTES),
        PEER_FRAMES_PER_S="50",
        PEER_BURST_FRAMES="200",
        MAX_PEERS_PER_ROOM="12",
    )
    world = World(server)
    server.start()
    yield world
    world.close()


def url(world: World, room: str | None = None) -> str:
    return f"ws://127.0.0.1:{world.server.port}/ws/documents/{room or world.document}"


def rest(world: World, method: str, path: str, body: Any = None, name: str = "ann") -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{world.server.port}/api/v1{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {world.tokens[name]}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


def new_document(world: World, **members: str) -> str:
    document = str(rest(world, "POST", "/documents", {"title": "Another"})["id"])
    for user, role in members.items():
        rest(world, "POST", f"/documents/{document}/members", {"user": user, "role": role})
    return document


# -- who may enter -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("room", "name", "code"),
    [
        (None, "not-a-token", 4401),
        ("00000000-0000-4000-8000-000000000000", "ann", 4403),
        ("no-uuid", "ann", 4404),
        ("%00", "ann", 4404),
        ("another's", "bob", 4403),
        ("trashed", "ann", 4404),
        ("trashed", "bob", 4403),
    ],
)
async def test_who_may_not_enter_is_told_why(
    shared: World, room: str | None, name: str, code: int
) -> None:
    if room == "another's":
        room = new_document(shared)
    elif room == "trashed":
        room = new_document(shared)
        rest(shared, "DELETE", f"/documents/{room}")
    token = shared.tokens.get(name, name)
    async with Peer(url(shared, room), token) as peer:
        closed, reason = await peer.closed()
        assert (closed, bool(reason)) == (code, True)


async def test_a_page_enters_by_its_cookie_and_a_foreign_page_does_not(shared: World) -> None:
    """The origin must be ours; without one, and without a token, a cookie is not believed."""
    cookie = await asyncio.to_thread(sign_in, shared)
    own = f"http://127.0.0.1:{shared.server.port}"
    async with Peer(url(shared), headers={"Cookie": cookie, "Origin": own}) as peer:
        await peer.synced()
    for headers in (
        {"Cookie": cookie, "Origin": "https://evil.example"},
        {"Cookie": cookie, "Origin": "null"},
        {"Cookie": cookie},
        {"Cookie": cookie, "Origin": f"{own}.evil.example"},
        {"Cookie": cookie, "Origin": f"http://127.0.0.1:{shared.server.port + 1}"},
        {"Cookie": cookie, "Origin": own, "Host": "evil.example"},
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with Peer(url(shared), headers=headers):
                pass
        assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus):
        async with Peer(url(shared), shared.tokens["ann"], {"Origin": "https://evil.example"}):
            pass
    async with Peer(url(shared), headers={"Origin": own}) as peer:
        assert (await peer.closed())[0] == 4401


def sign_in(world: World) -> str:
    """Sign ann in as a browser does; return her cookie."""
    world.server.manage(
        "shell",
        "-v0",
        "-c",
        "from collab.accounts.models import User\n"
        "ann = User.objects.get(username='ann'); ann.set_password('ann'); ann.save()",
    )
    base = f"http://127.0.0.1:{world.server.port}"
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(f"{base}/sign-in/")
    cookies = SimpleCookie(page.headers["Set-Cookie"])
    token = cookies["csrftoken"].value
    body = f"username=ann&password=ann&csrfmiddlewaretoken={token}".encode()
    opener.open(f"{base}/sign-in/", data=body)
    return "; ".join(f"{c.name}={c.value}" for c in jar)


# -- what they may send ------------------------------------------------------------------------

FORGED_STRUCTURE = bytes.fromhex("0101010084020001780000")  # leans on a client never seen

BAD_FRAMES: dict[str, tuple[str | bytes, int]] = {
    "a text frame": ("hello", 4400),
    "nothing": (b"", 4400),
    "a truncated frame": (encode(SyncUpdate(Update(b"\0" * 40)))[:20], 4400),
    "bytes left over": (b"\x03\x00", 4400),
    "an unknown type": (b"\x2a", 4400),
    "what only the server says": (encode(Saved(1)), 4400),
    "an update that is none": (encode(SyncUpdate(Update(b"\xff\xff\xff\xff"))), 4422),
    "a frame too big": (b"\x00\x02" + b"\0" * MAX_FRAME_BYTES, 1009),
}


@pytest.mark.parametrize("name", BAD_FRAMES)
async def test_a_bad_frame_closes_its_sender_and_nobody_else(shared: World, name: str) -> None:
    frame, code = BAD_FRAMES[name]
    async with (
        Peer(url(shared), shared.tokens["bob"]) as bad,
        Peer(url(shared), shared.tokens["ann"]) as ann,
    ):
        await asyncio.gather(bad.synced(), ann.synced())
        await bad.socket.send(frame)
        closed, reason = await bad.closed()
        assert (closed, bool(reason)) == (code, True)
        await ann.write(f"after {name}; ")
    async with Peer(url(shared), shared.tokens["eve"]) as eve:
        await eve.synced()
        assert f"after {name}; " in str(eve.text)


async def test_a_flood_is_cut_off(shared: World) -> None:
    async with (
        Peer(url(shared), shared.tokens["bob"]) as flood,
        Peer(url(shared), shared.tokens["ann"]) as ann,
    ):
        await asyncio.gather(flood.synced(), ann.synced())
        for _ in range(400):
            await flood.socket.send(b"\x03")
        assert await flood.closed() == (1013, "too many frames")
        await ann.write("after the flood; ")


async def test_nobody_speaks_for_another(shared: World) -> None:
    """An awareness entry for the id of somebody else is passed over; the sender stays."""
    async with (
        Peer(url(shared), shared.tokens["ann"]) as ann,
        Peer(url(shared), shared.tokens["bob"]) as bob,
    ):
        await asyncio.gather(ann.synced(), bob.synced())
        mine, hers = bob.doc.client_id, ann.doc.client_id
        await ann.send(Awareness((AwarenessEntry(hers, 1, '{"cursor": 1}'),)))
        await bob.until(lambda: hers in bob.states)
        await bob.send(
            Awareness(
                (
                    AwarenessEntry(mine, 1, '{"user": {"name": "ann"}}'),
                    AwarenessEntry(hers, 2, '{"cursor": "forged"}'),
                )
            )
        )
        await ann.until(lambda: mine in ann.states)
        assert json.loads(ann.states[mine])["user"]["name"] == "bob"
        assert json.loads(ann.states[hers])["cursor"] == 1
        await bob.write("bob is still here; ")


async def test_a_room_has_a_bound(shared: World) -> None:
    """One peer more than MAX_PEERS_PER_ROOM is asked to come later."""
    room = new_document(shared)
    peers = [Peer(url(shared, room), shared.tokens["ann"]) for _ in range(13)]
    try:
        for peer in peers[:-1]:
            await (await peer.__aenter__()).synced()
        await peers[-1].__aenter__()
        assert (await peers[-1].closed())[0] == 1013
        await peers[0].write("room enough")
    finally:
        for peer in peers:
            await peer.__aexit__(None, None, None)


async def test_who_has_the_link_leaves_room_for_the_owner(shared: World) -> None:
    """All places at once over real sockets: nine of twelve are for anybody, the owner comes in."""
    room = new_document(shared)
    link = {"reach": "anyone", "role": "editor"}
    await asyncio.to_thread(rest, shared, "PATCH", f"/documents/{room}/link", link)
    peers = [Peer(url(shared, room), shared.tokens["eve"]) for _ in range(40)]
    try:
        await asyncio.gather(*(peer.__aenter__() for peer in peers))
        ends = [asyncio.create_task(peer.closed()) for peer in peers]
        while len(gone := [end for end in ends if end.done()]) < 40 - 9:
            await asyncio.wait({*ends} - {*gone}, return_when=asyncio.FIRST_COMPLETED)
        why = "the last places in this document are for its members"
        assert {end.result() for end in gone} == {(1013, why)}
        async with Peer(url(shared, room), shared.tokens["ann"]) as ann:
            await ann.synced()
            await ann.write("mine")
        assert sum(not end.done() for end in ends) == 9
        for end in ends:
            end.cancel()
    finally:
        for peer in peers:
            await peer.__aexit__(None, None, None)


# -- what is taken away ------------------------------------------------------------------------


async def test_a_member_who_is_removed_is_closed_at_once(shared: World) -> None:
    room = new_document(shared, bob="editor")
    async with (
        Peer(url(shared, room), shared.tokens["bob"]) as bob,
        Peer(url(shared, room), shared.tokens["ann"]) as ann,
    ):
        await asyncio.gather(bob.synced(), ann.synced())
        members = await asyncio.to_thread(rest, shared, "GET", f"/documents/{room}/members")
        (person,) = [m["user"]["id"] for m in members]
        began = time.monotonic()
        await asyncio.to_thread(rest, shared, "DELETE", f"/documents/{room}/members/{person}")
        assert (await bob.closed())[0] == 4403
        assert time.monotonic() - began < 3
        await ann.write("alone")


async def test_a_role_that_changes_is_told_and_holds(shared: World) -> None:
    """An editor made a viewer is told, stays, and writes no more."""
    room = new_document(shared, bob="editor")
    async with (
        Peer(url(shared, room), shared.tokens["bob"]) as bob,
        Peer(url(shared, room), shared.tokens["ann"]) as ann,
    ):
        await asyncio.gather(bob.synced(), ann.synced())
        await bob.write("before ")
        body = {"user": "bob", "role": "viewer"}
        await asyncio.to_thread(rest, shared, "POST", f"/documents/{room}/members", body)
        await bob.until(lambda: {"type": "access", "access": "read"} in bob.events)
        vector = bob.doc.get_state()
        bob.text += "after"
        await bob.send(SyncUpdate(Update(bob.doc.get_update(vector))))
        await ann.write("ann ")
        await bob.until(lambda: "ann " in str(bob.text))
        assert bob.saved < bob.sent
        assert "after" not in str(ann.text)


async def test_a_document_in_the_trash_is_left_by_all(shared: World) -> None:
    room = new_document(shared, bob="editor")
    async with Peer(url(shared, room), shared.tokens["bob"]) as bob:
        await bob.synced()
        await asyncio.to_thread(rest, shared, "DELETE", f"/documents/{room}")
        assert (await bob.closed())[0] == 4404


async def test_a_new_title_is_told(shared: World) -> None:
    room = new_document(shared, bob="viewer")
    async with Peer(url(shared, room), shared.tokens["bob"]) as bob:
        await bob.synced()
        await asyncio.to_thread(rest, shared, "PATCH", f"/documents/{room}", {"title": "赤壁赋"})
        await bob.until(lambda: {"type": "title", "title": "赤壁赋"} in bob.events)
