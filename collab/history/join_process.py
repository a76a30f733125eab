"""A process of its own that joins updates: ``python -m collab.history.join_process``. No Django.

input  := update*        update := length (4 bytes, little endian) • bytes
output := state
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Sequence

from collab.crdt.doc import state_of
from collab.types import Update


def pack(updates: Sequence[Update]) -> bytes:
    """Return what the process is given."""
    return b"".join(struct.pack("<I", len(update)) + update for update in updates)


def _unpacked(data: bytes) -> Iterator[Update]:
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        yield Update(data[at + 4 : at + 4 + length])
        at += 4 + length


if __name__ == "__main__":
    sys.stdout.buffer.write(state_of(list(_unpacked(sys.stdin.buffer.read()))))
