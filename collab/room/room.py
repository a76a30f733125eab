"""The room: a live document and the peers editing it. Does no I/O; see ARCHITECTURE.md.

Every method returns what must now be done (``effects.py``); the runner does it. The room never
waits, reads a clock or calls out, so all of it is tested by plain calls.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import assert_never

from collab.crdt.admissible import admissible
from collab.crdt.doc import CrdtFailure, LiveDoc
from collab.crdt.gate import Accepted, Gate, Missing, Refused, Verdict
from collab.crdt.merge import merge
from collab.crdt.update import (
    DecodedUpdate,
    UpdateError,
    count_of_vector,
    decode_state_vector,
)
from collab.protocol.close_codes import CloseCode
from collab.protocol.messages import (
    Awareness,
    AwarenessEntry,
    Chat,
    EditNote,
    Event,
    Message,
    PermissionDenied,
    Ping,
    Pong,
    QueryAwareness,
    Saved,
    Signal,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
)
from collab.room.access import Access
from collab.room.bindings import Bindings
from collab.room.effects import (
    Append,
    Broadcast,
    Close,
    Effect,
    RelayAwareness,
    Send,
    WantFlush,
    WantIndex,
    WantLook,
)
from collab.room.law import (
    Carrying,
    carries,
    facts_of,
    is_of_concern,
    rescued_event,
    without_rescues,
)
from collab.room.ledger import Kept, Ledger, Position
from collab.room.ports import LogRecord, MergeFacts
from collab.room.prepared import Prepared, decoded_of
from collab.room.presence import Presence
from collab.room.session import Frame, Identity, Session
from collab.types import ClientId, DocumentId, PeerId, Seq, StateVector, Update, UserId

#: How often a peer may answer "this is what you lack" with something that still cannot be placed.
MAX_RESYNCS = 3
#: Frames that wait for such an answer; more than a peer sends in the seconds that it may take.
MAX_DEFERRED = 5_000


#: Clients that a peer's state vector may have beyond those of the document: its own unsent ones.
MAX_UNKNOWN_CLIENTS = 1_000
#: Frames of one peer that wait for the log: what half an hour of typing is. More, and it is told to
#: come again: it has them all the same.
MAX_UNSETTLED = 20_000


@dataclass(frozen=True, slots=True)
class Suspect:
    """An update that was being applied when the document failed, and whose it was."""

    peer: PeerId
    author_id: UserId
    update: Update


class RoomBroken(Exception):
    """The document in memory can no longer be trusted: throw the room away, rebuild from the log.

    Attributes:
        suspects: the updates that were being applied; none where the failure has another cause.
        peers: whose they were; exactly one where it is known.
    """

    def __init__(self, reason: str, suspects: Sequence[Suspect] = ()) -> None:
        super().__init__(reason)
        self.suspects = tuple(suspects)
        self.peers = frozenset(suspect.peer for suspect in suspects)


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """Bounds of one room; docs/settings.md gives each with its reason."""

    max_update_bytes: int = 1024 * 1024
    max_document_bytes: int = 64 * 1024 * 1024
    max_frame_bytes: int = 8 * 1024 * 1024
    max_awareness_bytes: int = 4096
    max_ids_per_peer: int = 8
    remote_timeout_s: float = 45.0


# Not frozen: made for every keystroke.
@dataclass(slots=True)
class _Edit:
    """An admitted update that waits for the next flush."""

    peer: PeerId
    author_id: UserId
    update: Update
    client_ids: tuple[ClientId, ...]
    is_relayed: bool
    binds: tuple[ClientId, ...]
    facts: MergeFacts | None
    carries: bool


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An update that came before the gate's index was built."""

    peer: PeerId
    update: Update
    decoded: DecodedUpdate
    frame: Frame
    is_answer: bool


class Room:
    """A live document and its peers.

    Invariants, each with a test that names it:
        1. A frame is acknowledged only after the log has committed what it brought, and all before
           it.
        2. A remote record is never appended or published again.
        3. A peer never receives a frame that holds only its own updates.
        4. A peer without the right to write changes neither document nor log.
        5. Two rooms that have seen the same records hold equal documents, whatever the order or
           duplication.
        6. Nothing reaches the document that the gate has not admitted.
    """

    def __init__(
        self,
        *,
        document_id: DocumentId,
        document: LiveDoc,
        gate: Gate,
        seq: Seq,
        bindings: Mapping[ClientId, UserId],
        size_bytes: int,
        limits: RoomLimits,
        is_careful: bool = False,
        erasures: int = 0,
    ) -> None:
        self.document_id = document_id
        self._position = Position(seq)
        self._carrying = Carrying(seq)
        self._document = document
        self._gate = gate
        self._bindings = Bindings(bindings)
        self._size_bytes = size_bytes
        self._limits = limits
        #: After a failure whose cause is unknown: apply one update at a time, to find it.
        self._is_careful = is_careful
        self._is_frozen = False
        self._erasures = erasures
        self._sessions: dict[PeerId, Session] = {}
        self._presence = Presence(
            max_state_bytes=limits.max_awareness_bytes,
            max_ids_per_peer=limits.max_ids_per_peer,
            remote_timeout_s=limits.remote_timeout_s,
        )
        self._edits: list[_Edit] = []
        self._awareness: dict[int, AwarenessEntry] = {}
        self._ledger = Ledger()
        self._waiting: list[_Waiting] = []
        self._index_wanted = False
        self._index_backlog: list[tuple[Seq, DecodedUpdate]] = []
        self._flush_wanted = False

    def dispose(self) -> None:
        """Let go of the document: the CRDT library frees it only when it is no longer observed."""
        self._document.close()

    # -- what others may ask ---------------------------------------------------------------

    @property
    def seq(self) -> Seq:
        """The last record that is in the document with all before it."""
        return self._position.seq

    @property
    def peers(self) -> tuple[PeerId, ...]:
        """The peers in this process."""
        return tuple(self._sessions)

    def silent_peers(self) -> list[PeerId]:
        """Return the peers that cannot ask for a pong: stock clients drop a silent socket."""
        return [s.peer for s in self._sessions.values() if not s.speaks_v1]

    @property
    def waiting_count(self) -> int:
        """The number of updates that are accepted and not committed."""
        return self._ledger.waiting_count + len(self._waiting)

    @property
    def size_bytes(self) -> int:
        """The size of all updates that the document was made of since its checkpoint."""
        return self._size_bytes

    def access_of(self, peer: PeerId) -> Access | None:
        """Return what a peer may do; None where it is not here."""
        session = self._sessions.get(peer)
        return None if session is None else session.access

    @property
    def is_settled(self) -> bool:
        """Whether everything that was accepted is committed."""
        return self._ledger.is_empty and not self._waiting

    @property
    def is_behind(self) -> bool:
        """Whether the log has records before ones of our own that we have not seen."""
        return self._position.has_gap

    def state_vector(self) -> StateVector:
        """Return what the document has seen."""
        return self._document.state_vector()

    def diff(self, since: StateVector | None = None) -> Update:
        """Return what a replica at ``since`` lacks; everything where None."""
        return self._document.diff(since)

    def awareness(self) -> Awareness:
        """Return everyone who is here."""
        return Awareness(self._presence.entries())

    def local_awareness(self) -> RelayAwareness:
        """Return this process's peers, for a process that asks."""
        return RelayAwareness(tuple(self._presence.local_entries()))

    # -- peers -----------------------------------------------------------------------------

    def join(
        self, peer: PeerId, identity: Identity, access: Access, *, speaks_v1: bool
    ) -> list[Effect]:
        """Let a peer in: it is told what we have, and who is here."""
        effects = self.flush()
        self._sessions[peer] = Session(peer, identity, access, speaks_v1)
        if speaks_v1:
            welcome = {
                "type": "welcome",
                "access": access.value,
                "frozen": self._is_frozen,
                "erasures": self._erasures,
                "seq": self._position.seq,
                "user": identity.shown(),
                "maxFrameBytes": self._limits.max_frame_bytes,
                "sizeBytes": self._size_bytes,
            }
            effects.append(Send(peer, Event(json.dumps(welcome, ensure_ascii=False))))
        effects.append(Send(peer, SyncStep1(self._document.state_vector())))
        if entries := self._presence.entries():
            effects.append(Send(peer, Awareness(entries)))
        return effects

    def leave(self, peer: PeerId) -> list[Effect]:
        """Let a peer go. What it wrote stays, and is still committed."""
        session = self._sessions.pop(peer, None)
        if session is None:
            return []
        return self._tell_awareness(self._presence.leave(session), session.identity.user_id)

    def set_access(self, peer: PeerId, access: Access) -> list[Effect]:
        """Change what a peer may do, from its next frame on."""
        session = self._sessions.get(peer)
        if session is None or session.access is access:
            return []
        session.access = access
        if not session.speaks_v1:
            return []
        return [Send(peer, Event(json.dumps({"type": "access", "access": access.value})))]

    def set_frozen(self, is_frozen: bool) -> list[Effect]:
        """Note, and tell the pages, whether an administrator has stopped all writing.

        What each peer may do is said by ``set_access``; this is the reason, for people to read.
        """
        if is_frozen == self._is_frozen:
            return []
        self._is_frozen = is_frozen
        event = Event(json.dumps({"type": "frozen", "frozen": is_frozen}))
        return [Send(s.peer, event) for s in self._sessions.values() if s.speaks_v1]

    def retitled(self, title: str) -> list[Effect]:
        """Tell the pages that the document has another title."""
        event = Event(json.dumps({"type": "title", "title": title}, ensure_ascii=False))
        return [Send(s.peer, event) for s in self._sessions.values() if s.speaks_v1]

    def erased(self) -> list[Effect]:
        """Tell the pages to throw away the copy that they keep of the document."""
        event = Event(json.dumps({"type": "erased"}))
        return [Send(s.peer, event) for s in self._sessions.values() if s.speaks_v1]

    # -- frames ----------------------------------------------------------------------------

    def receive(
        self, peer: PeerId, message: Message, now: float, prepared: Prepared | None = None
    ) -> list[Effect]:
        """Take one message of a peer. ``now`` is a monotonic time in seconds."""
        session = self._sessions.get(peer)
        if session is None:
            return []
        match message:
            case SyncUpdate(update):
                if len(update) > self._limits.max_update_bytes:
                    return self._close(session, CloseCode.FRAME_TOO_BIG, "update too big")
                return self._update(session, update, prepared, is_answer=False)
            case SyncStep2(update):
                return self._update(session, update, prepared, is_answer=True)
            case SyncStep1(state_vector):
                return self._answer(session, state_vector)
            case Awareness(entries):
                changed = self._presence.announce(session, entries, now)
                return self._tell_awareness(changed, session.identity.user_id)
            case QueryAwareness():
                return [Send(peer, self.awareness())]
            case Ping(token):
                return [Send(peer, Pong(token))]
            case EditNote(upto, is_undo):
                session.say(Seq(upto), is_undo=is_undo)
                return []
            case PermissionDenied() | Saved() | Pong() | Event() | Signal() | Chat():
                return self._close(session, CloseCode.BAD_FRAME, "not a message to the server")
            case _:
                assert_never(message)

    def _close(self, session: Session, code: CloseCode, reason: str) -> list[Effect]:
        return [Close(session.peer, code, reason), *self.leave(session.peer)]

    def deny_unread(self, peer: PeerId) -> list[Effect]:
        """Deny a frame of somebody who may not write: too large to hold only what we have."""
        session = self._sessions.get(peer)
        if session is None:
            return []
        session.arrive()
        session.is_denied = True
        return [Send(peer, PermissionDenied("permission denied"))]

    def want_index(self) -> list[Effect]:
        """Ask for the gate's index, if it is not there."""
        if self._gate.is_ready or self._index_wanted:
            return []
        self._index_wanted = True
        return [WantIndex()]

    def _answer(self, session: Session, state_vector: StateVector) -> list[Effect]:
        try:
            known = count_of_vector(self._document.state_vector())
            if count_of_vector(state_vector) > known + MAX_UNKNOWN_CLIENTS:
                raise UpdateError("a state vector of too many clients")
            decode_state_vector(state_vector)
        except UpdateError as error:
            return self._close(session, CloseCode.BAD_FRAME, str(error))
        session.seen = state_vector
        effects = self.flush()
        since = None if state_vector == b"\x00" else state_vector
        effects.append(Send(session.peer, SyncStep2(self._document.diff(since))))
        return effects

    def _update(
        self, session: Session, update: Update, prepared: Prepared | None, *, is_answer: bool
    ) -> list[Effect]:
        frame = session.arrive()
        if len(session.frames) > MAX_UNSETTLED:
            return self._close(session, CloseCode.TRY_AGAIN, "too much waits for the database")
        if is_answer:
            session.is_asked = False
        decoded = decoded_of(update, prepared)
        if isinstance(decoded, UpdateError):
            return self._close(session, CloseCode.UPDATE_REFUSED, str(decoded))
        if decoded.is_empty:
            return self._keep([(session.peer, frame)])
        if not self._gate.is_ready:
            self._waiting.append(_Waiting(session.peer, update, decoded, frame, is_answer))
            return self.want_index()
        verdict = None if prepared is None else prepared.verdict
        return self._judge(session, update, decoded, frame, verdict, is_answer=is_answer)

    def _judge(
        self,
        session: Session,
        update: Update,
        decoded: DecodedUpdate,
        frame: Frame,
        verdict: Verdict | None = None,
        *,
        is_answer: bool,
    ) -> list[Effect]:
        if session.access is Access.WRITE:
            if verdict is None or not self._gate.still_holds(verdict):
                verdict = self._gate.check(decoded)
            return self._admit(session, update, decoded, verdict, frame, is_answer=is_answer)
        if self._gate.has(decoded):
            return self._keep([(session.peer, frame)])
        session.is_denied = True
        return [Send(session.peer, PermissionDenied("permission denied"))]

    def _admit(
        self,
        session: Session,
        update: Update,
        decoded: DecodedUpdate,
        verdict: Verdict,
        frame: Frame,
        *,
        is_answer: bool,
    ) -> list[Effect]:
        match verdict:
            case Refused(reason):
                effects: list[Effect] = []
                part = admissible(update, decoded, self._gate) if is_answer else None
                if part is not None:
                    # Not acknowledged: the peer is gone when it is committed.
                    effects = self._admit(
                        session, part.update, part.decoded, part.verdict, frame, is_answer=True
                    )
                return [*effects, *self._close(session, CloseCode.UPDATE_REFUSED, reason)]
            case Missing(reason):
                return self._defer(session, frame, reason, is_answer=is_answer)
            case Accepted():
                pass
            case _:
                assert_never(verdict)
        mine = session.identity.user_id
        foreign = self._bindings.foreign(verdict.writers, mine)
        if foreign and self._are_live(foreign, besides=session):
            # Their owner writes under this id now and will send them. Were a forged struct taken,
            # the owner's next one would have the same clock, and replicas would part for good.
            reason = "edits of another person, who is here"
            return self._defer(session, frame, reason, is_answer=is_answer)
        frames = [frame]
        if is_answer:
            frames += session.deferred
            session.deferred = []
            session.resyncs = 0
        kept = [(session.peer, each) for each in frames]
        facts = facts_of(
            decoded,
            verdict,
            self._gate,
            is_answer=is_answer,
            seen=session.seen,
            upto=frame.upto,
            is_undo=frame.is_undo,
            carrying=self._carrying,
        )
        if verdict.brings_nothing and facts is None:
            return self._keep(kept)
        if self._size_bytes + len(update) > self._limits.max_document_bytes:
            return self._close(session, CloseCode.UPDATE_REFUSED, "document too big")
        self._size_bytes += len(update)
        binds = self._bindings.claimed_by(session, verdict.writers, is_answer=is_answer)
        if binds:
            binds = without_rescues(binds, self._gate)
        self._gate.admit(verdict)
        self._bindings.bind(binds, mine)
        if not is_answer and len(verdict.writers) == 1 and not foreign:
            session.used_ids = verdict.writers
        self._edits.append(
            _Edit(
                peer=session.peer,
                author_id=mine,
                update=update,
                client_ids=tuple(sorted(verdict.writers)),
                is_relayed=not self._bindings.are_all_of(verdict.writers, mine),
                binds=binds,
                facts=facts,
                carries=carries(decoded),
            )
        )
        self._carrying.admit(is_carrying=self._edits[-1].carries)
        self._ledger.admit(kept)
        return self._want_flush()

    def _defer(
        self, session: Session, frame: Frame, reason: str, *, is_answer: bool
    ) -> list[Effect]:
        """Leave a frame unacknowledged and ask the peer for all that we lack."""
        session.deferred.append(frame)
        session.resyncs += is_answer
        if session.resyncs > MAX_RESYNCS or len(session.deferred) > MAX_DEFERRED:
            return self._close(session, CloseCode.TRY_AGAIN, reason)
        if session.is_asked:
            return []
        session.is_asked = True
        effects = self.flush()
        vector = self._document.state_vector()
        if session.seen is not None:
            # It has been sent all of this by the time at which it answers.
            session.seen = vector
        return [*effects, Send(session.peer, SyncStep1(vector))]

    def _are_live(self, clients: Iterable[ClientId], *, besides: Session) -> bool:
        """Return whether a connected replica other than the sender's writes under one of them."""
        used = {
            client
            for session in self._sessions.values()
            if session is not besides
            for client in (*session.own_ids, *session.used_ids)
        }
        return any(client in used or self._presence.has(client) for client in clients)

    # -- the document ----------------------------------------------------------------------

    def flush(self) -> list[Effect]:
        """Apply what waits in one transaction; pass it on; hand it to the log."""
        self._flush_wanted = False
        effects: list[Effect] = []
        if self._edits:
            edits, self._edits = self._edits, []
            if self._is_careful:
                for edit in edits:
                    effects += self._apply([edit])
            else:
                effects += self._apply(edits)
            effects += self._append(edits)
        if self._awareness:
            entries, self._awareness = tuple(self._awareness.values()), {}
            effects.append(Broadcast(Awareness(entries)))
        return effects

    def _apply(self, edits: Sequence[_Edit]) -> list[Effect]:
        peers = frozenset(edit.peer for edit in edits)
        try:
            emitted = self._document.apply([edit.update for edit in edits])
        except CrdtFailure as failure:
            suspects = [Suspect(edit.peer, edit.author_id, edit.update) for edit in edits]
            raise RoomBroken(str(failure), suspects) from failure
        if emitted is None:
            return []
        # Encoded once for all. A frame that merges several writers goes to each of them too: what
        # they have already is ignored by Yjs, and a copy per writer would cost an encoding each.
        only = next(iter(peers)) if len(peers) == 1 else None
        return [Broadcast(SyncUpdate(emitted), except_peer=only)]

    def _append(self, edits: Sequence[_Edit]) -> list[Effect]:
        """Make one record of each run of updates by one author.

        Only neighbours are joined: a record must not depend on a later one. What is of concern to
        the law of merging stays alone: of a joined record it could not tell what was done when.
        """
        effects: list[Effect] = []
        pairs = zip(edits, self._ledger.take_admitted(), strict=True)
        for (author, is_relayed, _alone), run in groupby(
            pairs,
            key=lambda pair: (
                pair[0].author_id,
                pair[0].is_relayed,
                0 if pair[0].facts is None else id(pair[0]),
            ),
        ):
            group = list(run)
            updates = [edit.update for edit, _ in group]
            ticket = self._ledger.ticket([kept for _, each in group for kept in each])
            self._carrying.ticket(ticket, sum(edit.carries for edit, _ in group))
            effects.append(
                Append(
                    ticket=ticket,
                    update=updates[0] if len(updates) == 1 else merge(updates),
                    author_id=author,
                    client_ids=tuple(sorted({c for edit, _ in group for c in edit.client_ids})),
                    is_relayed=is_relayed,
                    binds=tuple(c for edit, _ in group for c in edit.binds),
                    facts=group[0][0].facts,
                )
            )
        return effects

    def committed(self, tickets: Sequence[int], seqs: Sequence[Seq]) -> list[Effect]:
        """The log has committed these appends under these numbers: acknowledge."""
        self._position.advance(seqs)
        self._carrying.committed(tickets, seqs)
        return [*self._settle(self._ledger.committed(tickets)), *self._mark_all()]

    def mark(self, peer: PeerId) -> list[Effect]:
        """Tell a peer that has been sent all that is here up to which record it has the log."""
        session = self._sessions.get(peer)
        if session is None or not session.speaks_v1:
            return []
        return [Send(peer, self._seen())]

    def _mark_all(self) -> list[Effect]:
        if not self._carrying.is_to_be_told(self._position.seq):
            return []
        return [Broadcast(self._seen(), is_ours=True)]

    def _seen(self) -> Event:
        return Event(json.dumps({"type": "seen", "seq": self._position.seq}))

    def _keep(self, kept: list[Kept]) -> list[Effect]:
        """Settle frames that bring nothing new, once what they repeat is committed."""
        return self._settle(self._ledger.join_last(kept))

    def _settle(self, kept: Iterable[Kept]) -> list[Effect]:
        by_peer: dict[PeerId, list[Frame]] = {}
        for peer, frame in kept:
            by_peer.setdefault(peer, []).append(frame)
        effects: list[Effect] = []
        for peer, frames in by_peer.items():
            session = self._sessions.get(peer)
            count = None if session is None else session.settle(frames)
            if session is not None and count is not None and session.speaks_v1:
                effects.append(Send(peer, Saved(count)))
        return effects

    def receive_remote(
        self, records: Sequence[LogRecord], prepared: Prepared | None = None
    ) -> list[Effect]:
        """Take records of the log that other processes wrote, in order of ``seq``.

        Records that are in the document already may be among them; a gap must not. One that is
        ``prepared`` comes alone.

        Raises:
            RoomBroken: a record does not fit the document.
        """
        fresh = [record for record in records if not self._position.has(record.seq)]
        effects = self.flush()
        rescued: list[Effect] = []
        for record in fresh:
            effects += self._admit_record(record, prepared, rescued)
        updates = [record.update for record in fresh]
        if updates:
            try:
                emitted = self._document.apply(updates)
            except CrdtFailure as failure:
                raise RoomBroken(str(failure)) from failure
            if emitted is not None:
                effects.append(Broadcast(SyncUpdate(emitted)))
        self._position.advance(record.seq for record in fresh)
        return [*effects, *rescued, *self._mark_all()]

    def _admit_record(
        self, record: LogRecord, prepared: Prepared | None, rescued: list[Effect]
    ) -> list[Effect]:
        self._size_bytes += len(record.update)
        for client, owner in record.owners.items():
            self._bindings.bind((client,), owner)
        if record.author_id is not None and not record.is_relayed:
            self._bindings.bind(record.client_ids, record.author_id)
        decoded = decoded_of(record.update, prepared)
        if isinstance(decoded, UpdateError):
            raise RoomBroken(f"record {record.seq}: {decoded}") from decoded
        if carries(decoded):
            self._carrying.note(record.seq)
        if record.is_relayed and (event := rescued_event(decoded)) is not None:
            rescued.append(Broadcast(event, is_ours=True))
        if not self._gate.is_ready:
            if self._index_wanted:
                self._index_backlog.append((record.seq, decoded))
            return []
        return self._admit_known(record.seq, decoded, prepared.verdict if prepared else None)

    def _admit_known(
        self, seq: Seq, decoded: DecodedUpdate, verdict: Verdict | None = None
    ) -> list[Effect]:
        if not isinstance(verdict, Accepted) or not self._gate.still_holds(verdict):
            verdict = self._gate.check(decoded)
        if not isinstance(verdict, Accepted):
            raise RoomBroken(f"a record does not fit: {verdict.reason}")
        # Its own process may have let it in without having seen what we have: the law is asked
        # about it again, and about all that the log has after it.
        is_asked = is_of_concern(decoded, verdict, self._gate)
        self._gate.admit(verdict)
        return [WantLook(seq)] if is_asked else []

    def index_ready(self) -> list[Effect]:
        """The gate's index is built: take what waited for it."""
        effects: list[Effect] = []
        for seq, decoded in self._index_backlog:
            effects += self._admit_known(seq, decoded)
        self._index_backlog = []
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            session = self._sessions.get(each.peer)
            if session is not None:
                effects += self._judge(
                    session, each.update, each.decoded, each.frame, is_answer=each.is_answer
                )
        return effects

    # -- who is here -----------------------------------------------------------------------

    def receive_remote_awareness(
        self, entries: Iterable[tuple[AwarenessEntry, UserId]], now: float
    ) -> list[Effect]:
        """Take what another process says of its peers."""
        return self._show(self._presence.receive_remote(entries, now))

    def expire(self, now: float) -> list[Effect]:
        """Forget peers of other processes that were not heard of for too long."""
        return self._show(self._presence.expire(now))

    def _tell_awareness(self, changed: Sequence[AwarenessEntry], user_id: UserId) -> list[Effect]:
        if not changed:
            return []
        return [*self._show(changed), RelayAwareness(tuple((e, user_id) for e in changed))]

    def _show(self, changed: Sequence[AwarenessEntry]) -> list[Effect]:
        if not changed:
            return []
        self._awareness.update((entry.client_id, entry) for entry in changed)
        return self._want_flush()

    def _want_flush(self) -> list[Effect]:
        if self._flush_wanted:
            return []
        self._flush_wanted = True
        return [WantFlush()]
