"""What a piece of work costs, counted, and how that grows with its input.

Counted are lines that Python runs and calls into C, not seconds: the same input costs the same on
every machine and under every load, so that a test of growth cannot flake. What a single call into C
costs does not show; for regular expressions there is ``tests/patterns.py``.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Any, TypeVar

Input = TypeVar("Input")


def steps_of(work: Callable[[], object]) -> int:
    """Return how many steps ``work`` takes in this thread."""
    steps = 0

    def trace(_frame: FrameType, event: str, _about: Any) -> Any:
        nonlocal steps
        steps += event == "line"
        return trace

    def profile(_frame: FrameType, event: str, _about: Any) -> None:
        nonlocal steps
        steps += event == "c_call"

    # Coverage and debuggers have theirs: given back.
    before = sys.gettrace(), sys.getprofile()
    sys.settrace(trace)
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return steps


def growth_of(
    make: Callable[[int], Input], work: Callable[[Input], object], sizes: Sequence[int]
) -> tuple[float, list[int]]:
    """Return the exponent with which the cost of ``work`` grows, and the costs.

    What is the same for every input is taken away, by looking at differences.
    """
    assert len(sizes) == 3
    assert sizes[1] * sizes[1] == sizes[0] * sizes[2], "each as many times the one before it"
    made = [make(size) for size in sizes]
    work(made[0])  # what is made at the first use: caches, imports
    # The lesser of two: what is done once in a while, and not for this input, falls out.
    costs = [min(steps_of(partial(work, given)) for _ in range(2)) for given in made]
    return exponent_of(costs, sizes), costs


def exponent_of(costs: Sequence[int], sizes: Sequence[int]) -> float:
    """Return the exponent with which costs grow; ``growth_of`` says how."""
    first, second = costs[1] - costs[0], costs[2] - costs[1]
    # Less than a step for each eight more of input: it does not grow.
    if second <= (sizes[2] - sizes[1]) / 8:
        return 0.0
    # Where what is the same for all outweighs it, the whole is compared.
    ratio = second / first if first > costs[0] / 20 else costs[2] / costs[1]
    return math.log(ratio) / math.log(sizes[1] / sizes[0])


#: n log n, from a thousand to two thousand, is an exponent of 1.14; a square is 2.
LINEAR = 1.3


def assert_grows_no_faster(
    make: Callable[[int], Input],
    work: Callable[[Input], object],
    *,
    sizes: Sequence[int] = (1024, 2048, 4096),
    exponent: float = LINEAR,
) -> None:
    """Fail where the cost of ``work`` grows faster than n log n with the size given to ``make``."""
    found, costs = growth_of(make, work, sizes)
    assert found <= exponent, f"grows with the power {found:.2f} of its size: {costs} at {sizes}"
