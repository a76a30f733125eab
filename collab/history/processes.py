"""Work on large documents in a process of its own: what it is given, and how it is run.

pycrdt holds the interpreter's lock, so that a thread would stop the event loop for as long. A crash
or a loop in the CRDT library costs that process, not this one. See docs/adr/0012.

input := update*        update := length (4 bytes, little endian) • bytes
"""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from collab.crdt.doc import CrdtFailure
from collab.types import Update

#: Applying a state of this size takes about 5 ms; and so do as many updates.
INLINE_BYTES = 256 * 1024
INLINE_UPDATES = 1_000
#: Longer than 1,000,000 edits take.
PATIENCE_S = 120.0


def is_large(updates: Sequence[Update]) -> bool:
    """Return whether to apply ``updates`` takes too long for a process that serves."""
    return len(updates) > INLINE_UPDATES or sum(map(len, updates)) > INLINE_BYTES


def packed(updates: Sequence[Update]) -> bytes:
    """Return what a process is given."""
    return b"".join(struct.pack("<I", len(update)) + update for update in updates)


def unpacked(data: bytes) -> list[Update]:
    """Return the updates that a process was given."""
    updates = []
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        updates.append(Update(data[at + 4 : at + 4 + length]))
        at += 4 + length
    return updates


def answer_of(module: str, updates: Sequence[Update], *, where: Path) -> bytes:
    """Run ``python -m module`` on ``updates``; return what it writes.

    Args:
        module: one of ours.
        updates: its input.
        where: the folder that our modules are found in.

    Raises:
        CrdtFailure: it took longer than ``PATIENCE_S``, or failed.
    """
    try:
        done = subprocess.run(  # noqa: S603  # our own module, no shell
            [sys.executable, "-m", module],
            cwd=where,
            input=packed(updates),
            capture_output=True,
            check=True,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired as late:
        raise CrdtFailure(f"{module} takes too long") from late
    except subprocess.CalledProcessError as broken:
        last = broken.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise CrdtFailure(f"{module} ended with {broken.returncode}: {last}") from broken
    return done.stdout
