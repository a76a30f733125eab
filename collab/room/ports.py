"""What a live room needs from the world: the update log. Adapters point down at these names.

The log's methods block; the shell that hosts rooms calls them in a thread of its own. Every
adapter sits the exam in tests/contracts/test_update_log.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from collab.types import ClientId, DocumentId, Seq, StateVector, Update, UserId


@dataclass(frozen=True, slots=True)
class MergeFacts:
    """What the law of merging must know of a record and its bytes do not say: docs/merging.md."""

    #: A word may be lost, doubled or stranded by it: after its commit it is looked into.
    is_asked: bool
    #: What its sender had seen, where the delete set is the sender's whole one (sync step 2).
    seen: StateVector | None = None
    #: What it kills is meant, also what it does not name: whoever made it was shown that.
    is_meant: bool = False
    #: The last record that its author's page had seen; None: it does not say.
    upto: Seq | None = None
    #: Whether it is an undo or a redo; None: its author's page does not say.
    is_undo: bool | None = None


# Not frozen: made for every keystroke.
@dataclass(slots=True)
class PendingUpdate:
    """An accepted update that the log does not have yet."""

    document_id: DocumentId
    update: Update
    author_id: UserId | None
    client_ids: tuple[ClientId, ...]
    is_relayed: bool
    #: Client ids that belong to the author from this record on.
    binds: tuple[ClientId, ...]
    created_at: datetime
    kind: str = "live"
    #: Client ids that belong to others from this record on: of a draft that is merged.
    owners: Mapping[ClientId, UserId] = field(default_factory=dict)
    #: None for nearly all: nothing was deleted that somebody may have written in.
    facts: MergeFacts | None = None


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record of a document's log."""

    document_id: DocumentId
    seq: Seq
    update: Update
    author_id: UserId | None
    client_ids: tuple[ClientId, ...]
    is_relayed: bool
    kind: str
    created_at: datetime
    #: Of a relayed record: whose its client ids are, where that is known.
    owners: Mapping[ClientId, UserId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """All that a room is built from: state = checkpoint, then the records after it."""

    checkpoint: Update | None
    checkpoint_seq: Seq
    records: tuple[LogRecord, ...]
    bindings: Mapping[ClientId, UserId] = field(default_factory=dict)
    #: How many times text was erased from the history: devices that have seen fewer hold it still.
    erasures: int = 0

    @property
    def seq(self) -> Seq:
        """Number of the last record that is in here."""
        return self.records[-1].seq if self.records else self.checkpoint_seq

    @property
    def updates(self) -> list[Update]:
        """The checkpoint and the updates after it, in order."""
        first = [self.checkpoint] if self.checkpoint is not None else []
        return [*first, *(record.update for record in self.records)]


class UpdateLog(Protocol):
    """Append-only, gapless, durable once ``append`` returns."""

    def append(self, batch: Sequence[PendingUpdate]) -> list[Seq | None]:
        """Commit ``batch`` in one transaction.

        Returns:
            For each update its number; None where its document no longer exists.
        """
        ...

    def load(self, document_id: DocumentId) -> StoredDocument | None:
        """Return the document as stored, or None where there is no such document."""
        ...

    def load_many(self, document_ids: Collection[DocumentId]) -> dict[DocumentId, StoredDocument]:
        """Return documents as stored; unknown ones are left out."""
        ...

    def read_after(self, document_id: DocumentId, seq: Seq, limit: int) -> list[LogRecord]:
        """Return up to ``limit`` records after ``seq``, in order."""
        ...

    def heads(self, document_ids: Collection[DocumentId]) -> dict[DocumentId, Seq]:
        """Return the number of the last record of each document; unknown ones are left out."""
        ...

    def checkpoint(self, document_id: DocumentId) -> Seq:
        """Store the state as of the last record, so that loads are quick; return its number."""
        ...
