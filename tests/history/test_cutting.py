from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.history.cutting import CutRules, Edit, cut

BEGAN = datetime(2026, 1, 2, tzinfo=UTC)
RULES = CutRules(idle_s=60, max_s=600, max_records=5, author_s=30)


def edit(seq: int, at_s: float, author: int = 1, kind: str = "live") -> Edit:
    return Edit(seq, author, kind, BEGAN + timedelta(seconds=at_s), 10, 2, 1)


def spans(*edits: Edit) -> list[tuple[int, int]]:
    return [(each.first_seq, each.seq) for each in cut(None, edits, RULES)]


def test_a_pause_ends_a_revision() -> None:
    """60 seconds without a record, and not before."""
    assert spans(edit(1, 0), edit(2, 59), edit(3, 119)) == [(1, 2), (3, 3)]


def test_length_ends_a_revision() -> None:
    """Neither too many records nor too much time is one step."""
    assert spans(*(edit(n, n) for n in range(1, 8))) == [(1, 5), (6, 7)]
    slow = CutRules(idle_s=1000, max_s=600, max_records=99)
    found = cut(None, [edit(1, 0), edit(2, 599), edit(3, 600)], slow)
    assert [(each.first_seq, each.seq) for each in found] == [(1, 2), (3, 3)]


def test_somebody_new_begins_a_revision_but_not_at_once() -> None:
    """People who begin together share one; who comes later begins the next."""
    assert spans(edit(1, 0, 1), edit(2, 29, 2), edit(3, 31, 1), edit(4, 32, 2)) == [(1, 4)]
    assert spans(edit(1, 0, 1), edit(2, 29, 1), edit(3, 30, 2)) == [(1, 2), (3, 3)]


@pytest.mark.parametrize("kind", ["restore", "import"])
def test_a_restore_and_an_import_stand_alone(kind: str) -> None:
    """Even two in a row."""
    found = spans(edit(1, 0), edit(2, 1, kind=kind), edit(3, 2, kind=kind), edit(4, 3))
    assert found == [(1, 1), (2, 2), (3, 3), (4, 4)]


def test_a_clock_that_goes_back_ends_nothing() -> None:
    """Two servers' clocks differ: the time of a revision never runs backwards."""
    (one,) = cut(None, [edit(1, 100), edit(2, 0)], RULES)
    assert (one.started_at, one.ended_at) == (BEGAN + timedelta(seconds=100),) * 2


edits = st.lists(
    st.tuples(
        st.integers(0, 90), st.integers(1, 3), st.sampled_from(["live"] * 5 + ["api", "restore"])
    ),
    max_size=40,
)


@given(edits, st.integers(0, 40))
def test_cutting_in_parts_is_cutting_at_once(steps: list[tuple[int, int, str]], at: int) -> None:
    """Revisions hold every record once, in order, wherever the chore stopped between."""
    made, now = [], 0
    for seq, (pause, author, kind) in enumerate(steps, start=1):
        now += pause
        made.append(edit(seq, now, author, kind))
    whole = cut(None, made, RULES)
    first = cut(None, made[:at], RULES)
    last = first.pop() if first else None
    rest = cut(last, made[at:], RULES)
    if last is not None and not rest:
        rest = [last]
    assert [*first, *rest] == whole
    assert [seq for each in whole for seq in range(each.first_seq, each.seq + 1)] == [
        each.seq for each in made
    ]
    assert all(a.is_closed for a, _ in pairwise(whole))
    assert sum(each.insertions for each in whole) == 2 * len(made)
