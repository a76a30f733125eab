"""Bringing an open room into line with what is true now: credentials, rights, the title."""

from __future__ import annotations

from collections.abc import Collection

from collab.protocol.close_codes import CloseCode
from collab.realtime.admission import Credential, Standing
from collab.realtime.runner import RoomRunner
from collab.types import UserId


def close_ended(runner: RoomRunner, over: Collection[Credential]) -> None:
    """Close those whose session or token has ended; who has another comes back at once by it."""
    for peer, connection in tuple(runner.connections.items()):
        if connection.credential in over:
            runner.close_peer(peer, CloseCode.RESTARTING, "signed out; retry_ms=100")


def act_on(runner: RoomRunner, standing: Standing | None, asked: Collection[UserId]) -> None:
    """Bring a room into line with what the policy says; ``asked`` is whom it was asked about."""
    if standing is None:
        runner.close_all(CloseCode.NO_DOCUMENT, "no such document")
        return
    runner.retitle(standing.title)
    runner.set_frozen(standing.is_frozen)
    for peer, connection in tuple(runner.connections.items()):
        user_id = connection.identity.user_id
        access = standing.accesses.get(user_id)
        if access is not None:
            runner.set_access(peer, connection.credential.limit(access))
        elif user_id in asked:
            runner.close_peer(peer, CloseCode.NO_ACCESS, "access was taken away")
