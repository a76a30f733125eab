"""Records that the CRDT library cannot read, in a log that has them all the same.

The gate lets none in. One that an older version let in, or that came past the gate, must not keep a
whole document from being opened. What cannot be read in it is taken for deleted, so that everything
else in it, and all that leans on it, is there; where even that cannot be read, it is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from pycrdt import Doc

from collab.crdt.containment import CrdtFailure, contained
from collab.crdt.contents import read_contents
from collab.crdt.origins import Ranges
from collab.crdt.scrub import scrub
from collab.crdt.update import DecodedUpdate, UpdateError, decode_update
from collab.lib0 import EncodingError
from collab.types import Update

#: No structs, no deletes.
NOTHING = Update(b"\x00\x00")


def sifted(updates: Sequence[Update]) -> tuple[list[Update], list[int]]:
    """Return updates that can be applied in turn, and the places of those that lost something.

    Takes as long as to apply them; where one fails, as long again.
    """
    taken: list[Update] = []
    lost: list[int] = []
    replica = _replica(taken)
    for place, update in enumerate(updates):
        for attempt in (update, without_unreadable(update), NOTHING):
            try:
                contained(partial(replica.apply_update, attempt))
            except CrdtFailure:
                # It may have been applied in part.
                replica = _replica(taken)
                continue
            taken.append(attempt)
            if attempt is not update:
                lost.append(place)
            break
    return taken, lost


def _replica(updates: Sequence[Update]) -> Doc[Any]:
    replica: Doc[Any] = Doc()
    for update in updates:
        contained(partial(replica.apply_update, update))
    return replica


def decode_readable(update: Update) -> DecodedUpdate:
    """Take ``update`` apart, or what can be read of it."""
    try:
        return decode_update(update)
    except UpdateError:
        pass
    try:
        return decode_update(without_unreadable(update))
    except UpdateError:
        return DecodedUpdate((), ())


def without_unreadable(update: Update) -> Update:
    """Return ``update`` with deleted elements for those whose values cannot be read.

    One that can be read comes back as it is; one of which nothing can be, as nothing.
    """
    try:
        decode_update(update)
    except UpdateError:
        pass
    else:
        return update
    try:
        contents, _deletes = read_contents(update)
        lost = [(c.client, c.clock, c.length, 0) for c in contents if c.is_unreadable]
        return scrub(update, Ranges(lost)) or update
    except (EncodingError, UpdateError):
        return NOTHING
