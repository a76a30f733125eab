"""What of a stored document the CRDT library can read."""

from __future__ import annotations

from collab.crdt.unreadable import sifted
from collab.room.ports import LogRecord, StoredDocument
from collab.types import Update


def readable(stored: StoredDocument) -> tuple[list[Update], list[LogRecord]]:
    """Return updates that can be applied in turn, and the records that lost something in them."""
    taken, lost = sifted(stored.updates)
    before = len(stored.updates) - len(stored.records)
    return taken, [stored.records[place - before] for place in lost if place >= before]
