"""When a room is flushed: at once while the event loop has CPU to spare, spaced where it has not.

A flush sends a frame to every peer, and a frame costs about the same whether it carries one letter
or fifty. So what is saved by waiting is CPU, the more of it the more peers there are, and what is
lost is the time until the others see an edit.

The event loop has a share of a core, saved up for bursts. What it uses beyond is owed, and while it
owes, every room rests between two flushes, for so long a time as it has peers. The debt, and with
it the rests, grow until the loop needs no more than its share, or they are at their longest. A room
of two, which has little to merge, rests for no time that anybody could notice.

What counts is all that the loop does, not the flushes alone: the writing to the sockets happens
after them, in the loop's own code (uvloop), where nobody can measure it apart. And it is CPU, not
time: other programs that use the machine would lengthen every rest.
"""

from __future__ import annotations

#: Of a core, for everything on the event loop. Found by measurement: docs/adr/0005.
SHARE = 0.45
#: What is saved up at most, in seconds of CPU: about forty flushes of a room of a hundred.
SAVED_S = 0.02
#: What is owed at most. A deep debt would last longer than the load that made it.
OWED_S = 0.02
#: How long a room rests for each of its peers at the deepest debt.
REST_PER_PEER_S = 0.0002
#: From one flush of a room to the next at most.
LONGEST_S = 0.02


class Spacing:
    """The budget of one process's event loop."""

    def __init__(self) -> None:
        self._left_s = SAVED_S
        self._at: float | None = None
        self._cpu_s = 0.0

    def rest_s(self, peers: int, *, now: float, cpu_s: float) -> float:
        """Return how long a room must rest from one flush to the next.

        Args:
            peers: how many there are in the room.
            now: seconds of a clock that never goes back.
            cpu_s: the CPU that the event loop has used by now, in seconds from any moment.
        """
        if self._at is not None:
            left_s = self._left_s + (now - self._at) * SHARE - (cpu_s - self._cpu_s)
            self._left_s = max(-OWED_S, min(SAVED_S, left_s))
        self._at, self._cpu_s = now, cpu_s
        debt = max(0.0, -self._left_s / OWED_S)
        return min(LONGEST_S, debt * peers * REST_PER_PEER_S)
