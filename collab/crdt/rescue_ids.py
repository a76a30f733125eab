"""The client ids under which the server writes back what a merge would lose."""

from __future__ import annotations

from hashlib import blake2b

from collab.types import ClientId, DocumentId, Seq

#: Yjs draws client ids of 32 bits. Ids of rescues are larger, and exact in JavaScript: no person's
#: ``Y.Doc`` has one, and the gate can refuse them from people.
FIRST = 2**52


def rescuer_id(document: DocumentId, seq: Seq) -> ClientId:
    """Return the client that writes the rescue of one record.

    A draft holds the elements of its origin under their ids, and both logs count from one: so the
    document is part of it. Two of a million rescues meet with a probability of 1 in 9,000.
    """
    named = blake2b(document.bytes + seq.to_bytes(8, "big"), digest_size=8, person=b"rescue")
    return ClientId(FIRST | (int.from_bytes(named.digest(), "big") % FIRST))


def is_rescuer(client: int) -> bool:
    """Return whether a client id is one of the server's own, for rescues."""
    return client >= FIRST
