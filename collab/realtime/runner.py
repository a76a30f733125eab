"""One runner per open room: it hands the room what arrives, and does what the room says.

The only place where a room's effects happen. All of it runs on the event loop, one call at a time,
so a room needs no lock.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, assert_never

from collab import metrics
from collab.bus.events import (
    MAX_EVENT_BYTES,
    AwarenessChanged,
    AwarenessWanted,
    BusEvent,
    RecordsCommitted,
)
from collab.crdt.doc import CrdtFailure
from collab.crdt.gate import Gate
from collab.crdt.update import UpdateError
from collab.protocol.close_codes import CloseCode
from collab.protocol.codec import encode
from collab.protocol.messages import (
    Awareness,
    AwarenessEntry,
    Message,
    PermissionDenied,
    SyncUpdate,
)
from collab.realtime.admission import Admitted, Credential
from collab.realtime.catching_up import CatchingUp
from collab.realtime.intake import LARGE_BYTES
from collab.realtime.outbox import Outbox, Send, Write
from collab.realtime.room_socket import server_frame
from collab.room.access import Access
from collab.room.effects import (
    Append,
    Broadcast,
    Close,
    Effect,
    RelayAwareness,
    WantFlush,
    WantIndex,
    WantLook,
)
from collab.room.effects import Send as SendTo
from collab.room.ports import LogRecord, PendingUpdate
from collab.room.prepared import Prepared
from collab.room.room import Room, RoomBroken
from collab.room.session import Identity
from collab.types import ClientId, DocumentId, PeerId, Seq, StateVector, Update, UserId

if TYPE_CHECKING:
    from collab.realtime.registry import Registry

logger = logging.getLogger(__name__)

#: An update without structs and deletes.
EMPTY = b"\x00\x00"
#: Records of another process that come at once and are taken in one turn.
MANY_BYTES = 4 * LARGE_BYTES

#: An awareness message about nobody.
_NOBODY_NEW = {"type": "websocket.send", "bytes": encode(Awareness(()))}

_READ_ONLY = metrics.edits_refused.labels("read_only")
_NOT_ADMITTED = metrics.edits_refused.labels("not_admitted")


@dataclass(slots=True)
class Connection:
    """A peer's socket, as the runner sees it."""

    identity: Identity
    credential: Credential
    outbox: Outbox
    joined_at: datetime
    address: str  # as it is counted
    speaks_v1: bool
    #: What the peer had been sent when its socket stopped taking frames.
    behind_since: StateVector | None = None


class RoomRunner:
    """Hosts one room."""

    def __init__(self, registry: Registry, room: Room, gate: Gate, stored_seq: Seq) -> None:
        self.registry = registry
        self.room = room
        self.document_id: DocumentId = room.document_id
        self.opened_at = datetime.now(UTC)
        self.title: str | None = None
        #: Counts the times that rights changed: who was admitted before must be asked about again.
        self.access_epoch = 0
        self.is_closed = False
        self.gate = gate
        self._loop = asyncio.get_running_loop()
        self._connections: dict[PeerId, Connection] = {}
        self._checkpoint_seq = stored_seq
        self._is_checkpointing = False
        self._catching_up = CatchingUp(self)
        #: Set when the gate's index is there, and when it will never be.
        self._index_done = asyncio.Event()
        self._flushed_at = float("-inf")
        self.idle_since: float | None = self._loop.time()

    # -- peers -----------------------------------------------------------------------------

    @property
    def connections(self) -> dict[PeerId, Connection]:
        """The sockets in this room, in this process."""
        return self._connections

    def join(
        self,
        peer: PeerId,
        send: Send,
        admitted: Admitted,
        *,
        speaks_v1: bool,
        write: Write | None = None,
    ) -> None:
        """Let a peer in. ``write`` is a short way to its socket, where there is one."""
        identity, access = admitted.identity, admitted.access
        outbox = Outbox(
            send,
            write=write,
            on_blocked=lambda: self._blocked(peer),
            on_drained=lambda: self._drained(peer),
        )
        self.idle_since = None
        self.registry.crowd.add(self.document_id, identity.user_id, admitted.address)
        metrics.sockets_opened.inc()
        self._connections[peer] = Connection(
            identity,
            admitted.credential,
            outbox,
            datetime.now(UTC),
            admitted.address,
            speaks_v1,
        )
        self.registry.review.at(self, admitted.until)
        self._guarded(lambda: self.room.join(peer, identity, access, speaks_v1=speaks_v1))

    def receive(self, peer: PeerId, message: Message, prepared: Prepared | None = None) -> None:
        """Take one message of a peer."""
        self._guarded(lambda: self.room.receive(peer, message, self._loop.time(), prepared))

    def deny_unread(self, peer: PeerId) -> None:
        """Deny a frame that is larger than a peer without the right to write has reason to send."""
        self._guarded(lambda: self.room.deny_unread(peer))

    def deleted_bytes(self) -> int:
        """Return how large what the document has deleted is as an update."""
        try:
            return len(self.room.diff(self.room.state_vector()))
        except CrdtFailure as failure:
            self.registry.discard_broken(self, RoomBroken(str(failure)))
            return 0

    async def indexed(self) -> None:
        """Wait until the gate can answer, or the room is closed."""
        self._guarded(self.room.want_index)
        if not self.gate.is_ready and not self.is_closed:
            await self._index_done.wait()

    def leave(self, peer: PeerId) -> None:
        """A peer's socket is gone."""
        connection = self._connections.pop(peer, None)
        if connection is not None:
            person, address = connection.identity.user_id, connection.address
            self.registry.crowd.remove(self.document_id, person, address)
            connection.outbox.abandon()
        self._guarded(lambda: self.room.leave(peer))
        if not self._connections:
            self.idle_since = self._loop.time()

    def close_peer(self, peer: PeerId, code: CloseCode, reason: str) -> None:
        """Close a peer's socket, whatever it is doing."""
        if peer in self._connections:
            self._close(peer, code, reason)
            self._guarded(lambda: self.room.leave(peer))

    def close_person(self, user_id: UserId, code: CloseCode, reason: str) -> None:
        """Close all of a person's sockets in the room."""
        for peer, connection in tuple(self._connections.items()):
            if connection.identity.user_id == user_id:
                self.close_peer(peer, code, reason)

    def close_all(self, code: CloseCode, reason: str) -> None:
        """Close every socket of the room."""
        for peer in tuple(self._connections):
            self.close_peer(peer, code, reason)

    def close_peer_raw(self, peer: PeerId, code: CloseCode, reason: str) -> None:
        """Close a peer's socket without a word to the room, which is broken."""
        self._close(peer, code, reason)

    def close_all_raw(self, code: CloseCode, reason: str) -> None:
        """Close every socket without a word to the room, which is broken."""
        for peer in tuple(self._connections):
            self._close(peer, code, reason)

    def dispose(self) -> None:
        """Let go of the document; nothing happens in this room any more."""
        if not self.is_closed:
            self.is_closed = True
            self._index_done.set()
            self.room.dispose()

    def flush_now(self) -> None:
        """Apply what waits and hand it to the log."""
        self._flush()

    def set_access(self, peer: PeerId, access: Access) -> None:
        """Change what a peer may do."""
        self._guarded(lambda: self.room.set_access(peer, access))

    def retitle(self, title: str) -> None:
        """Tell the pages a new title, once."""
        if self.title != title:
            is_news = self.title is not None
            self.title = title
            if is_news:
                self._guarded(lambda: self.room.retitled(title))

    def tell_erased(self) -> None:
        """Tell the pages that text was erased from the history."""
        self._guarded(self.room.erased)

    def set_frozen(self, is_frozen: bool) -> None:
        """Tell the pages that an administrator has stopped all writing, or allows it again."""
        self._guarded(lambda: self.room.set_frozen(is_frozen))

    # -- effects ---------------------------------------------------------------------------

    def _guarded(self, act: Callable[[], list[Effect]]) -> None:
        if self.is_closed:
            return
        try:
            self._perform(act())
        except RoomBroken as broken:
            self.registry.discard_broken(self, broken)
        except CrdtFailure as failure:  # while it was read: nobody's update is to blame
            self.registry.discard_broken(self, RoomBroken(str(failure)))
        except Exception as error:
            # A fault of ours: what the room holds now is unknown, and it must not stop in silence.
            logger.exception("room %s failed", self.document_id)
            self.registry.discard_broken(self, RoomBroken(f"{type(error).__name__}: {error}"))

    def _perform(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case SendTo(peer, message):
                    self._send(peer, message)
                case Broadcast(message, except_peer, is_ours):
                    self._broadcast(message, except_peer, is_ours=is_ours)
                case Append():
                    self._append(effect)
                case RelayAwareness(entries):
                    self._relay(entries)
                case Close(peer, code, reason):
                    self._close(peer, code, reason)
                case WantFlush():
                    self._schedule_flush()
                case WantIndex():
                    self.registry.spawn(self._build_index())
                case WantLook(seq):
                    self.registry.rescues.heard(self.document_id, seq)
                case _:
                    assert_never(effect)

    def _send(self, peer: PeerId, message: Message) -> None:
        connection = self._connections.get(peer)
        if connection is None:
            return
        if isinstance(message, PermissionDenied):
            _READ_ONLY.inc()
        connection.outbox.put({"type": "websocket.send", "bytes": encode(message)})
        if connection.outbox.is_overfull:
            self._close(peer, CloseCode.TRY_AGAIN, "too slow")

    def _broadcast(self, message: Message, except_peer: PeerId | None, *, is_ours: bool) -> None:
        payload = encode(message)
        frame = {"type": "websocket.send", "bytes": payload}
        framed = server_frame(payload)
        for peer, connection in tuple(self._connections.items()):
            if peer != except_peer and (connection.speaks_v1 or not is_ours):
                connection.outbox.offer(frame, framed)

    def _append(self, effect: Append) -> None:
        pending = PendingUpdate(
            document_id=self.document_id,
            update=effect.update,
            author_id=effect.author_id,
            client_ids=effect.client_ids,
            is_relayed=effect.is_relayed,
            binds=effect.binds,
            created_at=datetime.now(UTC),
            facts=effect.facts,
        )
        self.registry.committer.submit(self, effect.ticket, pending)
        metrics.edits_accepted.inc()

    def _relay(self, entries: Sequence[tuple[AwarenessEntry, UserId]]) -> None:
        if entries:
            self._publish(
                AwarenessChanged(
                    self.document_id,
                    tuple((e.client_id, e.clock, e.state, int(user)) for e, user in entries),
                )
            )

    def _publish(self, event: BusEvent) -> None:
        if self.registry.bus.is_shared:
            self.registry.publish(event)

    def _close(self, peer: PeerId, code: CloseCode, reason: str) -> None:
        connection = self._connections.get(peer)
        if connection is not None:
            metrics.sockets_closed.labels(int(code)).inc()
            if code is CloseCode.UPDATE_REFUSED:
                _NOT_ADMITTED.inc()
            connection.outbox.close(code, reason)

    # -- batching by load ------------------------------------------------------------------

    def _schedule_flush(self) -> None:
        now = self._loop.time()
        rest_s = self.registry.spacing.rest_s(
            len(self._connections), now=now, cpu_s=time.thread_time()
        )
        wait_s = self._flushed_at + rest_s - now
        if wait_s > 0:
            self._loop.call_later(wait_s, self._flush)
        else:
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushed_at = self._loop.time()
        self._guarded(self.room.flush)

    # -- peers that do not read ------------------------------------------------------------

    def _blocked(self, peer: PeerId) -> None:
        connection = self._connections.get(peer)
        if connection is not None:
            self._guarded(lambda: self._note_behind(connection))

    def _note_behind(self, connection: Connection) -> list[Effect]:
        # The frame that blocked will be sent, and it holds all that was applied until now.
        connection.behind_since = self.room.state_vector()
        return []

    def _drained(self, peer: PeerId) -> None:
        connection = self._connections.get(peer)
        if connection is None or connection.behind_since is None:
            return
        since, connection.behind_since = connection.behind_since, None
        self._guarded(lambda: self._missed(peer, since))

    def _missed(self, peer: PeerId, since: StateVector) -> list[Effect]:
        missed: list[Message] = []
        diff = self.room.diff(since)
        if since != self.room.state_vector() or diff != EMPTY:
            missed.append(SyncUpdate(diff))
        awareness = self.room.awareness()
        if awareness.entries:
            missed.append(awareness)
        return [*(SendTo(peer, message) for message in missed), *self.room.mark(peer)]

    def keep_alive(self) -> None:
        """Say something to peers that close a silent socket, and may be alone and say nothing."""
        for peer in self.room.silent_peers():
            connection = self._connections.get(peer)
            if connection is not None:
                connection.outbox.offer(_NOBODY_NEW)

    def close_slow(self, now: float, slow_peer_s: float) -> None:
        """Close peers whose socket has taken nothing for ``slow_peer_s`` seconds."""
        for peer, connection in tuple(self._connections.items()):
            since = connection.outbox.blocked_since
            if since is not None and now - since > slow_peer_s:
                self.close_peer(peer, CloseCode.TRY_AGAIN, "too slow")

    # -- the log ---------------------------------------------------------------------------

    def on_committed(self, appended: list[tuple[int, PendingUpdate, Seq]]) -> None:
        """Our appends are in the database: acknowledge, and ring the other processes."""
        seqs = [seq for _, _, seq in appended]
        self._guarded(lambda: self.room.committed([ticket for ticket, _, _ in appended], seqs))
        self._publish_records(appended)
        if any(p.facts is not None and p.facts.is_asked for _, p, _ in appended):
            self.registry.rescues.ask(self.document_id)
        if self.room.is_behind:
            self.catch_up()
        self._maybe_checkpoint(seqs)

    def on_not_committed(self, reason: str) -> None:
        """What this room holds is not in the database: rebuild it; browsers hold their own."""
        self.registry.discard_broken(self, RoomBroken(reason))

    def on_records(self, event: RecordsCommitted) -> None:
        """Another process says that records are in the log."""
        if event.last <= self.room.seq:
            return
        if not event.records or event.first > self.room.seq + 1:
            if event.records:
                metrics.bus_gaps.inc()
            self.catch_up()
            return
        sizes = [len(update) for update, *_ in event.records]
        if max(sizes) > LARGE_BYTES or sum(sizes) > MANY_BYTES:
            # Taken in portions, large ones apart: as what the log has. Reading it costs a query,
            # which the records of many who type need not pay.
            self.catch_up()
            return
        now = datetime.now(UTC)
        self.take_records(
            [
                LogRecord(
                    document_id=self.document_id,
                    seq=Seq(event.first + offset),
                    update=Update(update),
                    author_id=None if author is None else UserId(author),
                    client_ids=tuple(ClientId(client) for client in clients),
                    is_relayed=is_relayed,
                    kind="live",
                    created_at=now,
                )
                for offset, (update, author, clients, is_relayed) in enumerate(event.records)
            ]
        )

    def _publish_records(self, appended: list[tuple[int, PendingUpdate, Seq]]) -> None:
        if not self.registry.bus.is_shared:
            return
        first, last = appended[0][2], appended[-1][2]
        is_contiguous = last - first == len(appended) - 1
        is_small = sum(len(pending.update) for _, pending, _ in appended) <= MAX_EVENT_BYTES
        records = tuple(
            (bytes(p.update), p.author_id, tuple(p.client_ids), p.is_relayed)
            for _, p, _ in (appended if is_contiguous and is_small else ())
        )
        self._publish(RecordsCommitted(self.document_id, first, last, records))

    def catch_up(self) -> None:
        """Read what the log has after what the room has."""
        self._catching_up.want()

    def take_records(self, records: list[LogRecord], prepared: Prepared | None = None) -> None:
        """Give the room records that follow what it has; what is prepared is the only one."""
        if records:
            self._guarded(lambda: self.room.receive_remote(records, prepared))

    def _maybe_checkpoint(self, seqs: Iterable[Seq]) -> None:
        # By the number of our own record, so that one process of those that have the room does it.
        every = self.registry.config.checkpoint_every
        if any(seq % every == 0 for seq in seqs) and not self._is_checkpointing:
            self._is_checkpointing = True
            self.registry.spawn(self.checkpoint())

    async def checkpoint(self) -> None:
        """Store a checkpoint, made from the log."""
        try:
            self._checkpoint_seq = await self.registry.write_checkpoint(self.document_id)
        finally:
            self._is_checkpointing = False

    @property
    def has_tail(self) -> bool:
        """Whether a checkpoint would make the next load quicker."""
        return self.room.seq > self._checkpoint_seq

    async def _build_index(self) -> None:
        # In a thread, so that no other room waits for it (0.1 s for 260,000 edits).
        try:
            state = self.room.diff()
            await self._loop.run_in_executor(self.registry.indexes, _exhaust, self.gate, state)
        except (UpdateError, CrdtFailure) as error:
            self.registry.discard_broken(self, RoomBroken(f"no index: {error}"))
            return
        except Exception as error:  # or every writer of the room would wait for it for ever
            logger.exception("no index of room %s", self.document_id)
            self.registry.discard_broken(self, RoomBroken(f"no index: {error}"))
            return
        # Here, not in the thread: what came meanwhile is admitted in the same turn.
        self.gate.is_ready = True
        self._guarded(self.room.index_ready)
        self._index_done.set()

    # -- other processes -------------------------------------------------------------------

    def on_awareness(self, event: AwarenessChanged) -> None:
        """Another process says who is there."""
        entries = [(AwarenessEntry(c, k, s), UserId(u)) for c, k, s, u in event.entries]
        self._guarded(lambda: self.room.receive_remote_awareness(entries, self._loop.time()))

    def on_awareness_wanted(self) -> None:
        """Another process asks who is here."""
        self._guarded(lambda: [self.room.local_awareness()])

    def ask_awareness(self) -> None:
        """Ask the other processes who is there."""
        self._publish(AwarenessWanted(self.document_id))

    def expire(self) -> None:
        """Forget peers of processes that went away."""
        self._guarded(lambda: self.room.expire(self._loop.time()))


def _exhaust(gate: Gate, state: Update) -> None:
    for _ in gate.build(state):
        pass
