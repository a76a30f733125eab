"""What a room wants done. A closed union: the runner performs each, in order."""

from __future__ import annotations

from dataclasses import dataclass

from collab.protocol.close_codes import CloseCode
from collab.protocol.messages import AwarenessEntry, Message
from collab.room.ports import MergeFacts
from collab.types import ClientId, PeerId, Seq, Update, UserId


@dataclass(frozen=True, slots=True)
class Send:
    """Send ``message`` to one peer."""

    peer: PeerId
    message: Message


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Send ``message`` to every peer in this process, but not to ``except_peer``.

    One that does not read has to do without: it is told later what it has missed.
    """

    message: Message
    except_peer: PeerId | None = None
    #: Only to peers that speak ``scriptorium.v1``.
    is_ours: bool = False


# Not frozen: made for every keystroke.
@dataclass(slots=True)
class Append:
    """Put an accepted update in the log; say ``Room.committed(ticket)`` when it is there."""

    ticket: int
    update: Update
    author_id: UserId | None
    client_ids: tuple[ClientId, ...]
    is_relayed: bool
    binds: tuple[ClientId, ...]
    facts: MergeFacts | None = None


@dataclass(frozen=True, slots=True)
class RelayAwareness:
    """Tell the other processes; never stored."""

    entries: tuple[tuple[AwarenessEntry, UserId], ...]


@dataclass(frozen=True, slots=True)
class Close:
    """Close the peer's socket."""

    peer: PeerId
    code: CloseCode
    reason: str


@dataclass(frozen=True, slots=True)
class WantIndex:
    """Build the gate's index, in slices, then say ``Room.index_ready()``."""


@dataclass(frozen=True, slots=True)
class WantLook:
    """Have the law of merging look into a record of another process, once that had its turn."""

    seq: Seq


@dataclass(frozen=True, slots=True)
class WantFlush:
    """Call ``Room.flush()`` soon: at once when idle, batched under load."""


Effect = Send | Broadcast | Append | RelayAwareness | Close | WantIndex | WantLook | WantFlush
