"""The door of the rooms: who knocks is let in or turned, and the room is opened for the first.

Both questions, who may enter and what is stored, go to the database in threads, and each call
answers all that wait (``Together``): a thousand pages that come back after a restart are a few
dozen queries.

What was answered must still hold when the peer is in. A change of rights rings in the rooms, so a
process listens for a document before it asks about it, and counts the rings in the room, or here
while there is none; who was admitted before a ring is asked about again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import DatabaseError

from collab import metrics
from collab.bus.events import AccessChanged, BusEvent, RecordsCommitted
from collab.crdt.doc import CrdtFailure
from collab.protocol.close_codes import CloseCode
from collab.realtime.admission import Admitted, Knock, Turned, admit_all, document_key
from collab.realtime.threads import DatabaseThreads, Together
from collab.room.ports import StoredDocument, UpdateLog
from collab.types import EVERY_DOCUMENT, DocumentId, PeerId

if TYPE_CHECKING:
    from collab.realtime.registry import Registry
    from collab.realtime.runner import RoomRunner

logger = logging.getLogger(__name__)

#: Knocks that one call answers: a few milliseconds.
ADMITTED_AT_ONCE = 100
#: Documents that one call reads; most are small, one may have megabytes.
LOADED_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class Entered:
    """The peer is let in; it has joined the room when the consumer says so."""

    runner: RoomRunner
    peer: PeerId
    admitted: Admitted


class _Opening:
    """A document without a room that somebody wants to enter."""

    def __init__(self, joined: asyncio.Task[None]) -> None:
        #: Done when the process hears what is said of the document.
        self.joined = joined
        self.loading: asyncio.Task[RoomRunner | None] | None = None
        #: How many wait by it.
        self.users = 0
        #: As ``RoomRunner.access_epoch``, which begins with it.
        self.access_epoch = 0
        #: Whether records were committed that the load may have missed.
        self.is_rung = False


class Entrance:
    """The door of one process's rooms."""

    def __init__(self, registry: Registry, log: UpdateLog, threads: DatabaseThreads) -> None:
        self._registry = registry
        self._log = log
        self._openings: dict[DocumentId, _Opening] = {}
        self._admissions = Together(threads, admit_all, at_most=ADMITTED_AT_ONCE)
        self._loads = Together(threads, self._load_all, at_most=LOADED_AT_ONCE)

    async def enter(self, knock: Knock) -> Entered | Turned:
        """Let a peer in, or say why not."""
        registry = self._registry
        if (full := registry.refusal_at_door(knock.address)) is not None:
            return full
        if knock.token is None and knock.session_key is None:
            return Turned(CloseCode.NOT_SIGNED_IN, "not signed in")
        document_id = document_key(knock.document_id)
        try:
            while True:
                runner = None if document_id is None else registry.room(document_id)
                if document_id is None or runner is not None:
                    epoch = 0 if runner is None else runner.access_epoch
                    admitted = await self._admissions.ask(knock)
                else:
                    async with self._use(document_id) as opening:
                        epoch = opening.access_epoch
                        admitted = await self._admissions.ask(knock)
                        if isinstance(admitted, Admitted):
                            runner = await self._opened(document_id, opening)
                if isinstance(admitted, Turned):
                    return admitted
                if runner is None:
                    return Turned(CloseCode.NO_DOCUMENT, "no such document")
                if runner.access_epoch == epoch and not runner.is_closed:
                    return self._let_in(runner, admitted)
        except DatabaseError:
            logger.exception("nobody can enter %s", knock.document_id)
            return Turned(CloseCode.TRY_AGAIN, "the database does not answer")
        except CrdtFailure:
            logger.exception("room %s could not be opened", knock.document_id)
            return Turned(CloseCode.TRY_AGAIN, "the document cannot be opened now")

    def _let_in(self, runner: RoomRunner, admitted: Admitted) -> Entered | Turned:
        # The place may have been taken meanwhile.
        if (full := self._registry.refusal(runner, admitted)) is not None:
            return full
        if runner.title is None:
            runner.title = admitted.title
        runner.set_frozen(admitted.is_frozen)
        return Entered(runner, self._registry.new_peer(), admitted)

    async def open(self, document_id: DocumentId) -> RoomRunner | None:
        """Return the document's room, loaded when it is not open; None: no such document.

        Raises:
            DatabaseError: the database does not answer.
            CrdtFailure: what is stored cannot be loaded.
        """
        runner = self._registry.room(document_id)
        if runner is not None:
            return runner
        async with self._use(document_id) as opening:
            return await self._opened(document_id, opening)

    def hear(self, event: BusEvent) -> None:
        """Note what is said of documents that have no room yet."""
        if event.document_id == EVERY_DOCUMENT:
            for each in self._openings.values():
                each.access_epoch += 1
            return
        opening = self._openings.get(event.document_id)
        if opening is None:
            return
        if isinstance(event, AccessChanged):
            opening.access_epoch += 1
        elif isinstance(event, RecordsCommitted):
            opening.is_rung = True

    def wants(self, document_id: DocumentId) -> bool:
        """Return whether somebody at the door still needs to hear what is said of a document."""
        return document_id in self._openings

    # -- documents without a room ----------------------------------------------------------

    async def _opened(self, document_id: DocumentId, opening: _Opening) -> RoomRunner | None:
        if (runner := self._registry.room(document_id)) is not None:
            return runner
        if opening.loading is None:
            opening.is_rung = False
            opening.loading = asyncio.get_running_loop().create_task(
                self._load(document_id, opening)
            )
        # One peer that gives up must not stop the load for the others.
        return await asyncio.shield(opening.loading)

    async def _load(self, document_id: DocumentId, opening: _Opening) -> RoomRunner | None:
        began = asyncio.get_running_loop().time()
        try:
            stored = await self._loads.ask(document_id)
            if stored is None:
                return None
            runner = await self._registry.make_room(document_id, stored)
            metrics.load_seconds.observe(asyncio.get_running_loop().time() - began)
        finally:
            opening.loading = None
        runner.access_epoch = opening.access_epoch
        if opening.is_rung:
            runner.catch_up()
        return runner

    def _load_all(self, document_ids: Sequence[DocumentId]) -> list[StoredDocument | None]:
        found = self._log.load_many(document_ids)
        return [found.get(document_id) for document_id in document_ids]

    @contextlib.asynccontextmanager
    async def _use(self, document_id: DocumentId) -> AsyncIterator[_Opening]:
        """Keep the document's opening, from when the process hears what is said of it."""
        opening = self._openings.get(document_id)
        if opening is None:
            joined = asyncio.get_running_loop().create_task(self._registry.bus.join(document_id))
            opening = self._openings[document_id] = _Opening(joined)
        opening.users += 1
        try:
            await asyncio.shield(opening.joined)
            yield opening
        finally:
            opening.users -= 1
            if opening.users == 0:
                del self._openings[document_id]
                if self._registry.room(document_id) is None:
                    self._registry.spawn(self._registry.bus.leave(document_id))
