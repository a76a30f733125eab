"""The client ids under which the server writes back what a merge would lose."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from collab.types import ClientId, DocumentId, Seq

#: Small ones: of two that write at one place, Yjs puts the smaller id to the left. Whoever types on
#: while his words are rescued has them in their order. One page of 4,000 draws such an id itself.
FIRST, LAST = 2**16, 2**20


def rescuer_id(
    document: DocumentId, seq: Seq, is_taken: Callable[[int], object] = lambda _: False
) -> ClientId:
    """Return the client that writes the rescue of one record.

    A draft holds the elements of its origin under their ids, and both logs count from one: so the
    document is part of it.

    Args:
        document: whose log it is.
        seq: the record.
        is_taken: whether anything in the document stands under an id: then the next is tried.
    """
    tried = 0
    while True:
        named = document.bytes + seq.to_bytes(8, "big") + tried.to_bytes(4, "big")
        digest = blake2b(named, digest_size=8, person=b"rescue").digest()
        client = ClientId(FIRST + int.from_bytes(digest, "big") % (LAST - FIRST))
        if not is_taken(client):
            return client
        tried += 1


def is_rescuer(client: int) -> bool:
    """Return whether a client id is, or could be, one of the server's own for rescues."""
    return FIRST <= client < LAST
