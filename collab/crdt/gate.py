"""The gate: decides whether an update may touch the CRDT. See docs/adr/0007.

Well-formed updates of 11 to 60 bytes make yrs panic, loop for ever, crash or half-apply. The gate
keeps an index of the structs that the document has and checks each update against it: clocks,
origins, parents, kinds of content, depth, halves of surrogate pairs. Nothing reaches pycrdt that it
has not admitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from collab.crdt.index import Run, StructIndex
from collab.crdt.placement import SLICE, GateLimits, MissingDependency, Placement, typed
from collab.crdt.update import (
    DecodedUpdate,
    Struct,
    UpdateError,
    iter_structs,
    read_deletes,
)
from collab.lib0 import EncodingError, Reader
from collab.types import ClientId, Update

__all__ = ["Accepted", "Gate", "GateLimits", "Missing", "Refused", "Verdict"]


# Not frozen: made for every keystroke.
@dataclass(slots=True)
class Accepted:
    """The update may be applied."""

    #: The clients whose new structs it brings.
    writers: frozenset[ClientId]
    #: True: the document has all of it.
    brings_nothing: bool
    runs: dict[int, list[Run]] = field(repr=False)
    roots: dict[str, str] = field(repr=False)
    deletes: tuple[tuple[int, int, int], ...] = field(repr=False)
    #: Where the index stood for each writer when it was checked.
    bases: dict[int, int] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """It depends on what the document has not seen."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It must not be applied."""

    reason: str


Verdict = Accepted | Missing | Refused


class Gate:
    """The index of one document, and the checks against it."""

    def __init__(self, limits: GateLimits) -> None:
        self._limits = limits
        self._index = StructIndex()
        self.is_ready = False

    @property
    def clocks(self) -> dict[int, int]:
        """The next clock of each client: equal to the document's state vector."""
        return self._index.clocks

    @property
    def structs(self) -> StructIndex:
        """What the document consists of."""
        return self._index

    @property
    def run_count(self) -> int:
        """The number of runs in the index: what it costs."""
        return self._index.run_count

    def index(self, state: Update) -> Iterator[None]:
        """Build the index from the document's whole state, in slices; ready when exhausted.

        Raises:
            UpdateError: the state is not one that the gate would have admitted.
        """
        yield from self.build(state)
        self.is_ready = True

    def build(self, state: Update) -> Iterator[None]:
        """Build the index; it is not ready before who may use it says so.

        Raises:
            UpdateError: the state is not one that the gate would have admitted.
        """
        reader = Reader(state)
        structs: list[Struct] = []
        try:
            for struct in iter_structs(reader):
                structs.append(struct)
                if len(structs) % SLICE == 0:
                    yield
            deletes = read_deletes(reader)
            reader.finish()
        except EncodingError as error:
            raise UpdateError(f"malformed state: {error}") from error
        placement = Placement(self._index, self._limits, structs)
        try:
            yield from placement.resolve()
        except MissingDependency as missing:
            raise UpdateError(f"state with a hole: {missing}") from missing
        self._index.add(placement.runs, placement.roots, deletes)

    def check(self, decoded: DecodedUpdate) -> Verdict:
        """Return whether the update may be applied; changes nothing."""
        if len(decoded.structs) == 1 and not decoded.deletes:
            run = typed(self._index, self._limits, decoded.structs[0])
            if run is not None:
                client = decoded.structs[0].client
                return Accepted(frozenset((ClientId(client),)), False, {client: [run]}, {}, ())
        placement = Placement(self._index, self._limits, decoded.structs)
        try:
            for _ in placement.resolve():
                pass
            placement.check_deletes(decoded.deletes)
        except MissingDependency as missing:
            return Missing(str(missing))
        except UpdateError as error:
            return Refused(str(error))
        writers = frozenset(ClientId(client) for client in placement.runs)
        nothing = not writers and all(self._index.is_deleted(*each) for each in decoded.deletes)
        bases = {client: self._index.clock(client) for client in placement.runs}
        return Accepted(writers, nothing, placement.runs, placement.roots, decoded.deletes, bases)

    def still_holds(self, verdict: Verdict) -> bool:
        """Return whether an answer of ``check`` is good after what was admitted since."""
        if not isinstance(verdict, Accepted):
            return isinstance(verdict, Refused)
        return all(self._index.clock(c) == base for c, base in verdict.bases.items()) and all(
            (known := self._index.root(name)) is None or known == kind
            for name, kind in verdict.roots.items()
        )

    def has(self, decoded: DecodedUpdate) -> bool:
        """Return whether the document has all of the update already."""
        return all(
            each.clock + each.length <= self._index.clock(each.client) for each in decoded.structs
        ) and all(self._index.is_deleted(*each) for each in decoded.deletes)

    def admit(self, accepted: Accepted) -> None:
        """Add an accepted update to the index, before anything else is checked."""
        self._index.add(accepted.runs, accepted.roots, accepted.deletes)
