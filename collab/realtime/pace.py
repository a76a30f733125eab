"""When the next commit may begin: at once where there is CPU for it, grouped where there is not.

A commit costs about the same for one update as for five, so what is saved by waiting is CPU, and
what is lost is the time until an edit is durable, acknowledged and shown by other processes.
Commits get a share of a core, saved up for bursts: while they need less, none waits.
"""

from __future__ import annotations

#: Of a core. With 1 ms a commit on SQLite that is a hundred commits a second without waiting.
SHARE = 0.1
#: What is saved up at most, in seconds of CPU: about twenty commits in a row after a pause.
SAVED_S = 0.02


class Pace:
    """The budget of one process's commits. Times are seconds of a clock that never goes back.

    Args:
        longest_s: from the begin of a commit to that of the next at most, whatever they cost.
        share: of a core that commits may use.
    """

    def __init__(self, longest_s: float, *, share: float = SHARE, saved_s: float = SAVED_S) -> None:
        self._longest_s = longest_s
        self._share = share
        self._saved_s = saved_s
        self._left_s = saved_s
        self._at: float | None = None

    def wait_s(self, *, began: float, ended: float, cost_s: float) -> float:
        """Return how long to rest after a commit.

        Args:
            began: when it began.
            ended: when it was done, now.
            cost_s: the CPU that it took.
        """
        earned_s = 0.0 if self._at is None else (ended - self._at) * self._share
        self._at = ended
        left_s = min(self._saved_s, self._left_s + earned_s) - cost_s
        # Commits that need more than their share come at the longest interval, and owe no more.
        self._left_s = max(left_s, -self._share * self._longest_s)
        due = ended + max(0.0, -self._left_s / self._share)
        return max(0.0, min(due, began + self._longest_s) - ended)
