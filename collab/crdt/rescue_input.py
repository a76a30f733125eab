"""What the law of merging is told of a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from collab.types import Seq, Update


@dataclass(frozen=True, slots=True)
class RescueInput:
    """A record of the log."""

    seq: Seq
    update: Update
    #: Whether a rescue of it is in the log, or is to be. Not: of a record from before the law, or
    #: one whose text was erased; what it carried is noted, and nothing is written.
    asked: bool = True
    #: The log's kind. One of kind "rescue" is skipped: what it holds was taken with its cause.
    kind: str = "live"
    #: The sender's state vector, where the update has all that its replica ever saw deleted, as an
    #: answer to sync step 1 does; None: it has what this edit deleted.
    seen: Mapping[int, int] | None = None
    #: The sender's program vouches that all that it lists was deleted by this person.
    own: bool = False
    #: The last record that the sender had seen; None: not said.
    upto: Seq | None = None
    #: Whether the edit is an undo or a redo; None: not said.
    undo: bool | None = None
