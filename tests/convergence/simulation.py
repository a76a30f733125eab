"""A cluster in one thread: people, processes and a bus that loses, repeats and reorders.

The rooms, the gate and the presence are the real ones; the log is one that obeys the contract; what
a runner does with effects is done here by hand, one step when a test says so. There is no clock but
the one that a test turns.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pycrdt import Doc, Text

from collab.bus.events import AwarenessChanged, BusEvent, RecordsCommitted
from collab.crdt.doc import LiveDoc
from collab.crdt.gate import Gate, GateLimits
from collab.protocol.close_codes import CloseCode
from collab.protocol.codec import decode, encode
from collab.protocol.messages import (
    Awareness,
    AwarenessEntry,
    Message,
    PermissionDenied,
    Saved,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
)
from collab.room.access import Access
from collab.room.effects import Append, Broadcast, Close, Effect, RelayAwareness, Send, WantIndex
from collab.room.ports import LogRecord, PendingUpdate
from collab.room.room import Room, RoomLimits
from collab.room.session import Identity
from collab.types import ClientId, DocumentId, PeerId, Seq, StateVector, Update, UserId
from tests.contracts.memory_log import MemoryLog
from tests.crdt.sessions import Writer
from tests.crdt.test_gate import content

DOCUMENT = DocumentId(UUID(int=1))
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass
class Wire:
    """A websocket: ordered and reliable while it lasts."""

    peer: PeerId
    process: Process
    up: deque[bytes] = field(default_factory=deque)
    down: deque[bytes] = field(default_factory=deque)
    closed: CloseCode | None = None


class Person:
    """Somebody with a replica, who writes numbered words and remembers which were acknowledged."""

    def __init__(self, cluster: Cluster, number: int, access: Access) -> None:
        self.cluster = cluster
        self.number = number
        self.access = access
        self.writer = Writer(1000 + number)
        doc: Doc[Any] = self.writer.doc
        self.notes = doc.get("notes", type=Text)
        self.written: list[str] = []
        self.acknowledged = 0
        self.wire: Wire | None = None
        self._covers: list[int] = []

    def connect(self, process: Process) -> None:
        self.wire = process.accept(self)
        self._covers = []
        self.writer.sent.clear()  # what was not delivered goes with the answer to step 1
        self._send(SyncStep1(StateVector(self.writer.doc.get_state())))
        if self.number % 2:  # others are peers without awareness, as a script is
            entry = AwarenessEntry(self.writer.doc.client_id, len(self.written), "{}")
            self._send(Awareness((entry,)))

    def disconnect(self) -> None:
        if self.wire is not None:
            self.wire.process.leave(self.wire)
            self.wire = None

    def write(self) -> None:
        """Put a word of one's own at the end."""
        word = f"<{self.number}:{len(self.written)}>"
        self.written.append(word)
        self.notes += word
        self._send_edits()

    def edit(self, seed: int) -> None:
        """Change the rich text in some way: insert, delete, format, undo."""
        self.writer.edit(random.Random(seed))
        self._send_edits()

    def _send_edits(self) -> None:
        for update in self.writer.sent:
            self._send(SyncUpdate(update))
        self.writer.sent.clear()

    def _send(self, message: Message) -> None:
        if self.wire is None:
            return
        if isinstance(message, SyncUpdate | SyncStep2):
            self._covers.append(len(self.written))
        self.wire.up.append(encode(message))

    def take(self) -> None:
        """Read one frame."""
        if self.wire is None or not self.wire.down:
            return
        match decode(self.wire.down.popleft()):
            case SyncStep1(vector):
                self._send(SyncStep2(Update(self.writer.doc.get_update(vector))))
            case SyncStep2(update) | SyncUpdate(update):
                self.writer.hear(update)
            case Saved(frames):
                self.acknowledged = max(self.acknowledged, self._covers[frames - 1])
                # Promise 1, at the moment that it is made.
                self.cluster.check_kept(self.written[: self.acknowledged])
            case PermissionDenied():
                assert self.access is not Access.WRITE
            case _:
                pass


class Process:
    """A server process with the document's room, when somebody has opened it."""

    def __init__(self, cluster: Cluster, number: int) -> None:
        self.cluster = cluster
        self.number = number
        self.room: Room | None = None
        self._gate = Gate(GateLimits())
        self.wires: dict[PeerId, Wire] = {}
        self.uncommitted: list[tuple[int, PendingUpdate]] = []
        self.wants_index = False

    def _opened(self) -> Room:
        if self.room is None:
            stored = self.cluster.log.load(DOCUMENT)
            assert stored is not None
            self._gate = Gate(GateLimits())
            self.room = Room(
                document_id=DOCUMENT,
                document=LiveDoc.load(stored.updates),
                gate=self._gate,
                seq=stored.seq,
                bindings=stored.bindings,
                size_bytes=sum(map(len, stored.updates)),
                limits=RoomLimits(),
            )
        return self.room

    def accept(self, person: Person) -> Wire:
        room = self._opened()
        wire = Wire(self.cluster.new_peer(), self)
        self.wires[wire.peer] = wire
        identity = Identity(UserId(person.number), f"person {person.number}", "#000")
        self.perform(room.join(wire.peer, identity, person.access, speaks_v1=True))
        return wire

    def leave(self, wire: Wire) -> None:
        if self.wires.pop(wire.peer, None) is not None and self.room is not None:
            self.perform(self.room.leave(wire.peer))

    def take(self, wire: Wire) -> None:
        """Read one frame of a peer."""
        if wire.up and self.room is not None and wire.closed is None:
            message = decode(wire.up.popleft())
            self.perform(self.room.receive(wire.peer, message, self.cluster.now))

    def flush(self) -> None:
        if self.room is not None:
            self.perform(self.room.flush())

    def build_index(self) -> None:
        if self.room is not None and self.wants_index:
            self.wants_index = False
            for _ in self._gate.index(self.room.diff()):
                pass
            self.perform(self.room.index_ready())

    def commit(self) -> None:
        """Commit what waits, acknowledge, ring the bell, in the order that promise 1 needs."""
        if self.room is None or not self.uncommitted:
            return
        batch, self.uncommitted = self.uncommitted, []
        seqs = [seq for seq in self.cluster.append([p for _, p in batch]) if seq is not None]
        assert len(seqs) == len(batch)
        self.perform(self.room.committed([ticket for ticket, _ in batch], seqs))
        if seqs[-1] - seqs[0] == len(seqs) - 1:
            records = tuple(
                (bytes(p.update), p.author_id, p.client_ids, p.is_relayed) for _, p in batch
            )
            self.cluster.ring(self, RecordsCommitted(DOCUMENT, seqs[0], seqs[-1], records))
        if self.room.is_behind:
            self.catch_up()

    def catch_up(self) -> None:
        """Read the log after what the room has: the sweep, or a gap in the numbers."""
        if self.room is not None:
            records = self.cluster.log.read_after(DOCUMENT, self.room.seq, 1000)
            self.perform(self.room.receive_remote(records))

    def hear(self, event: BusEvent) -> None:
        if self.room is None:
            return
        match event:
            case AwarenessChanged(entries=entries):
                told = [(AwarenessEntry(c, k, s), UserId(u)) for c, k, s, u in entries]
                self.perform(self.room.receive_remote_awareness(told, self.cluster.now))
            case RecordsCommitted(first=first, last=last, records=records):
                if last <= self.room.seq:
                    return
                if first > self.room.seq + 1:
                    self.catch_up()
                    return
                self.perform(
                    self.room.receive_remote(
                        [
                            LogRecord(
                                DOCUMENT,
                                Seq(first + offset),
                                Update(update),
                                None if author is None else UserId(author),
                                tuple(map(ClientId, clients)),
                                is_relayed,
                                "live",
                                NOW,
                            )
                            for offset, (update, author, clients, is_relayed) in enumerate(records)
                        ]
                    )
                )
            case _:
                raise AssertionError(event)

    def kill(self) -> None:
        """kill -9: what was not committed is gone, and every socket is."""
        if self.room is not None:
            self.room.dispose()
        self.room = None
        self.uncommitted = []
        self.wants_index = False
        for wire in self.wires.values():
            wire.closed = CloseCode.RESTARTING
        self.wires = {}

    def perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(peer, message):
                    self._down(peer, message)
                case Broadcast(message, except_peer):
                    for peer in tuple(self.wires):
                        if peer != except_peer:
                            self._down(peer, message)
                case Append():
                    self.uncommitted.append((effect.ticket, self._pending(effect)))
                case Close(peer, code, _):
                    self.wires.pop(peer).closed = code
                case RelayAwareness(entries):
                    told = tuple((e.client_id, e.clock, e.state, int(u)) for e, u in entries)
                    self.cluster.ring(self, AwarenessChanged(DOCUMENT, told))
                case WantIndex():
                    self.wants_index = True
                case _:
                    pass

    def _down(self, peer: PeerId, message: Message) -> None:
        if (wire := self.wires.get(peer)) is not None:
            wire.down.append(encode(message))

    @staticmethod
    def _pending(effect: Append) -> PendingUpdate:
        return PendingUpdate(
            document_id=DOCUMENT,
            update=effect.update,
            author_id=effect.author_id,
            client_ids=effect.client_ids,
            is_relayed=effect.is_relayed,
            binds=effect.binds,
            created_at=NOW,
        )


class Cluster:
    """People, processes, the log that they share, and the bus between them."""

    def __init__(self, *, processes: int, writers: int, viewers: int) -> None:
        self.log = MemoryLog()
        self.log.add_document(DOCUMENT)
        self.now = 0.0
        self.bell: list[tuple[Process, BusEvent]] = []
        self.cut_off: set[int] = set()
        self._peers = 0
        #: The log's own replica, for what was promised.
        self._kept = LiveDoc()
        self._words = ""
        self.processes = [Process(self, number) for number in range(processes)]
        self.people = [
            Person(self, number + 1, Access.WRITE if number < writers else Access.READ)
            for number in range(writers + viewers)
        ]
        self.log.authors = {UserId(person.number) for person in self.people}

    def new_peer(self) -> PeerId:
        self._peers += 1
        return PeerId(self._peers)

    def append(self, batch: list[PendingUpdate]) -> list[Seq | None]:
        self._words = ""
        seqs = self.log.append(batch)
        # A record leans on none that comes later: each can be applied when it is there.
        self._kept.apply([pending.update for pending in batch])
        return seqs

    def check_kept(self, words: list[str]) -> None:
        """Acknowledged means committed: the words are in the log now."""
        if not self._words:
            self._words = notes_of(self._kept)
        missing = [word for word in words if word not in self._words]
        assert not missing, f"acknowledged, and not in the log: {missing}"

    def ring(self, sender: Process, event: BusEvent) -> None:
        """Tell the other processes, unless a partition lies between."""
        for process in self.processes:
            if process is not sender and not {process.number, sender.number} & self.cut_off:
                self.bell.append((process, event))

    # -- the end of a story ----------------------------------------------------------------

    def settle(self) -> None:
        """Heal everything: all connect again, all is delivered, the sweep finds what was lost."""
        self.cut_off.clear()
        for _ in range(200):
            for person in self.people:
                if person.wire is not None and person.wire.closed is not None:
                    person.wire = None
                if person.wire is None:
                    person.connect(self.processes[person.number % len(self.processes)])
            is_quiet = not any(self._step(process) for process in self.processes)
            if is_quiet:
                # Who died with a process is forgotten, so that others may pass their words on.
                self.now += 60
                for process in self.processes:
                    if process.room is not None:
                        process.perform(process.room.expire(self.now))
                if not any(person.wire and person.wire.closed for person in self.people):
                    return
        raise AssertionError("does not come to rest")

    def _step(self, process: Process) -> bool:
        busy = bool(self.bell or process.uncommitted or process.wants_index)
        while self.bell:
            target, event = self.bell.pop()
            target.hear(event)
        busy |= self.talk(process)
        process.commit()
        process.catch_up()
        return busy or bool(process.uncommitted)

    def talk(self, process: Process) -> bool:
        """Deliver what is under way between a process and its peers; return whether any was."""
        busy = self._deliver(process)
        process.build_index()
        process.flush()
        return self._deliver(process) or busy

    def _deliver(self, process: Process) -> bool:
        busy = False
        for person in self.people:
            wire = person.wire
            if wire is None or wire.process is not process:
                continue
            while wire.down or (wire.up and wire.closed is None):
                busy = True
                person.take()
                process.take(wire)
        return busy

    def check(self) -> None:
        """Promises 1 to 4, and that every replica is the log's."""
        stored = self.log.load(DOCUMENT)
        assert stored is not None
        fresh = LiveDoc.load(stored.updates)
        everything = LiveDoc.load([r.update for r in self.log.read_after(DOCUMENT, Seq(0), 10_000)])
        words, body = notes_of(fresh), content(fresh)
        assert (notes_of(everything), content(everything)) == (words, body)
        for process in self.processes:
            if process.room is not None:
                replica = LiveDoc.load([process.room.diff()])
                assert (notes_of(replica), content(replica)) == (words, body)
                assert process.room.seq == stored.seq
                assert process.room.is_settled
        for person in self.people:
            if person.access is Access.WRITE:
                assert (str(person.notes), str(person.writer.body)) == (words, body)
                counts = [words.count(word) for word in person.written]
                assert counts == [1] * len(person.written), "a word is lost or doubled"
                assert person.acknowledged == len(person.written), "not all is acknowledged"
            else:
                assert not any(word in words for word in person.written)
                assert person.acknowledged == 0 or not person.written


def notes_of(document: LiveDoc) -> str:
    """Return the plain text root."""
    replica: Doc[Text] = Doc()
    notes = replica.get("notes", type=Text)
    replica.apply_update(document.diff())
    return str(notes)
