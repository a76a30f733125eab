"""What an edit that comes from no room stands on: a document's state, under its gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collab.crdt.doc import CrdtFailure, LiveDoc, state_of
from collab.crdt.gate import Accepted, Gate, GateLimits, Missing, Refused
from collab.crdt.unreadable import decode_readable, without_unreadable
from collab.crdt.update import DecodedUpdate
from collab.history.selectors import current_state, records_after
from collab.types import DocumentId, Seq, Update

if TYPE_CHECKING:
    from collab.documents.models import Document

#: Records read at a time when the log went on since an edit was made.
CATCH_UP = 500


class EditRefused(ValueError):
    """The document cannot take the edit; the sentence is for people. Nothing was changed."""


class EditBroke(EditRefused):
    """The gate let the edit in, and it broke a replica of the document; nothing was changed.

    There should be none: it is to be kept in quarantine.
    """

    def __init__(self, update: Update, after_seq: Seq, error: str) -> None:
        super().__init__("The document cannot take this update: it breaks the document.")
        self.update = update
        self.after_seq = after_seq
        self.error = error


class Ground:
    """A document's committed state under its gate, brought up to date while the log is locked."""

    def __init__(self, document_id: DocumentId, state: Update, seq: Seq) -> None:
        self.document_id = document_id
        self.seq = seq
        self.size_bytes = len(state)
        self._state = [state]
        self.gate = Gate(GateLimits())
        for _ in self.gate.index(state):
            pass

    @property
    def states(self) -> tuple[Update, ...]:
        """The updates that make it what it is."""
        return tuple(self._state)

    @classmethod
    def of(cls, document: Document) -> Ground:
        """Return that of the document as it is now; made in time that grows with it."""
        key = DocumentId(document.pk)
        return cls(key, *current_state(key))

    def check(self, decoded: DecodedUpdate) -> Accepted:
        """Return the gate's leave.

        Raises:
            EditRefused: it gives none.
        """
        verdict = self.gate.check(decoded)
        match verdict:
            case Accepted():
                return verdict
            case Missing(reason):
                raise EditRefused(f"It builds on edits that the document does not have: {reason}.")
            case Refused(reason):
                raise EditRefused(f"The document cannot take this update: {reason}.")

    def try_out(self, update: Update) -> None:
        """Apply the update to a replica, as the room does: it is not in the log yet.

        Raises:
            EditBroke: the replica broke, or what it became cannot be loaded.
        """
        try:
            LiveDoc.load([state_of([*self._state, update])]).close()
        except CrdtFailure as failure:
            raise EditBroke(update, self.seq, str(failure)) from failure

    def catch_up(self) -> bool:
        """Take in what the log has by now; return whether there was anything."""
        began = self.seq
        while records := records_after(self.document_id, self.seq, CATCH_UP):
            for record in records:
                self.gate.admit(self.check(decode_readable(record.update)))
                self.size_bytes += len(record.update)
                self._state.append(without_unreadable(record.update))
            self.seq = records[-1].seq
        return self.seq > began
