"""What belongs together, in sequences small and large."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.richtext import alignment
from collab.richtext.alignment import aligned, common

numbers = st.lists(st.integers(0, 5), max_size=12)


def longest(left: list[int], right: list[int]) -> int:
    """The length of a longest common subsequence, as the textbook has it."""
    row = [0] * (len(right) + 1)
    for one in left:
        above = row
        row = [0]
        for at, other in enumerate(right):
            row.append(above[at] + 1 if one == other else max(above[at + 1], row[at]))
    return row[-1]


@given(numbers, numbers)
def test_it_is_common_and_longest(left: list[int], right: list[int]) -> None:
    pairs = common(left, right)
    assert all(left[one] == right[other] for one, other in pairs)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(pairs))
    assert len(pairs) == longest(left, right)


def test_large_ones_hold_on_to_what_is_unique(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound most is found all the same, and never in a wrong order."""
    monkeypatch.setattr(alignment, "MAX_CELLS", 500_000)
    dice = random.Random(1)
    left = [dice.randrange(2000) for _ in range(1000)]
    right = [number if dice.random() < 0.9 else -1 for number in left]
    pairs = common(left, right)
    assert all(left[one] == right[other] for one, other in pairs)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(pairs))
    assert len(pairs) > 0.95 * longest(left, right)


@given(numbers, numbers)
def test_every_place_comes_once_and_in_order(left: list[int], right: list[int]) -> None:
    pairs = list(
        aligned(
            left,
            right,
            number=lambda n: n,
            is_telling=lambda n: n > 1,
            likeness=lambda one, other: float(one % 2 == other % 2),
        )
    )
    assert [one for one, _ in pairs if one is not None] == list(range(len(left)))
    assert [other for _, other in pairs if other is not None] == list(range(len(right)))
    for one, other in pairs:
        if one is not None and other is not None:
            assert left[one] % 2 == right[other] % 2
