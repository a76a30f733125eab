"""When the next commit may begin."""

from __future__ import annotations

from itertools import pairwise

import pytest

from collab.realtime.pace import Pace

LONGEST_S = 0.04


def begins(*, every_s: float, cost_s: float, took_s: float, seconds: float = 20) -> list[float]:
    """Return when commits begin while an update comes every so often."""
    pace = Pace(LONGEST_S)
    found: list[float] = []
    free = due = 0.0
    while due < seconds:
        began = max(free, due)
        found.append(began)
        ended = began + took_s
        free = ended + pace.wait_s(began=began, ended=ended, cost_s=cost_s)
        # All that came meanwhile is in the next one; it begins with the first that comes after it.
        due += every_s * max(1, int((began - due) / every_s) + 1)
    return found


@pytest.mark.parametrize("every_s", [0.1, 0.02, 0.0125])
def test_what_needs_less_than_its_share_never_waits(every_s: float) -> None:
    """A few people who write: each update is committed when it comes."""
    waits = [(at / every_s) % 1 for at in begins(every_s=every_s, cost_s=0.001, took_s=0.0015)]
    assert all(min(wait, 1 - wait) < 1e-6 for wait in waits)


@pytest.mark.parametrize(("cost_s", "took_s"), [(0.001, 0.0015), (0.003, 0.004)])
def test_a_crowd_gets_its_share_of_a_core(cost_s: float, took_s: float) -> None:
    """Commits as often as the share pays for; before it is used up, some at once."""
    found = begins(every_s=0.0005, cost_s=cost_s, took_s=took_s)
    assert len(found) * cost_s / 20 == pytest.approx(0.1, rel=0.05)
    gaps = [after - before for before, after in pairwise(found)]
    assert max(gaps) < LONGEST_S + 0.001
    assert gaps[0] < 0.005


def test_none_waits_longer_than_the_longest() -> None:
    """Commits that cost more than their share come at the longest interval, and leave no debt."""
    found = begins(every_s=0.0005, cost_s=0.03, took_s=0.035)
    gaps = [after - before for before, after in pairwise(found)]
    assert max(gaps) < LONGEST_S + 0.001
    pace = Pace(LONGEST_S)
    for turn in range(100):
        pace.wait_s(began=turn, ended=turn + 0.01, cost_s=5.0)
    # A quiet second later a cheap one is followed at once.
    assert pace.wait_s(began=101.0, ended=101.001, cost_s=0.001) == 0


def test_a_longest_of_nothing_is_no_waiting() -> None:
    pace = Pace(0)
    waits = [pace.wait_s(began=at, ended=at + 0.001, cost_s=1.0) for at in range(50)]
    assert set(waits) == {0.0}


def test_a_pause_is_not_saved_up_for_ever() -> None:
    """After a quiet hour a crowd is grouped as soon as after a quiet minute."""

    def free_commits(quiet_s: float) -> int:
        pace, at, count = Pace(LONGEST_S), quiet_s, 0
        pace.wait_s(began=0, ended=0, cost_s=0)
        while pace.wait_s(began=at, ended=at + 0.001, cost_s=0.001) == 0:
            at, count = at + 0.001, count + 1
        return count

    assert free_commits(60) == free_commits(3600) > 10
