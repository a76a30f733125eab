"""A document's state in memory, on pycrdt.

Whatever pycrdt raises becomes ``CrdtFailure``. After one the document cannot be trusted and must be
thrown away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from pycrdt import Doc, TransactionEvent

from collab.crdt.containment import CrdtFailure, contained
from collab.crdt.index import BODY
from collab.crdt.merge import gathered
from collab.crdt.reader import read_document
from collab.crdt.roots import read_roots
from collab.crdt.unreadable import sifted
from collab.crdt.update import decode_state_vector, decode_update
from collab.richtext.tree import Json
from collab.types import StateVector, Update

__all__ = ["CrdtFailure", "LiveDoc", "contained", "state_of"]


class LiveDoc:
    """A Yjs document without a name of its own in the room."""

    def __init__(self, *, keep_deleted: bool = False) -> None:
        self._doc: Doc[Any] = Doc(skip_gc=keep_deleted)
        self._emitted: Update | None = None
        self._state: Update | None = None
        self._subscription = self._doc.observe(self._on_transaction)

    @classmethod
    def load(cls, updates: Iterable[Update], *, keep_deleted: bool = False) -> LiveDoc:
        """Return the document that ``updates`` make.

        A few at once, in turn: one by one they take the square of a long text, and so does one
        transaction over all.
        """
        document = cls(keep_deleted=keep_deleted)
        try:
            for update in gathered(updates):
                document.apply([update])
        except CrdtFailure:
            document.close()
            raise
        return document

    @classmethod
    def load_readable(cls, updates: Sequence[Update], *, keep_deleted: bool = False) -> LiveDoc:
        """Return the document that ``updates`` make, without what cannot be read in them.

        Raises:
            CrdtFailure: none of it can be loaded.
        """
        try:
            return cls.load(updates, keep_deleted=keep_deleted)
        except CrdtFailure:
            return cls.load(sifted(updates)[0], keep_deleted=keep_deleted)

    def apply_in_steps(self, updates: Iterable[Update]) -> Iterator[None]:
        """Apply ``updates`` in one transaction; after each of them the caller may do other work.

        Nothing else may be done with the document until the last one. In a transaction for each,
        blocks would be joined after one and taken apart again by the next (docs/adr/0012).

        Raises:
            CrdtFailure: the document must be thrown away.
        """
        # What they bring is nobody's news: to encode it would take as long as to apply it.
        self._doc.unobserve(self._subscription)
        transaction = self._doc.transaction()
        contained(transaction.__enter__)
        try:
            for update in updates:
                contained(partial(self._doc.apply_update, update))
                yield
        finally:
            contained(partial(transaction.__exit__, None, None, None))
            self._subscription = self._doc.observe(self._on_transaction)
        self._state = None

    def _on_transaction(self, event: TransactionEvent) -> None:
        self._emitted = Update(event.update)

    def apply(self, updates: Sequence[Update]) -> Update | None:
        """Apply ``updates`` in one transaction; return what they brought, None when nothing.

        Raises:
            CrdtFailure: the document must be thrown away.
        """
        self._emitted = None
        contained(lambda: self._apply(updates))
        if self._emitted is not None:
            self._state = None
        return self._emitted

    def _apply(self, updates: Sequence[Update]) -> None:
        if len(updates) == 1:
            self._doc.apply_update(updates[0])
            return
        with self._doc.transaction():
            for update in updates:
                self._doc.apply_update(update)

    def state_vector(self) -> StateVector:
        """Return what the document has seen."""
        return StateVector(contained(self._doc.get_state))

    def diff(self, since: StateVector | None = None) -> Update:
        """Return what a replica at ``since`` lacks; the whole state (cached) where None."""
        if since is not None:
            return Update(contained(lambda: self._doc.get_update(since)))
        if self._state is None:
            self._state = Update(contained(self._doc.get_update))
        return self._state

    def delete_set(self) -> tuple[tuple[int, int, int], ...]:
        """Return what is deleted, as (client, clock, length)."""
        return decode_update(self.diff(self.state_vector())).deletes

    def is_same_as(self, other: LiveDoc) -> bool:
        """Return whether both have seen the same and everybody reads the same in both.

        The bytes of a state tell less: they differ by what was collected when. So does pycrdt's own
        text of a tree, in which attributes stand in any order.
        """
        seen = [decode_state_vector(each.state_vector()) for each in (self, other)]
        return (
            seen[0] == seen[1]
            and read_document(self.diff()) == read_document(other.diff())
            and self._other_roots() == other._other_roots()
        )

    def _other_roots(self) -> dict[str, Json]:
        # Few documents have any, and to read them takes longer than the body.
        names: Iterable[str] = contained(self._doc.keys)
        return read_roots(self.diff()) if any(name != BODY for name in names) else {}

    def close(self) -> None:
        """Let the memory go: an observed document is never freed."""
        self._doc.unobserve(self._subscription)


def state_of(updates: Sequence[Update]) -> Update:
    """Return one state that brings what all of ``updates`` bring, without deleted text.

    Raises:
        CrdtFailure: they cannot be applied.
    """
    document = LiveDoc.load(updates)
    try:
        return document.diff()
    finally:
        document.close()
