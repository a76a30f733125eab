"""What the law of merging remembers of documents between two looks, in this process. Bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from collab.types import DocumentId

#: Of all documents together; the one that was not asked for longest goes first.
MAX_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a document's records up to ``upto``."""

    dump: bytes = b""
    upto: int = 0
    since: int = 0
    #: How often text had been erased from the log: what is remembered may hold it.
    erasures: int = 0


class Memories:
    """The memories of one process."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[DocumentId, Memory] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """How much is kept."""
        return self._size

    def get(self, document_id: DocumentId, *, erasures: int, since: int, upto: int) -> Memory:
        """Return what is remembered; nothing where that is of another log, or of too much of it."""
        with self._lock:
            found = self._kept.get(document_id)
            if found is None:
                return Memory()
            if found.erasures != erasures or found.since != since or found.upto > upto:
                self._drop(document_id)
                return Memory()
            self._kept.move_to_end(document_id)
            return found

    def keep(self, document_id: DocumentId, memory: Memory) -> None:
        """Remember, and forget others where it would be too much."""
        with self._lock:
            self._drop(document_id)
            self._kept[document_id] = memory
            self._size += len(memory.dump)
            while self._size > self._max_bytes:
                self._drop(next(iter(self._kept)))

    def forget(self, document_id: DocumentId) -> None:
        """Forget a document."""
        with self._lock:
            self._drop(document_id)

    def _drop(self, document_id: DocumentId) -> None:
        found = self._kept.pop(document_id, None)
        if found is not None:
            self._size -= len(found.dump)


#: Of this process.
memories = Memories()
