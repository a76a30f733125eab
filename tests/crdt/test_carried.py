"""The stories of carried text are in tests/history/test_carried.py."""

from __future__ import annotations

from collab.crdt.carried import Carried, Move


def test_parts_of_a_stretch_say_where_they_were_and_what_they_became() -> None:
    """Before, in and after what was carried; of a client that carried nothing, nothing."""
    carried = Carried([Move((2, 10), (1, 5), 3)])
    assert list(carried.sources((2, 8), 7)) == [(2, None), (3, (1, 5)), (2, None)]
    assert list(carried.sources((2, 11), 1)) == [(1, (1, 6))]
    assert list(carried.targets((1, 0), 8)) == [(5, None), (3, (2, 10))]
    assert list(carried.sources((9, 0), 2)) == [(2, None)]
