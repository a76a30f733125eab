"""What is taken away is gone at once: every way, on real sockets, in one process and in two.

The servers look nothing up by themselves (``ROOM_SWEEP_S``): only the bell rings, or the clock. In
two processes the change is made in one and the socket is in the other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.system.client import Peer
from tests.system.taken_away import (
    AT_ONCE_S,
    TOKEN_S,
    Scene,
    Somebody,
    is_out,
    scene,
    writes,
)
from tests.system.visitor import Visitor

__all__ = ["scene"]  # a fixture

pytestmark = pytest.mark.system

# -- the link ----------------------------------------------------------------------------------

LINK = {"reach": "anyone", "role": "editor"}


def guest_of(scene: Scene, document: str, password: str = "") -> Visitor:
    guest = Visitor(scene.there)
    page = f"/d/{document}/"
    guest.post(f"{page}enter/", at=page, name="Guest", password=password)
    return guest


@pytest.mark.parametrize(
    "change",
    [
        {"reach": "restricted"},
        {"reach": "signed-in"},
        {"password": "another"},
    ],
    ids=["closed", "for people only", "another password"],
)
async def test_a_guest_is_out_when_the_link_is_changed(scene: Scene, change: Any) -> None:
    document = scene.document()
    link = f"/documents/{document}/link"
    await asyncio.to_thread(scene.rest, "PATCH", link, {**LINK, "password": "sesame"})
    guest = await asyncio.to_thread(guest_of, scene, document, "sesame")
    async with scene.peer(document, visitor=guest) as peer:
        await peer.synced()
        assert await writes(peer, "by a guest")
        again = lambda: scene.peer(document, visitor=guest)  # noqa: E731  # said twice below
        await is_out(scene, peer, again, lambda: scene.rest("PATCH", link, change), 4403)


async def test_a_guest_is_out_when_the_link_ends_by_the_clock(scene: Scene) -> None:
    """Nobody rings, and no sweep is due: a timer of the room's own knows."""
    document = scene.document()
    link = f"/documents/{document}/link"
    await asyncio.to_thread(scene.rest, "PATCH", link, LINK)
    guest = await asyncio.to_thread(guest_of, scene, document)
    async with scene.peer(document, visitor=guest) as early:
        await early.synced()
        end = datetime.now(UTC) + timedelta(seconds=4)
        await asyncio.to_thread(scene.rest, "PATCH", link, {"expires_at": end.isoformat()})
        async with scene.peer(document, visitor=guest) as late:
            await late.synced()
            assert await writes(early, "in time ")
            for peer in (early, late):
                assert (await peer.closed())[0] == 4403
            over_s = (datetime.now(UTC) - end).total_seconds()
            assert 0 <= over_s < AT_ONCE_S
    async with scene.peer(document, visitor=guest) as back:
        assert (await back.closed())[0] == 4403


async def test_a_weaker_link_makes_readers_of_writers(scene: Scene) -> None:
    document = scene.document()
    link = f"/documents/{document}/link"
    await asyncio.to_thread(scene.rest, "PATCH", link, LINK)
    guest = await asyncio.to_thread(guest_of, scene, document)
    async with scene.peer(document, visitor=guest) as peer:
        await peer.synced()
        await asyncio.to_thread(scene.rest, "PATCH", link, {"role": "viewer"})
        await peer.until(lambda: {"type": "access", "access": "read"} in peer.events)
        assert not await writes(peer, "too late")
        assert not peer.is_closed


# -- members, groups, folders ------------------------------------------------------------------


def in_document(scene: Scene, who: Somebody) -> tuple[str, Callable[[], object]]:
    document = scene.document()
    body = {"user": who.name, "role": "editor"}
    scene.rest("POST", f"/documents/{document}/members", body)
    return document, lambda: scene.rest("DELETE", f"/documents/{document}/members/{who.pk}")


def in_folder(scene: Scene, who: Somebody) -> tuple[str, Callable[[], object]]:
    above = scene.rest("POST", "/folders", {"name": "Above"})["id"]
    folder = scene.rest("POST", "/folders", {"name": "Folder", "parent": above})["id"]
    document = scene.document()
    scene.rest("PATCH", f"/documents/{document}", {"folder": folder})
    body = {"user": who.name, "role": "editor"}
    scene.rest("POST", f"/folders/{above}/members", body)
    return document, lambda: scene.rest("DELETE", f"/folders/{above}/members/{who.pk}")


def out_of_folder(scene: Scene, who: Somebody) -> tuple[str, Callable[[], object]]:
    document, _ = in_folder(scene, who)
    return document, lambda: scene.rest("PATCH", f"/documents/{document}", {"folder": None})


def moved_folder(scene: Scene, who: Somebody) -> tuple[str, Callable[[], object]]:
    document, _ = in_folder(scene, who)
    folder = scene.rest("GET", f"/documents/{document}")["folder"]
    key = folder["id"] if isinstance(folder, dict) else folder
    return document, lambda: scene.rest("PATCH", f"/folders/{key}", {"parent": None})


def _group(scene: Scene, who: Somebody) -> tuple[str, str, str]:
    """Make a group with ann and somebody in it, and a document that it may write."""
    name = f"group of {who.name}"
    scene.root.post("/admin/auth/group/add/", at="/admin/auth/group/add/", name=name)
    script = (
        "from django.contrib.auth.models import Group\n"
        "from collab.accounts.models import User\n"
        f"group = Group.objects.get(name={name!r})\n"
        f"group.user_set.add(*User.objects.filter(username__in=['ann', {who.name!r}]))\n"
        "print(group.pk)"
    )
    key = scene.here.manage("shell", "-v0", "-c", script).strip()
    document = scene.document()
    scene.rest("POST", f"/documents/{document}/groups", {"group": name, "role": "editor"})
    return document, key, name


def group_removed(scene: Scene, who: Somebody) -> tuple[str, Callable[[], object]]:
    document, key, _ = _group(scene, who)
    return document, lambda: scene.rest("DELETE", f"/documents/{document}/groups/{key}")


def group_deleted(scene: Scene, who: Somebody) -> tuple[str, Callable[[], object]]:
    document, key, _ = _group(scene, who)
    page = f"/admin/auth/group/{key}/delete/"
    return document, lambda: scene.root.post(page, at=page, post="yes")


def out_of_group(scene: Scene, who: Somebody) -> tuple[str, Callable[[], object]]:
    document, _, _ = _group(scene, who)
    page = f"/admin/accounts/user/{who.pk}/change/"
    fields: dict[str, str | list[str]] = {
        "username": who.name,
        "email": f"{who.name}@example.org",
        "is_active": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "groups": [],
    }
    return document, lambda: scene.root.post(page, at=page, **fields)


@pytest.mark.parametrize(
    "way",
    [
        in_document,
        in_folder,
        out_of_folder,
        moved_folder,
        group_removed,
        group_deleted,
        out_of_group,
    ],
)
async def test_who_has_no_role_any_more_is_out(scene: Scene, way: Any) -> None:
    """A member, a member of a folder above, of a group; by each way that takes the role."""
    who = await asyncio.to_thread(scene.somebody)
    document, change = await asyncio.to_thread(way, scene, who)
    async with scene.peer(document, who.token) as peer:
        await peer.synced()
        assert await writes(peer, "before")
        again = lambda: scene.peer(document, who.token)  # noqa: E731  # said twice below
        await is_out(scene, peer, again, change, 4403)


# -- tokens and people -------------------------------------------------------------------------


def withdrawn(scene: Scene, who: Somebody) -> None:
    scene.rest("DELETE", f"/tokens/{who.token_id}", token=who.token)


def withdrawn_in_admin(scene: Scene, who: Somebody) -> None:
    page = f"/admin/accounts/apitoken/{who.token_digest}/delete/"
    scene.root.post(page, at=page, post="yes")


def suspended(scene: Scene, who: Somebody) -> None:
    scene.act_in_admin("accounts/user", "suspend", who.pk)


def deleted(scene: Scene, who: Somebody) -> None:
    visitor = Visitor(scene.here).sign_in(who.name)
    page, once_more = "/account/delete/", "/account/reauthenticate/"
    visitor.post(once_more, at=once_more, password="a long password")
    visitor.post(page, at=page, documents="delete", username=who.name)


@pytest.mark.parametrize("change", [withdrawn, withdrawn_in_admin, suspended, deleted])
async def test_a_token_that_has_ended_lets_nobody_stay(scene: Scene, change: Any) -> None:
    """4401 at once: a program has no other way in."""
    who = await asyncio.to_thread(scene.somebody)
    document, _ = await asyncio.to_thread(in_document, scene, who)
    async with scene.peer(document, who.token) as peer:
        again = lambda: scene.peer(document, who.token)  # noqa: E731  # said twice below
        await peer.synced()
        assert await writes(peer, "before")
        await is_out(scene, peer, again, lambda: change(scene, who), 4401)
        assert peer.socket.close_code == 4401


async def test_a_token_that_ends_by_the_clock_lets_nobody_stay(scene: Scene) -> None:
    who = await asyncio.to_thread(scene.somebody)
    document, _ = await asyncio.to_thread(in_document, scene, who)
    async with scene.peer(document, who.short_token) as peer:
        await peer.synced()
        assert await writes(peer, "in time")
        assert (await peer.closed())[0] == 4401
        # It was made after the clock was read, in a process that had to start first.
        assert TOKEN_S <= time.monotonic() - who.made_at < TOKEN_S + 10
    async with scene.peer(document, who.short_token) as back:
        assert (await back.closed())[0] == 4401


async def test_a_token_for_reading_only_reads(scene: Scene) -> None:
    """Whatever its owner may do, and whatever they are given while it is connected."""
    who = await asyncio.to_thread(scene.somebody)
    document, _ = await asyncio.to_thread(in_document, scene, who)
    async with (
        scene.peer(document, who.reading_token) as reader,
        scene.peer(document, who.token) as writer,
    ):
        await asyncio.gather(reader.synced(), writer.synced())
        assert not await writes(reader, "no")
        for role in ("viewer", "editor"):
            path = f"/documents/{document}/members/{who.pk}"
            await asyncio.to_thread(scene.rest, "PATCH", path, {"role": role})
            wanted = {"type": "access", "access": "read" if role == "viewer" else "write"}
            await writer.until(lambda wanted=wanted: wanted in writer.events)
            assert not await writes(reader, "no")
        assert await writes(writer, "yes")
        await reader.until(lambda: "yes" in str(reader.text))
        assert "no" not in str(writer.text)


def everywhere(scene: Scene, who: Somebody, visitor: Visitor) -> None:
    other = Visitor(scene.here).sign_in(who.name)
    other.post("/account/sessions/", at="/account/sessions/")


def here(scene: Scene, who: Somebody, visitor: Visitor) -> None:
    visitor.base = f"http://127.0.0.1:{scene.here.port}"
    visitor.post("/sign-out/", at="/account/")


def other_password(scene: Scene, who: Somebody, visitor: Visitor) -> None:
    other = Visitor(scene.here).sign_in(who.name)
    page = "/account/password/change/"
    fields = {"password1": "quite another", "password2": "quite another"}
    other.post(page, at=page, oldpassword="a long password", **fields)


def other_password_in_admin(scene: Scene, who: Somebody, visitor: Visitor) -> None:
    page = f"/admin/accounts/user/{who.pk}/password/"
    fields = {"password1": "quite another", "password2": "quite another", "usable_password": "true"}
    scene.root.post(page, at=page, **fields)


def suspended_person(scene: Scene, who: Somebody, visitor: Visitor) -> None:
    suspended(scene, who)


def deleted_account(scene: Scene, who: Somebody, visitor: Visitor) -> None:
    deleted(scene, who)


@pytest.mark.parametrize(
    "change",
    [everywhere, here, other_password, other_password_in_admin, suspended_person, deleted_account],
)
async def test_a_session_that_has_ended_lets_nobody_stay(scene: Scene, change: Any) -> None:
    who = await asyncio.to_thread(scene.somebody)
    document, _ = await asyncio.to_thread(in_document, scene, who)
    visitor = await asyncio.to_thread(Visitor(scene.there).sign_in, who.name)
    cookies = visitor.headers(scene.there)

    def again() -> Peer:
        # With the cookies of before, whatever became of them in the browser.
        peer = scene.peer(document, visitor=visitor)
        peer._headers = dict(cookies)
        return peer

    async with again() as peer, scene.peer(document, scene.world.tokens["ann"]) as ann:
        await asyncio.gather(peer.synced(), ann.synced())
        assert await writes(peer, "before")
        await is_out(scene, peer, again, lambda: change(scene, who, visitor), 4401)
        assert await writes(ann, "alone")


SHORTEN = """
from datetime import timedelta
from django.contrib.sessions.models import Session
from django.utils import timezone
Session.objects.filter(session_key={key!r}).update(
    expire_date=timezone.now() + timedelta(seconds={left_s})
)
"""


async def test_a_session_that_ends_by_the_clock_lets_nobody_stay(scene: Scene) -> None:
    """As if its two weeks were nearly over."""
    who = await asyncio.to_thread(scene.somebody)
    document, _ = await asyncio.to_thread(in_document, scene, who)
    visitor = await asyncio.to_thread(Visitor(scene.there).sign_in, who.name)
    key = next(cookie.value for cookie in visitor.jar if cookie.name == "sessionid")
    shorten = SHORTEN.format(key=key, left_s=TOKEN_S)
    await asyncio.to_thread(scene.here.manage, "shell", "-v0", "-c", shorten)
    set_at = time.monotonic()
    async with scene.peer(document, visitor=visitor) as peer:
        await peer.synced()
        assert await writes(peer, "in time")
        assert (await peer.closed())[0] == 1012
        # It was set before that, by a process that then had to end.
        assert time.monotonic() - set_at < TOKEN_S + AT_ONCE_S
    async with scene.peer(document, visitor=visitor) as back:
        assert (await back.closed())[0] == 4401


# -- the document ------------------------------------------------------------------------------


async def test_a_document_in_the_trash_is_left_by_all(scene: Scene) -> None:
    who = await asyncio.to_thread(scene.somebody)
    document, _ = await asyncio.to_thread(in_document, scene, who)
    async with scene.peer(document, who.token) as peer:
        again = lambda: scene.peer(document, who.token)  # noqa: E731  # said twice below
        trash = lambda: scene.rest("DELETE", f"/documents/{document}")  # noqa: E731
        await is_out(scene, peer, again, trash, 4404)


async def test_a_frozen_document_is_only_read(scene: Scene) -> None:
    """All are told and stay; what they send is not taken; afterwards they write on."""
    who = await asyncio.to_thread(scene.somebody)
    document, _ = await asyncio.to_thread(in_document, scene, who)
    async with (
        scene.peer(document, who.token) as bob,
        scene.peer(document, scene.world.tokens["ann"]) as ann,
    ):
        await asyncio.gather(bob.synced(), ann.synced())
        assert await writes(bob, "before")
        act = scene.act_in_admin
        began = time.monotonic()
        await asyncio.to_thread(act, "documents/document", "freeze", document)
        for peer in (bob, ann):
            await peer.until(lambda peer=peer: {"type": "access", "access": "read"} in peer.events)
        assert time.monotonic() - began < AT_ONCE_S
        for peer in (bob, ann):
            assert not await writes(peer, "frozen")
        await asyncio.to_thread(act, "documents/document", "unfreeze", document)
        await ann.until(lambda: {"type": "access", "access": "write"} in ann.events)
    async with scene.peer(document, who.token) as late:
        await late.synced()
        assert str(late.text) == "before"
        assert await writes(late, " and after")


async def test_many_pages_of_many_people_are_closed_at_once(scene: Scene) -> None:
    """A link is closed while thirty pages of guests are open: all are out, the owner writes on."""
    document = scene.document()
    link = f"/documents/{document}/link"
    await asyncio.to_thread(scene.rest, "PATCH", link, LINK)
    guests = [await asyncio.to_thread(guest_of, scene, document) for _ in range(3)] * 10
    async with AsyncExitStack() as stack:
        peers = [
            await stack.enter_async_context(scene.peer(document, visitor=guest)) for guest in guests
        ]
        ann = await stack.enter_async_context(scene.peer(document, scene.world.tokens["ann"]))
        for peer in (*peers, ann):
            await peer.synced()
        await asyncio.to_thread(scene.rest, "PATCH", link, {"reach": "restricted"})
        began = time.monotonic()
        codes = {(await peer.closed())[0] for peer in peers}
        assert codes == {4403}
        assert time.monotonic() - began < AT_ONCE_S
        assert await writes(ann, "alone")
