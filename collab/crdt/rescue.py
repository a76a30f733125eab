"""The law of merging: after each record of a log, the record that saves what it killed unseen.

A pure function of the log: whoever feeds the same records gets the same bytes. What it does and
why, and what no system can know: docs/merging.md.
"""

from __future__ import annotations

from collab.crdt.rescue_act import Act
from collab.crdt.rescue_dump import DumpError, dumped, undumped
from collab.crdt.rescue_ids import FIRST, is_rescuer, rescuer_id
from collab.crdt.rescue_input import RescueInput
from collab.crdt.rescue_items import Delete, Items
from collab.crdt.rescue_pen import Pen
from collab.crdt.rescue_ranges import RangeMap
from collab.crdt.rescue_seen import Witnesses
from collab.crdt.rescue_view import View
from collab.crdt.update import Id
from collab.types import DocumentId, Seq, Update

__all__ = ["FIRST", "DumpError", "RescueInput", "Rescuer", "is_rescuer", "rescuer_id"]

#: The log's kind of a rescue.
KIND = "rescue"


class Rescuer:
    """All that the law must know of a log so far.

    Args:
        document: whose log it is.
    """

    def __init__(self, document: DocumentId) -> None:
        self._document = document
        self._items = Items()
        self._targets = RangeMap()
        self._instead: dict[Id, Id] = {}
        self._witnesses = Witnesses()
        #: The last record that was taken.
        self.seq = Seq(0)

    @classmethod
    def restored(cls, document: DocumentId, dump: bytes) -> Rescuer:
        """Return the rescuer that was dumped.

        Raises:
            DumpError: the bytes are no dump of this version: read the log from its first record.
        """
        rescuer = cls(document)
        (
            seq,
            rescuer._items,
            rescuer._targets,
            rescuer._instead,
            rescuer._witnesses,
        ) = undumped(dump)
        rescuer.seq = Seq(seq)
        return rescuer

    def dump(self) -> bytes:
        """Return all that is known, for ``restored``."""
        return dumped(self.seq, self._items, self._targets, self._instead, self._witnesses)

    def take(self, record: RescueInput) -> Update | None:
        """Take the next record; return the rescue that must follow it, or None.

        The rescue counts as taken: it is not fed again, and where in the log it stands does not
        matter.

        Raises:
            UpdateError: the record is none that the gate has let in.
        """
        self.seq = record.seq
        if record.kind == KIND:
            return None
        fresh, listed = self._items.take(record.update)
        view = View(self._items, self._targets)
        rescuer = rescuer_id(self._document, record.seq, self._items.clock)
        pen = Pen(self._items, rescuer, record.seq)
        maybe: tuple[Delete, ...] = ()
        if record.seen is not None and not record.own:
            listed, maybe = self._witnesses.meant(view, record.seen, record.upto, fresh, listed)
        act = Act(view, pen, record, fresh, listed, maybe, self._instead)
        if record.asked:
            act.run()
        else:
            act.note()
        for client, clock, length in act.again:
            self._witnesses.note_again((client, clock), length, record.seq)
        before = self._targets.get(pen.killed[0][:2]) if pen.killed else None
        self._witnesses.note_killed(pen.killed, rescuer if pen.has_structs else 0, before)
        self._witnesses.note(record.seq, fresh, has_deleted=bool(listed))
        return pen.written()
