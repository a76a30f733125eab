"""May those who are in a room still be there? Asked when a bell rings, at every sweep, and when a
right ends by the clock: the end of a link, of a token or of a session that nobody uses rings no
bell, so a timer a room waits for the nearest of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from collab.protocol.close_codes import CloseCode
from collab.realtime.admission import Credential, Standing, good_until, nearest, standings
from collab.realtime.threads import DatabaseThreads
from collab.types import UserId

if TYPE_CHECKING:
    from collab.realtime.runner import RoomRunner

#: The database is asked so much after the moment, in seconds: what ends then has ended.
GRACE_S = 0.02
#: Rooms of one part: some milliseconds of the event loop, and a bounded answer of the database,
#: which is about each person of the part in each document of it.
ROOMS_AT_ONCE = 100


class Review:
    """Asks the policy again about everybody in rooms, and acts on what has changed."""

    def __init__(
        self, threads: DatabaseThreads, spawn: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self._threads = threads
        self._spawn = spawn
        # One at a time: an answer that was read earlier must not be acted on later.
        self._turn = asyncio.Lock()
        self._timers: dict[RoomRunner, tuple[datetime, asyncio.TimerHandle]] = {}

    async def of(self, runners: Iterable[RoomRunner]) -> None:
        """Review these rooms, some at a time.

        Raises:
            DatabaseError: the database does not answer.
        """
        rooms = list(runners)
        for start in range(0, len(rooms), ROOMS_AT_ONCE):
            # Between two parts a room whose bell has just rung has its turn.
            async with self._turn:
                await self._part(rooms[start : start + ROOMS_AT_ONCE])

    async def _part(self, runners: Collection[RoomRunner]) -> None:
        wanted = {
            runner.document_id: {c.identity.user_id for c in runner.connections.values()}
            for runner in runners
        }
        held = {
            (connection.identity.user_id, connection.credential)
            for runner in runners
            for connection in runner.connections.values()
        }
        found = await self._threads.run(standings, wanted)
        good = await self._threads.run(good_until, held)
        over = {credential for _, credential in held} - good.keys()
        for runner in runners:
            standing = found.get(runner.document_id)
            _close_ended(runner, over)
            _act_on(runner, standing, wanted[runner.document_id])
            self._wait_for_the_next(runner, standing, good)

    def at(self, runner: RoomRunner, moment: datetime | None) -> None:
        """Review the room at ``moment``, unless that happens before."""
        waited_for = self._timers.get(runner)
        if moment is None or (waited_for is not None and waited_for[0] <= moment):
            return
        self.forget(runner)
        wait_s = max(0.0, (moment - timezone.now()).total_seconds()) + GRACE_S
        timer = asyncio.get_running_loop().call_later(wait_s, self._ring, runner)
        self._timers[runner] = moment, timer

    def forget(self, runner: RoomRunner) -> None:
        """Wait for nothing any more in this room."""
        waited_for = self._timers.pop(runner, None)
        if waited_for is not None:
            waited_for[1].cancel()

    def _ring(self, runner: RoomRunner) -> None:
        del self._timers[runner]
        self._spawn(self.of([runner]))

    def _wait_for_the_next(
        self,
        runner: RoomRunner,
        standing: Standing | None,
        good: Mapping[Credential, datetime | None],
    ) -> None:
        now = timezone.now()
        # Who has come since the database was asked has set the timer at the door.
        ends = {good.get(each.credential) for each in runner.connections.values()}
        coming = [end for end in ends if end is not None and end > now]
        if standing is not None and not runner.is_closed:
            self.at(runner, nearest(standing.until, *coming))


def _close_ended(runner: RoomRunner, over: Collection[Credential]) -> None:
    """Close those whose session or token has ended.

    Whose session has ended is told to try again, since their browser may hold another one by now;
    who has none is then refused. A program has no token but the one it came with.
    """
    for peer, connection in tuple(runner.connections.items()):
        if connection.credential not in over:
            continue
        if connection.credential.token_digest is not None:
            runner.close_peer(peer, CloseCode.NOT_SIGNED_IN, "the token has ended")
        else:
            runner.close_peer(peer, CloseCode.RESTARTING, "signed out; retry_ms=100")


def _act_on(runner: RoomRunner, standing: Standing | None, asked: Collection[UserId]) -> None:
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
