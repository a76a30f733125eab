"""When a room is flushed."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from collab.realtime.spacing import LONGEST_S, OWED_S, REST_PER_PEER_S, SHARE, Spacing

#: What a frame to one peer costs, and an update that comes in; about as measured.
FRAME_S = 0.0000045
UPDATE_S = 0.00005


@dataclass
class Crowd:
    """A room whose people write, and when it was flushed."""

    peers: int
    #: Updates a second, of all of them together.
    rate: float
    flushed: list[float] = field(default_factory=list)

    @property
    def gaps(self) -> list[float]:
        """From each flush to the next, once the beginning is over."""
        late = [at for at in self.flushed if at > 0.5]
        return [after - before for before, after in pairwise(late)]


def cpu_of(*rooms: Crowd, seconds: float = 3, other: float = 0.0) -> float:
    """Let rooms share a process for a while; return the CPU that its loop uses, in cores.

    Args:
        other: what else the loop does, in cores.
    """
    spacing = Spacing()
    spent_s = 0.0
    events = [(1 / room.rate, index, False) for index, room in enumerate(rooms)]
    waiting: set[int] = set()
    heapq.heapify(events)
    measured_from = 0.0
    while events and events[0][0] < seconds:
        at, index, is_flush = heapq.heappop(events)
        room = rooms[index]
        if at < 0.5:
            measured_from = spent_s
        if is_flush:
            waiting.discard(index)
            spent_s += room.peers * FRAME_S
            room.flushed.append(at)
            continue
        spent_s += UPDATE_S
        heapq.heappush(events, (at + 1 / room.rate, index, False))
        if index not in waiting:
            waiting.add(index)
            rest_s = spacing.rest_s(room.peers, now=at, cpu_s=spent_s + at * other)
            last = room.flushed[-1] if room.flushed else 0.0
            heapq.heappush(events, (max(at, last + rest_s), index, True))
    return (spent_s - measured_from) / (seconds - 0.5) + other


@pytest.mark.parametrize(("peers", "rate"), [(2, 20), (50, 250), (100, 500)])
def test_while_the_loop_has_time_nothing_waits(peers: int, rate: float) -> None:
    """Every update is flushed when it comes."""
    room = Crowd(peers, rate)
    assert cpu_of(room) < SHARE
    assert len(room.flushed) == pytest.approx(3 * rate, abs=2)


def test_a_crowd_is_spaced_until_the_loop_needs_no_more_than_its_share() -> None:
    """A core and more, were each of its updates sent at once."""
    room = Crowd(250, 1250)
    assert cpu_of(room) == pytest.approx(SHARE, rel=0.03)
    assert max(room.gaps) < LONGEST_S / 2


def test_several_crowds_keep_to_the_share_together() -> None:
    """One budget for a process."""
    rooms = [Crowd(peers, 5 * peers) for peers in (60, 100, 140)]
    assert cpu_of(*rooms) == pytest.approx(SHARE, rel=0.03)
    assert max(max(room.gaps) for room in rooms) < LONGEST_S / 2


def test_where_the_loop_has_no_time_at_all_rests_are_at_their_longest() -> None:
    """A crowd's updates alone need more than the share: none of them waits for longer, though."""
    room = Crowd(150, 12_000)
    cpu_of(room)
    assert min(room.gaps) == pytest.approx(LONGEST_S, rel=0.01)
    assert max(room.gaps) < LONGEST_S * 1.01


def test_two_people_do_not_wait_for_a_crowd() -> None:
    """A room rests by its size, whoever made the debt."""
    crowd, pair = Crowd(200, 12_000), Crowd(2, 1_000)
    cpu_of(crowd, pair)
    assert max(pair.gaps) < 0.002
    assert max(crowd.gaps) > LONGEST_S * 0.99
    assert max(pair.gaps) < 2 * (REST_PER_PEER_S * 2 + 1 / pair.rate)


def test_the_loops_other_work_counts() -> None:
    """People who join take the CPU too: then the crowd is merged, not they."""
    alone, beside = Crowd(100, 400), Crowd(100, 400)
    cpu_of(alone)
    cpu_of(beside, other=0.3)
    assert len(beside.flushed) < len(alone.flushed) * 0.8


def test_a_burst_after_a_pause_is_sent_at_once_and_a_long_pause_saves_no_more() -> None:
    """After a quiet hour a crowd is merged as soon as after a quiet minute."""

    def free_flushes(quiet_s: float) -> int:
        spacing, at, count = Spacing(), quiet_s, 0
        spacing.rest_s(100, now=0, cpu_s=0)
        while spacing.rest_s(100, now=at, cpu_s=count * 0.0005) == 0:
            at, count = at + 0.0006, count + 1
        return count

    assert free_flushes(60) == free_flushes(3600) > 20


def test_a_debt_is_soon_forgotten() -> None:
    """Whatever the loop has used, in a moment of rest it is even."""
    spacing = Spacing()
    spacing.rest_s(100, now=0, cpu_s=0)
    assert spacing.rest_s(100, now=10, cpu_s=10) == LONGEST_S
    assert spacing.rest_s(100, now=10 + OWED_S / SHARE * 1.01, cpu_s=10) == 0
