"""Which parts of two sequences belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from rapidfuzz.distance import LCSseq

T = TypeVar("T")
U = TypeVar("U")
#: A place on the left and one on the right; None: there is none on this side.
Pair = tuple[int | None, int | None]

#: Cells of the table behind a longest common subsequence: 15 ms, in which nobody has the GIL.
MAX_CELLS = 60_000_000
#: Pairs whose likeness is computed; beyond, they are paired in order.
MAX_COMPARED = 20_000


def common(left: Sequence[int], right: Sequence[int]) -> list[tuple[int, int]]:
    """Return the places of a longest common subsequence, or nearly: see MAX_CELLS."""
    shorter = min(len(left), len(right))
    start = 0
    while start < shorter and left[start] == right[start]:
        start += 1
    end = 0
    while end < shorter - start and left[-1 - end] == right[-1 - end]:
        end += 1
    pairs = [(place, place) for place in range(start)]
    inner_left, inner_right = left[start : len(left) - end], right[start : len(right) - end]
    if inner_left and inner_right:
        is_small = len(inner_left) * len(inner_right) <= MAX_CELLS
        inner = (_longest if is_small else _by_unique)(inner_left, inner_right)
        pairs += [(start + one, start + other) for one, other in inner]
    pairs += [(len(left) - n, len(right) - n) for n in range(end, 0, -1)]
    return pairs


def _longest(left: Sequence[int], right: Sequence[int]) -> list[tuple[int, int]]:
    return [
        (step.src_start + n, step.dest_start + n)
        for step in LCSseq.opcodes(left, right)
        if step.tag == "equal"
        for n in range(step.src_end - step.src_start)
    ]


def _by_unique(left: Sequence[int], right: Sequence[int]) -> list[tuple[int, int]]:
    """Hold on to what comes once on either side, and compare what lies between."""
    once = _places_of_single(left)
    also = _places_of_single(right)
    left_once = [number for number in once if number in also]
    right_once = [number for number in also if number in once]
    if not left_once or len(left_once) * len(right_once) > MAX_CELLS:
        return []
    anchors = [
        (once[left_once[one]], also[right_once[other]])
        for one, other in _longest(left_once, right_once)
    ]
    pairs = list(anchors)
    for at_left, at_right, gap_left, gap_right in _gaps(anchors, left, right):
        pairs += [(at_left + one, at_right + other) for one, other in common(gap_left, gap_right)]
    return sorted(pairs)


def _places_of_single(numbers: Sequence[int]) -> dict[int, int]:
    """Return the place of each number that comes once, in order of place."""
    counts = Counter(numbers)
    return {number: place for place, number in enumerate(numbers) if counts[number] == 1}


def aligned(
    left: Sequence[T],
    right: Sequence[T],
    *,
    number: Callable[[T], int],
    is_telling: Callable[[T], bool],
    likeness: Callable[[T, T], float],
) -> Iterator[Pair]:
    """Pair the equal, and between them the alike; in order, each place once.

    Args:
        left: one side.
        right: the other.
        number: the same for what is equal.
        is_telling: False for what is equal by chance, as empty paragraphs are: such are paired
            between those that are not.
        likeness: 0 for what must not be paired; otherwise more for what is more alike.
    """
    left_numbers, right_numbers = [number(each) for each in left], [number(each) for each in right]
    left_told = [place for place, each in enumerate(left) if is_telling(each)]
    right_told = [place for place, each in enumerate(right) if is_telling(each)]
    anchors = [
        (left_told[one], right_told[other])
        for one, other in common(
            [left_numbers[place] for place in left_told],
            [right_numbers[place] for place in right_told],
        )
    ]
    fixed: list[tuple[int, int]] = []
    for at_left, at_right, gap_left, gap_right in _gaps(anchors, left_numbers, right_numbers):
        fixed += [(at_left + one, at_right + other) for one, other in common(gap_left, gap_right)]
    fixed = sorted([*fixed, *anchors])
    places = iter([*fixed, None])
    for at_left, at_right, few, others in _gaps(fixed, left, right):
        for one, other in _alike(few, others, likeness):
            yield (
                None if one is None else at_left + one,
                None if other is None else at_right + other,
            )
        if (pair := next(places)) is not None:
            yield pair


def _gaps(
    pairs: Sequence[tuple[int, int]], left: Sequence[U], right: Sequence[U]
) -> Iterator[tuple[int, int, Sequence[U], Sequence[U]]]:
    """Yield what lies before each pair and after the last: where it begins, and both sides."""
    from_left = from_right = 0
    for to_left, to_right in [*pairs, (len(left), len(right))]:
        yield from_left, from_right, left[from_left:to_left], right[from_right:to_right]
        from_left, from_right = to_left + 1, to_right + 1


def _alike(
    left: Sequence[T], right: Sequence[T], likeness: Callable[[T, T], float]
) -> Iterator[Pair]:
    """Pair so that the sum of likenesses is greatest."""
    if len(left) * len(right) > MAX_COMPARED:
        yield from _in_order(left, right, likeness)
        return
    alike = [[likeness(one, other) for other in right] for one in left]
    # best[i][j]: the sum of left[i:] and right[j:].
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            paired = alike[i][j] + best[i + 1][j + 1] if alike[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    i = j = 0
    while i < len(left) or j < len(right):
        is_inside = i < len(left) and j < len(right)
        if is_inside and alike[i][j] and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            yield i, j
            i, j = i + 1, j + 1
        elif j == len(right) or (i < len(left) and best[i][j] == best[i + 1][j]):
            yield i, None
            i += 1
        else:
            yield None, j
            j += 1


def _in_order(
    left: Sequence[T], right: Sequence[T], likeness: Callable[[T, T], float]
) -> Iterator[Pair]:
    for place in range(max(len(left), len(right))):
        is_inside = place < min(len(left), len(right))
        if is_inside and likeness(left[place], right[place]):
            yield place, place
            continue
        if place < len(left):
            yield place, None
        if place < len(right):
            yield None, place
