"""One peer's state in a room: who it is, what it may do, and which of its frames are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from collab.room.access import Access
from collab.types import ClientId, PeerId, Seq, StateVector, UserId


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a peer is, as the server knows it; a client cannot say otherwise."""

    user_id: UserId
    name: str
    color: str
    #: Where their picture is on this server; empty: they have none.
    avatar: str = ""

    def shown(self) -> dict[str, str]:
        """Return who this is, as browsers are told."""
        told = {"id": str(self.user_id), "name": self.name, "color": self.color}
        return told | {"avatar": self.avatar} if self.avatar else told


@dataclass(slots=True)
class Frame:
    """One update-carrying frame of a peer, from its arrival until it is kept."""

    settled: bool = False
    #: What the page has said of the update: see ``EditNote``. None: nothing.
    upto: Seq | None = None
    is_undo: bool | None = None


@dataclass(slots=True)
class Session:
    """A peer in the room.

    ``frames`` holds what is not yet acknowledged, oldest first; an acknowledgement is a count, so a
    frame is acknowledged only when all before it are.
    """

    peer: PeerId
    identity: Identity
    access: Access
    #: Offered the subprotocol ``scriptorium.v1``: understands types 100 and up.
    speaks_v1: bool
    #: The Yjs client ids that this peer announced and nobody else held.
    own_ids: list[ClientId] = field(default_factory=list)
    #: The id that its last live update was written under; a peer without awareness has no other.
    used_ids: frozenset[ClientId] = frozenset()
    frames: list[Frame] = field(default_factory=list)
    acknowledged: int = 0
    #: Frames that could not be placed; the next step 2 of the peer brings their content again.
    deferred: list[Frame] = field(default_factory=list)
    #: Times in a row that an answer to our sync step 1 could not be placed either.
    resyncs: int = 0
    #: Our sync step 1 is on its way to the peer; its answer has not come.
    is_asked: bool = False
    #: What its replica has seen, by its own word and by what was sent since; None: it never said.
    seen: StateVector | None = None
    #: A frame of it was denied: that one is never kept, so none after it is acknowledged.
    is_denied: bool = False
    #: The last record that its page has seen; None: it has never said.
    upto: Seq | None = None
    #: Its page has said that the next update is an undo or a redo.
    is_undo_next: bool = False

    def say(self, upto: Seq, *, is_undo: bool) -> None:
        """Take what the page says of its updates."""
        self.upto = upto
        self.is_undo_next = is_undo

    def arrive(self) -> Frame:
        """Note the arrival of an update-carrying frame."""
        frame = Frame()
        if self.upto is not None:
            frame.upto, frame.is_undo = self.upto, self.is_undo_next
            self.is_undo_next = False
        if not self.is_denied:
            self.frames.append(frame)
        return frame

    def settle(self, frames: Iterable[Frame]) -> int | None:
        """Note that ``frames`` are kept; return the new count to acknowledge, if it has grown."""
        for frame in frames:
            frame.settled = True
        count = next(
            (n for n, each in enumerate(self.frames) if not each.settled), len(self.frames)
        )
        if count == 0:
            return None
        del self.frames[:count]
        self.acknowledged += count
        return self.acknowledged
