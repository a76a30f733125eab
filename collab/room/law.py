"""What the room asks of the law of merging when it lets an update in. See docs/merging.md."""

from __future__ import annotations

from collab.crdt.gate import Accepted, Gate
from collab.crdt.rescue_concern import concern
from collab.crdt.rescue_ids import is_rescuer
from collab.crdt.update import DecodedUpdate, decode_state_vector, encode_state_vector
from collab.room.ports import MergeFacts
from collab.types import ClientId, StateVector


def without_rescues(claimed: tuple[ClientId, ...], gate: Gate) -> tuple[ClientId, ...]:
    """Return the ids that may become somebody's: not those that rescues may stand under.

    A rescue's id is small, and nobody's. Whoever writes behind one harms nothing, since no more is
    to come under it; but what stands there must not become theirs. A page that has drawn a small id
    and is the first to write under it has it as any other.
    """
    return tuple(
        client for client in claimed if not (is_rescuer(client) and gate.structs.clock(client))
    )


def is_of_concern(decoded: DecodedUpdate, verdict: Accepted, gate: Gate) -> bool:
    """Return whether a live update, or a record, may lose, double or strand a word."""
    return concern(decoded, verdict, gate.structs)


def facts_of(
    decoded: DecodedUpdate,
    verdict: Accepted,
    gate: Gate,
    *,
    is_answer: bool = False,
    seen: StateVector | None = None,
) -> MergeFacts | None:
    """Return what the log is to keep of an update for the law; None for nearly all.

    Args:
        decoded: the update.
        verdict: the gate's, which has not admitted it yet.
        gate: of the document.
        is_answer: whether it answers our sync step 1. Its delete set is then all that the sender's
            replica ever saw deleted, by whomever.
        seen: the state vector of that replica, where it is known.
    """
    index = gate.structs
    if not is_answer or not decoded.deletes:
        return MergeFacts(is_asked=True) if concern(decoded, verdict, index) else None
    if verdict.brings_nothing:
        # All that it tells of is dead. Whether by its sender's hand, nothing here can tell; a
        # record of all deletes for everybody who comes back would cost more than it could save.
        return None
    # One that never said what it has seen has seen all: no death that it tells of is its doing.
    vector = encode_state_vector(index.clocks) if seen is None else seen
    is_asked = concern(decoded, verdict, index, seen=decode_state_vector(vector))
    is_whole = any(index.has_deleted(*each) for each in decoded.deletes)
    return MergeFacts(is_asked, vector if is_whole else None) if is_asked or is_whole else None
