"""What of a room the log has: which frames wait for which append, and how far its numbers go."""

from __future__ import annotations

from collections.abc import Iterable

from collab.room.session import Frame
from collab.types import PeerId, Seq

#: An update-carrying frame, and whose it is.
Kept = tuple[PeerId, Frame]


class Ledger:
    """Frames from their admission until the log has committed what they brought."""

    def __init__(self) -> None:
        #: One list per admitted update that waits for the next flush, in order.
        self._admitted: list[list[Kept]] = []
        self._uncommitted: dict[int, list[Kept]] = {}
        self._last_ticket = 0

    @property
    def is_empty(self) -> bool:
        """Whether no frame waits."""
        return not (self._admitted or self._uncommitted)

    @property
    def waiting_count(self) -> int:
        """The number of updates that are not committed, those of one flush counted as one."""
        return len(self._admitted) + len(self._uncommitted)

    def admit(self, frames: list[Kept]) -> None:
        """Note the frames that an admitted update came in."""
        self._admitted.append(frames)

    def join_last(self, frames: list[Kept]) -> list[Kept]:
        """Let frames that bring nothing new wait with the last update that is under way.

        What they repeat may itself not be committed yet (another tab sent it a moment ago).

        Returns:
            Those frames when nothing is under way, so that they are settled now.
        """
        if self._admitted:
            self._admitted[-1].extend(frames)
        elif self._uncommitted:
            self._uncommitted[next(reversed(self._uncommitted))].extend(frames)
        else:
            return frames
        return []

    def take_admitted(self) -> list[list[Kept]]:
        """Return the frames of each admitted update; the caller gives them tickets."""
        admitted, self._admitted = self._admitted, []
        return admitted

    def ticket(self, frames: list[Kept]) -> int:
        """Return the number of an append that settles ``frames``."""
        self._last_ticket += 1
        self._uncommitted[self._last_ticket] = frames
        return self._last_ticket

    def committed(self, tickets: Iterable[int]) -> list[Kept]:
        """Return the frames of the appends that the log has committed."""
        return [kept for ticket in tickets for kept in self._uncommitted.pop(ticket, ())]


class Position:
    """How far the document has the log: every record up to ``seq``, and some beyond a gap."""

    def __init__(self, seq: Seq) -> None:
        self.seq = seq
        self._ahead: set[Seq] = set()

    @property
    def has_gap(self) -> bool:
        """Whether the log has records before ones of our own that we have not seen."""
        return bool(self._ahead)

    def has(self, seq: Seq) -> bool:
        """Return whether the record is in the document."""
        return seq <= self.seq or seq in self._ahead

    def advance(self, seqs: Iterable[Seq]) -> None:
        """Note records that are in the document now."""
        self._ahead.update(seq for seq in seqs if seq > self.seq)
        while (following := Seq(self.seq + 1)) in self._ahead:
            self._ahead.discard(following)
            self.seq = following
