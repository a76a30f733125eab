"""A process of its own that joins updates: ``python -m collab.history.join_process``. No Django.

input  := update*        (processes.py)
output := state
"""

from __future__ import annotations

import sys

from collab.crdt.doc import state_of
from collab.history.processes import unpacked

if __name__ == "__main__":
    sys.stdout.buffer.write(state_of(unpacked(sys.stdin.buffer.read())))
