"""What the room asks of the law of merging when it lets an update in. See docs/merging.md."""

from __future__ import annotations

import json
from collections.abc import Iterable

from collab.crdt.gate import Accepted, Gate
from collab.crdt.index import StructIndex
from collab.crdt.rescue_concern import concern
from collab.crdt.rescue_ids import is_rescuer
from collab.crdt.update import (
    ANY,
    EMBED,
    FORMAT,
    STRING,
    TYPE,
    DecodedUpdate,
    decode_state_vector,
    encode_state_vector,
)
from collab.protocol.messages import Event
from collab.room.ports import MergeFacts
from collab.types import ClientId, Seq, StateVector

#: Of a rescue that carries more, pages are told nothing: their undo leaves its words.
MAX_RESCUED_RANGES = 500

#: What typing brings.
_TYPED = frozenset({STRING, FORMAT, EMBED, ANY})
#: An update that lists this part of all that is dead, and of so many ranges, is a whole delete set.
NEARLY_ALL = 0.9
MANY_DEATHS = 12


def without_rescues(claimed: tuple[ClientId, ...], gate: Gate) -> tuple[ClientId, ...]:
    """Return the ids that may become somebody's: not those that rescues may stand under.

    A rescue's id is small, and nobody's. Whoever writes behind one harms nothing, since no more is
    to come under it; but what stands there must not become theirs. A page that has drawn a small id
    and is the first to write under it has it as any other.
    """
    return tuple(
        client for client in claimed if not (is_rescuer(client) and gate.structs.clock(client))
    )


def _is_hearsay(verdict: Accepted, index: StructIndex) -> bool:
    """Return whether an update lists as deleted what its sender has only heard of.

    ``encodeStateAsUpdate(doc, vector)`` lists all that a replica ever saw deleted, whatever the
    vector. Some programs send that for each edit. Their update types into what lives and lists
    nothing but what is dead, or lists nearly all that is dead. Who deletes what another deletes at
    the same time does neither, but in a document in which hardly anything was deleted.
    """
    if not any(index.has_deleted(*each) for each in verdict.deletes):
        return False
    fresh = [run for runs in verdict.runs.values() for run in runs]
    types_only = all(run.ref in _TYPED and run.parent not in index.dead for run in fresh)
    if fresh and types_only and all(index.is_deleted(*each) for each in verdict.deletes):
        return True
    listed, dead = index.dead_ranges(verdict.deletes)
    return dead >= MANY_DEATHS and listed >= dead * NEARLY_ALL


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
    upto: Seq | None = None,
    is_undo: bool | None = None,
    carrying: Carrying | None = None,
) -> MergeFacts | None:
    """Return what the log is to keep of an update for the law; None for nearly all.

    Args:
        decoded: the update.
        verdict: the gate's, which has not admitted it yet.
        gate: of the document.
        is_answer: whether it answers our sync step 1. Its delete set is then all that the sender's
            replica ever saw deleted, by whomever.
        seen: the state vector of that replica, where it is known.
        upto: the last record that the sender's page has seen; None: not said.
        is_undo: whether it is an undo or a redo; None: not said.
        carrying: what was carried last; None: what the page has seen does not matter.
    """
    index = gate.structs
    is_unaware = (
        upto is not None
        and not verdict.brings_nothing
        and carrying is not None
        and not carrying.is_known_to(upto)
        and _ends_a_line(decoded, index)
    )
    if not is_answer and upto is None and _is_hearsay(verdict, index):
        # As an answer of one that has seen all: what its sender had seen when it came, says nothing
        # of what it has seen since.
        is_answer, seen = True, None
    if not is_answer or not decoded.deletes:
        # That an edit is no undo is known to the law from its note, so there has to be one.
        is_asked = is_unaware or concern(decoded, verdict, index, undo=is_undo or None)
        return MergeFacts(is_asked=True, upto=upto, is_undo=is_undo) if is_asked else None
    if verdict.brings_nothing:
        # All that it tells of is dead. Whether by its sender's hand, nothing here can tell; a
        # record of all deletes for everybody who comes back would cost more than it could save.
        # A page of ours sends what its person has deleted before it, as an update like others.
        return None
    # One that never said what it has seen has seen all: no death that it tells of is its doing.
    vector = encode_state_vector(index.clocks) if seen is None else seen
    is_asked = is_unaware or concern(decoded, verdict, index, seen=decode_state_vector(vector))
    is_whole = any(index.has_deleted(*each) for each in decoded.deletes)
    if not is_asked and not is_whole:
        return None
    return MergeFacts(is_asked, vector if is_whole else None, upto=upto, is_undo=is_undo)


def carries(decoded: DecodedUpdate) -> bool:
    """Return whether a record may have carried words into a block that it has made.

    Who types where they stood, and had not seen it, sends what one who had seen it sends.
    """
    refs = {struct.ref for struct in decoded.structs} if decoded.deletes else set()
    return TYPE in refs and STRING in refs


class Carrying:
    """The last record that may have carried words, so that pages are told when they have seen it.

    Args:
        seq: the last record of the log when the room was made: of those before, nothing is known.
    """

    def __init__(self, seq: Seq) -> None:
        self._last = seq
        self._told = seq
        #: Those that have no number yet: in no append, and by append.
        self._waiting = 0
        self._tickets: set[int] = set()

    def admit(self, *, is_carrying: bool) -> None:
        """Note an update that was let in."""
        self._waiting += is_carrying

    def ticket(self, ticket: int, count: int) -> None:
        """Note that of these updates so many are in one append now."""
        if count:
            self._waiting -= count
            self._tickets.add(ticket)

    def committed(self, tickets: Iterable[int], seqs: Iterable[Seq]) -> None:
        """Note the numbers of appends."""
        if self._tickets:
            for ticket, seq in zip(tickets, seqs, strict=True):
                if ticket in self._tickets:
                    self._tickets.discard(ticket)
                    self.note(seq)

    def note(self, seq: Seq) -> None:
        """Note a record that may have carried something."""
        self._last = max(self._last, seq)

    def is_to_be_told(self, seq: Seq) -> bool:
        """Return, once, whether pages have to hear that they have the log up to ``seq``."""
        if not self._told < self._last <= seq:
            return False
        self._told = seq
        return True

    def is_known_to(self, upto: Seq) -> bool:
        """Return whether a page that has the log up to ``upto`` has seen all that was carried."""
        return not self._waiting and not self._tickets and self._last <= upto


def rescued_event(decoded: DecodedUpdate) -> Event | None:
    """Return what pages are told of a rescue, so that an undo takes its words as their writer's.

    Which words stood where is lost when a rescue is merged with other updates on its way.
    """
    clients = {struct.client for struct in decoded.structs}
    if len(clients) != 1 or not 0 < len(decoded.deletes) <= MAX_RESCUED_RANGES:
        return None
    (client,) = clients
    if not is_rescuer(client):
        return None
    ranges = [list(each) for each in decoded.deletes]
    return Event(json.dumps({"type": "rescued", "client": client, "ranges": ranges}))


def _ends_a_line(decoded: DecodedUpdate, index: StructIndex) -> bool:
    """Return whether letters were written behind dead ones, at the end of a text."""
    for struct in decoded.structs:
        if struct.ref != STRING or struct.origin is None or not index.is_deleted(*struct.origin, 1):
            continue
        right = None if struct.right_origin is None else index.find(struct.right_origin)
        if right is None or right.ref == FORMAT:
            return True
    return False
