"""The rooms that are open in this process, and what they share: log, committer, bus, threads.

One registry per process, made by ``asgi.py``. Its background work starts with the first room, since
not every server that can run us (daphne's ``runserver``) says when it starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import itertools
import logging
import random
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from channels.layers import BaseChannelLayer
from django.db import DatabaseError

from collab import metrics
from collab.bus.channel_layer import ChannelLayerBus
from collab.bus.events import (
    AccessChanged,
    AwarenessChanged,
    AwarenessWanted,
    BusEvent,
    PeerRemoved,
    RecordsCommitted,
    RoomClosed,
    TitleChanged,
)
from collab.crdt.doc import CrdtFailure, LiveDoc
from collab.crdt.gate import Gate, GateLimits
from collab.crdt.merge import gathered
from collab.crdt.split import split
from collab.history.readable import readable
from collab.history.verifying import is_what_updates_make
from collab.operations.quarantine import records_quarantine, update_quarantine
from collab.protocol.close_codes import CloseCode
from collab.realtime.admission import Admitted, Knock, Turned
from collab.realtime.background import Background
from collab.realtime.census import Census
from collab.realtime.chores import Chore, run_chore
from collab.realtime.committer import Committer
from collab.realtime.config import RealtimeConfig
from collab.realtime.crowd import Crowd
from collab.realtime.entrance import Entered, Entrance
from collab.realtime.gauges import measure
from collab.realtime.pace import Pace
from collab.realtime.rescues import Rescues
from collab.realtime.review import Review
from collab.realtime.runner import RoomRunner
from collab.realtime.spacing import Spacing
from collab.realtime.threads import DatabaseThreads
from collab.room.ports import LogRecord, StoredDocument, UpdateLog
from collab.room.room import Room, RoomBroken
from collab.types import EVERY_DOCUMENT, DocumentId, PeerId, Seq, Update

logger = logging.getLogger(__name__)

#: How long updates are applied between two turns of the event loop while a room is loaded.
LOAD_STEP_S = 0.005
#: A state of this size is applied in portions. A smaller one takes less than about 10 ms.
SPLIT_BYTES = 512 * 1024
#: How often other processes are told again who is here, in seconds; they forget after 45.
AWARENESS_RENEWAL_S = 15.0


class Registry:
    """The live rooms of this process."""

    def __init__(
        self,
        log: UpdateLog,
        layer: BaseChannelLayer,
        config: RealtimeConfig,
        chores: Sequence[Chore] = (),
    ) -> None:
        self.config = config
        self._log = log
        self._chores = chores
        self._chore_threads = DatabaseThreads("chore", 1, patience_s=0)
        # The committer itself tries again: it is told of each failure.
        self._writer = DatabaseThreads("log-writer", 1, patience_s=0)
        self._readers = DatabaseThreads("log-reader", 4, patience_s=5.0)
        #: Where large frames are taken apart, one at a time; and where indexes are built.
        self.large_frames = ThreadPoolExecutor(1, thread_name_prefix="large-frame")
        self.indexes = ThreadPoolExecutor(1, thread_name_prefix="index")
        self.spacing = Spacing()
        self.background = Background()
        self.committer = Committer(
            log,
            self._writer,
            Pace(config.commit_interval_s),
            self.background,
            max_waiting_bytes=config.commit_max_waiting_bytes,
        )
        self.bus = ChannelLayerBus(
            layer,
            is_shared=config.is_shared,
            on_event=self._hear,
            on_recovered=self._recovered,
        )
        self.review = Review(self._readers, self.spawn)
        self._rescuers = DatabaseThreads("rescuer", 2, patience_s=5.0)
        self.rescues = Rescues(self._rescuers, self.spawn)
        self._census = Census(self, self._readers, every_s=config.census_s)
        self._rooms: dict[DocumentId, RoomRunner] = {}
        self._entrance = Entrance(self, log, self._readers)
        #: The sockets in all rooms; each room counts its own in and out.
        self.crowd = Crowd(config)
        self._careful: set[DocumentId] = set()
        #: Up to which record each room is known to be what its log makes.
        self._compared: WeakKeyDictionary[RoomRunner, Seq] = WeakKeyDictionary()
        self._peer_numbers = itertools.count(1)
        self._is_started = False
        self._ends_at: float | None = None
        self.is_draining = False

    # -- life ------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin the background work, once."""
        if self._is_started:
            return
        self._is_started = True
        keep = self.background.keep
        self.committer.start()
        keep("sweep", self._sweep)
        keep("gauges", partial(measure, self))
        if self.config.watchdog_s > 0:
            keep("watchdog", self._watch)
        if self.config.census_s > 0:
            keep("census", self._census.run)
        for chore in self._chores:
            keep(f"chore {chore.name}", partial(run_chore, chore, self._chore_threads))
        await self.bus.start(keep)

    async def drain(self) -> None:
        """Close all sockets in waves, after the log has committed everything."""
        self.is_draining = True
        for runner in tuple(self._rooms.values()):
            runner.flush_now()
        # A database that is away keeps nobody from ending: browsers have what is not acknowledged.
        await self.committer.drained(within_s=self._left_s())
        spread_s = self.config.drain_spread_s
        peers = [(runner, peer) for runner in self._rooms.values() for peer in runner.connections]
        random.shuffle(peers)  # no order among peers is fairer than another
        waves = 10
        for wave in range(waves):
            for runner, peer in peers[wave::waves]:
                retry_ms = int(random.uniform(0.1, 0.1 + spread_s) * 1000)  # noqa: S311  # jitter
                runner.close_peer(peer, CloseCode.RESTARTING, f"restarting; retry_ms={retry_ms}")
            if peers:
                await asyncio.sleep(spread_s / waves)
        # What came in between the first commit and a peer's close is committed too.
        await self.committer.drained(within_s=self._left_s())

    def _left_s(self) -> float:
        """Return how long a process that ends still waits for the database."""
        now = asyncio.get_running_loop().time()
        if self._ends_at is None:
            self._ends_at = now + self.config.drain_commit_s
        return max(0.5, self._ends_at - now)

    async def stop(self) -> None:
        """Commit what waits, then end the background work."""
        for runner in tuple(self._rooms.values()):
            runner.flush_now()
        await self.committer.stop(within_s=self._left_s())
        if left := self.committer.waiting_count:
            logger.error("the process ends with %d updates that are not committed", left)
        for runner in tuple(self._rooms.values()):
            self._release(runner)
        await self.bus.stop()
        await self.background.end()
        if self.config.census_s > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._left_s()):
                    await self._census.end()
        for pool in (self.large_frames, self.indexes):
            pool.shutdown(wait=False, cancel_futures=True)
        for threads in (self._writer, self._readers, self._rescuers, self._chore_threads):
            if not await asyncio.to_thread(threads.close, within_s=self._left_s()):
                logger.warning("the process ends while a thread waits for the database")
        self._is_started, self._ends_at = False, None

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run ``work`` in the background; its failure is logged."""
        self.background.spawn(work)

    # -- rooms -----------------------------------------------------------------------------

    @property
    def rooms(self) -> tuple[RoomRunner, ...]:
        """The rooms that are open."""
        return tuple(self._rooms.values())

    def new_peer(self) -> PeerId:
        """Return a number that no connection of this process had before."""
        return PeerId(next(self._peer_numbers))

    @property
    def peer_count(self) -> int:
        """The number of sockets in all rooms."""
        return self.crowd.size

    def refusal_at_door(self, address: str) -> Turned | None:
        """Return why nobody, or nobody from there, is let in now."""
        if self.is_draining:
            return Turned(CloseCode.RESTARTING, "restarting; retry_ms=1000")
        return self.crowd.refusal_at_door(address)

    def refusal(self, runner: RoomRunner, admitted: Admitted) -> Turned | None:
        """Return why there is no place for the peer, in this process or in the room."""
        if self.is_draining:
            return Turned(CloseCode.RESTARTING, "restarting; retry_ms=1000")
        return self.crowd.refusal(admitted, len(runner.connections))

    async def enter(self, knock: Knock) -> Entered | Turned:
        """Let a peer into the room that it asks for, or say why not."""
        await self.start()
        return await self._entrance.enter(knock)

    async def open(self, document_id: DocumentId) -> RoomRunner | None:
        """Return the document's room, loaded when it is not open; None: no such document.

        Raises:
            DatabaseError: the database does not answer.
            CrdtFailure: what is stored cannot be loaded.
        """
        await self.start()
        return await self._entrance.open(document_id)

    def room(self, document_id: DocumentId) -> RoomRunner | None:
        """Return the document's room where it is open."""
        return self._rooms.get(document_id)

    async def make_room(self, document_id: DocumentId, stored: StoredDocument) -> RoomRunner:
        """Open a room on what is stored. The process must hear what is said of the document.

        Raises:
            CrdtFailure: what is stored cannot be loaded.
        """
        document = await self._loaded(stored)
        gate = Gate(GateLimits())
        room = Room(
            document_id=document_id,
            document=document,
            gate=gate,
            seq=stored.seq,
            bindings=stored.bindings,
            size_bytes=sum(map(len, stored.updates)),
            limits=self.config.room,
            is_careful=document_id in self._careful,
            erasures=stored.erasures,
        )
        runner = RoomRunner(self, room, gate, stored.checkpoint_seq)
        self._rooms[document_id] = runner
        runner.ask_awareness()
        return runner

    async def _loaded(self, stored: StoredDocument) -> LiveDoc:
        """Load a document, without what cannot be read in its log."""
        try:
            return await self._build(stored.checkpoint, [each.update for each in stored.records])
        except CrdtFailure:
            taken, records = await self._readers.run(readable, stored)
            if not records:
                raise
            logger.exception(
                "room %s is opened without what cannot be read", records[0].document_id
            )
            await self._readers.run(records_quarantine, records)
            return await self._build(None, taken)

    async def _build(self, state: Update | None, updates: Sequence[Update]) -> LiveDoc:
        """Build a document in steps of a few milliseconds, so that no other room waits for it."""
        document = LiveDoc()
        try:
            for _ in document.apply_in_steps(await self._portions(state)):
                await asyncio.sleep(0)
            now = asyncio.get_running_loop().time
            began = now()
            for update in gathered(updates):
                document.apply([update])
                if now() - began > LOAD_STEP_S:
                    await asyncio.sleep(0)
                    began = now()
        except BaseException:
            document.close()
            raise
        return document

    async def _portions(self, state: Update | None) -> list[Update]:
        if state is None:
            return []
        if len(state) < SPLIT_BYTES:
            return [state]
        return await self._readers.run(split, state)

    def discard_broken(self, runner: RoomRunner, broken: RoomBroken) -> None:
        """Throw a room away: its peers come back to one rebuilt from the log.

        A sole suspect is closed for good, and what it sent is kept for administrators. Where there
        are several, the rebuilt room applies one update at a time until the cause is found.
        """
        if runner.is_closed:
            return
        logger.error("room %s thrown away: %s", runner.document_id, broken)
        metrics.rooms_broken.inc()
        if len(broken.peers) == 1:
            (peer,) = broken.peers
            runner.close_peer_raw(peer, CloseCode.UPDATE_REFUSED, "update broke the document")
            self._careful.discard(runner.document_id)
            self.spawn(self._quarantine(runner, broken))
        elif broken.suspects:
            self._careful.add(runner.document_id)
        runner.close_all_raw(CloseCode.RESTARTING, "restarting; retry_ms=250")
        self._release(runner)

    async def _quarantine(self, runner: RoomRunner, broken: RoomBroken) -> None:
        for suspect in broken.suspects:
            await self._readers.run(
                update_quarantine,
                document_id=runner.document_id,
                author_id=suspect.author_id,
                update=suspect.update,
                after_seq=runner.room.seq,
                error=str(broken),
            )

    async def _close_room(self, runner: RoomRunner, *, has_erased: bool) -> None:
        """Close a room once all of it is committed; its peers come back to one built anew."""
        why = "history was erased" if has_erased else "closed by an administrator"
        reason = f"{why}; retry_ms=1000"
        runner.flush_now()
        if has_erased:
            runner.tell_erased()
        runner.close_all(CloseCode.RESTARTING, reason)
        await self.committer.drained()
        # Somebody may have come in between.
        runner.close_all(CloseCode.RESTARTING, reason)
        self._release(runner)

    def _release(self, runner: RoomRunner) -> None:
        if self._rooms.get(runner.document_id) is runner:
            del self._rooms[runner.document_id]
            if not self._entrance.wants(runner.document_id):
                self.spawn(self.bus.leave(runner.document_id))
        self.review.forget(runner)
        runner.dispose()

    # -- the log ---------------------------------------------------------------------------

    async def read_log(self, document_id: DocumentId, seq: Seq, limit: int) -> list[LogRecord]:
        """Return records after ``seq``."""
        return await self._readers.run(self._log.read_after, document_id, seq, limit)

    async def write_checkpoint(self, document_id: DocumentId) -> Seq:
        """Store a checkpoint of a document, made from its log."""
        return await self._readers.run(self._log.checkpoint, document_id)

    # -- the bus ---------------------------------------------------------------------------

    def publish(self, event: BusEvent) -> None:
        """Tell the other processes."""
        self.spawn(self.bus.publish(event))

    def _hear(self, event: BusEvent) -> None:
        self._entrance.hear(event)
        if event.document_id == EVERY_DOCUMENT:
            # Somebody may be about to enter any room, so all count it.
            for each in self.rooms:
                each.access_epoch += 1
            self.spawn(self.review.of(self.rooms))
            return
        runner = self._rooms.get(event.document_id)
        if runner is None:
            return
        match event:
            case RecordsCommitted():
                runner.on_records(event)
            case AwarenessChanged():
                runner.on_awareness(event)
            case AwarenessWanted():
                runner.on_awareness_wanted()
            case AccessChanged():
                runner.access_epoch += 1
                self.spawn(self.review.of([runner]))
            case TitleChanged():
                self.spawn(self.review.of([runner]))
            case PeerRemoved(_, user_id):
                runner.close_person(user_id, CloseCode.NO_ACCESS, "closed by an administrator")
            case RoomClosed(_, has_erased):
                self.spawn(self._close_room(runner, has_erased=has_erased))

    def _recovered(self) -> None:
        for runner in self.rooms:
            runner.catch_up()
            runner.ask_awareness()

    # -- what happens by the clock ---------------------------------------------------------

    async def _sweep(self) -> None:
        """Look the truth up in the database, whatever the layer lost; let idle rooms go."""
        loop = asyncio.get_running_loop()
        renewed_at = compared_at = loop.time()
        while True:
            await asyncio.sleep(self.config.room_sweep_s)
            now = loop.time()
            try:
                self._sweep_peers(now)
                if now - renewed_at > AWARENESS_RENEWAL_S:
                    renewed_at = now
                    for runner in self.rooms:
                        runner.on_awareness_wanted()
                        runner.keep_alive()
                await self.review.of(self.rooms)
                await self._compare_heads()
                if 0 < self.config.room_compare_s < now - compared_at:
                    compared_at = now
                    await self.compare_rooms()
                await self._release_idle()
            except DatabaseError as error:
                logger.warning("sweep put off, the database does not answer: %s", error)
            except Exception:  # whatever it was, the next sweep must come
                logger.exception("sweep failed")

    def _sweep_peers(self, now: float) -> None:
        for runner in self.rooms:
            runner.close_slow(now, self.config.slow_peer_s)
            runner.expire()

    async def _release_idle(self) -> None:
        loop = asyncio.get_running_loop()
        for runner in self.rooms:
            if self._is_idle(runner, loop.time()):
                if runner.has_tail:
                    await runner.checkpoint()
                if self._is_idle(runner, loop.time()):
                    self._release(runner)

    async def compare_rooms(self) -> None:
        """Throw away each room that is not what its log makes; its peers come back to one that is.

        None should be. What could make one is an update that two replicas read in two ways, which
        the gate cannot see (docs/adr/0007). A room that is busy is left for later.
        """
        for runner in self.rooms:
            room = runner.room
            if self._compared.get(runner) == room.seq or not room.is_settled:
                continue
            stored = await self._readers.run(self._log.load, runner.document_id)
            if stored is None:
                continue
            is_quiet = room.is_settled and not room.is_behind and room.seq == stored.seq
            if runner.is_closed or not is_quiet:
                continue
            self._compared[runner] = room.seq
            try:
                if not await self._readers.run(is_what_updates_make, room.diff(), stored.updates):
                    self.discard_broken(runner, RoomBroken("it is not what its log makes"))
            except CrdtFailure as failure:
                self.discard_broken(runner, RoomBroken(str(failure)))

    def _is_idle(self, runner: RoomRunner, now: float) -> bool:
        since = runner.idle_since
        return (
            since is not None and now - since >= self.config.room_idle_s and runner.room.is_settled
        )

    async def _compare_heads(self) -> None:
        heads = await self._readers.run(self._log.heads, list(self._rooms))
        for document_id, seq in heads.items():
            runner = self._rooms.get(document_id)
            if runner is not None and seq > runner.room.seq:
                runner.catch_up()

    async def _watch(self) -> None:
        """End the process when its event loop hangs: a supervisor starts it again.

        A loop inside the CRDT holds the GIL, so that no Python code could notice; this timer is a
        thread of the interpreter's own and fires all the same.
        """
        try:
            while True:
                faulthandler.dump_traceback_later(self.config.watchdog_s, exit=True)
                await asyncio.sleep(self.config.watchdog_s / 10)
        finally:
            faulthandler.cancel_dump_traceback_later()
