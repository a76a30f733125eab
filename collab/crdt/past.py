"""States that keep deleted text: what past moments are made from.

What the CRDT library cannot read in a record is left out (``unreadable.py``).

These are module-level functions of bytes, so that a large document's can run in another process.
"""

from __future__ import annotations

from collections.abc import Sequence

from collab.crdt.doc import LiveDoc
from collab.types import Update


def advance(updates: Sequence[Update]) -> Update:
    """Return one state, deleted text kept, of a state like that and the updates after it.

    Raises:
        CrdtFailure: they cannot be applied.
    """
    return _state(updates, keep_deleted=True)


def current(updates: Sequence[Update]) -> Update:
    """Return one state, without deleted text, of a state and the updates after it.

    Raises:
        CrdtFailure: they cannot be applied.
    """
    return _state(updates, keep_deleted=False)


def _state(updates: Sequence[Update], *, keep_deleted: bool) -> Update:
    document = LiveDoc.load_readable(updates, keep_deleted=keep_deleted)
    try:
        return document.diff()
    finally:
        document.close()
