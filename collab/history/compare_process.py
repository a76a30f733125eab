"""A process of its own that compares a state with what updates make. No Django.

``python -m collab.history.compare_process``

input  := state • update*        (processes.py)
output := "same" | "different"
"""

from __future__ import annotations

import sys

from collab.crdt.doc import LiveDoc
from collab.history.processes import unpacked
from collab.types import Update

SAME, DIFFERENT = b"same", b"different"


def compared(state: Update, updates: list[Update]) -> bytes:
    """Return whether ``updates`` make what ``state`` is.

    Raises:
        CrdtFailure: they cannot be applied.
    """
    one, other = LiveDoc.load([state]), LiveDoc.load_readable(updates)
    try:
        return SAME if one.is_same_as(other) else DIFFERENT
    finally:
        one.close()
        other.close()


if __name__ == "__main__":
    first, *others = unpacked(sys.stdin.buffer.read())
    sys.stdout.buffer.write(compared(first, others))
