"""The gate: decides whether an update may touch the CRDT. See docs/adr/0007.

Well-formed updates of 11 to 60 bytes make yrs panic, loop for ever, crash or half-apply
(research/pycrdt.md section 3). The gate keeps an index of the structs that the document has and
checks each update against it: clocks, origins, parents, kinds of content, depth, halves of
surrogate pairs. Nothing reaches pycrdt that it has not admitted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from collab.crdt.update import (
    ANY,
    ARRAY,
    BINARY,
    DELETED,
    EMBED,
    FORMAT,
    GC,
    MAP,
    SKIP,
    STRING,
    TEXT,
    TYPE,
    XML_ELEMENT,
    XML_FRAGMENT,
    XML_TEXT,
    DecodedUpdate,
    Id,
    Struct,
    UpdateError,
    iter_structs,
    read_deletes,
)
from collab.lib0 import EncodingError, Reader
from collab.types import ClientId, Update

#: Root type of the rich text; other roots are whatever their first content makes them.
BODY = "default"
#: Structs decoded or resolved between two turns of the event loop: a few milliseconds.
SLICE = 500

_TEXT_CONTENT = frozenset({STRING, EMBED, FORMAT})
_LIST_CONTENT = frozenset({ANY, BINARY})
_ENTRY_CONTENT = frozenset({ANY, BINARY, TYPE})
#: What a type's list may hold, and of which types its child types may be.
_CONTENT: dict[int, frozenset[int]] = {
    XML_ELEMENT: frozenset({TYPE}),
    XML_FRAGMENT: frozenset({TYPE}),
    XML_TEXT: _TEXT_CONTENT,
    TEXT: _TEXT_CONTENT | {TYPE},
    ARRAY: _LIST_CONTENT | {TYPE},
    MAP: frozenset(),
}
_XML_CHILDREN = frozenset({XML_ELEMENT, XML_TEXT})


@dataclass(frozen=True, slots=True)
class GateLimits:
    """Bounds of a document's shape."""

    max_depth: int = 64
    max_roots: int = 64


@dataclass(slots=True)
class _Known:
    """A run of structs of one client that differ in nothing that the gate asks for."""

    clock: int
    length: int
    ref: int
    #: A root's name, the id of a type, or None: garbage collected, nobody's child.
    parent: str | Id | None = None
    key: str | None = None
    type_ref: int = 0
    splits: frozenset[int] = frozenset()
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The update may be applied."""

    #: The clients whose new structs it brings.
    writers: frozenset[ClientId]
    #: True: the document has all of it.
    brings_nothing: bool
    runs: dict[int, list[_Known]] = field(repr=False)
    roots: dict[str, str] = field(repr=False)
    deletes: tuple[tuple[int, int, int], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """It depends on what the document has not seen."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It must not be applied."""

    reason: str


Verdict = Accepted | Missing | Refused


class _MissingDependency(Exception):
    """Carries the reason of a ``Missing``."""


class Gate:
    """The index of one document, and the checks against it."""

    def __init__(self, limits: GateLimits) -> None:
        self._limits = limits
        self.is_ready = False
        self._clocks: dict[int, int] = {}
        self._starts: dict[int, list[int]] = {}
        self._runs: dict[int, list[_Known]] = {}
        self._deleted: dict[int, list[tuple[int, int]]] = {}
        self._roots: dict[str, str] = {BODY: "xml"}

    @property
    def clocks(self) -> dict[int, int]:
        """The next clock of each client: equal to the document's state vector."""
        return dict(self._clocks)

    def index(self, state: Update) -> Iterator[None]:
        """Build the index from the document's whole state, in slices; ready when exhausted.

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
        check = _Check(self, structs)
        try:
            yield from check.resolve()
        except _MissingDependency as missing:
            raise UpdateError(f"state with a hole: {missing}") from missing
        self._admit(check.runs, check.roots, deletes)
        self.is_ready = True

    def check(self, decoded: DecodedUpdate) -> Verdict:
        """Return whether the update may be applied; changes nothing."""
        check = _Check(self, decoded.structs)
        try:
            for _ in check.resolve():
                pass
            check.check_deletes(decoded.deletes)
        except _MissingDependency as missing:
            return Missing(str(missing))
        except UpdateError as error:
            return Refused(str(error))
        writers = frozenset(ClientId(client) for client in check.runs)
        nothing = not writers and all(self._is_deleted(*each) for each in decoded.deletes)
        return Accepted(writers, nothing, check.runs, check.roots, decoded.deletes)

    def admit(self, accepted: Accepted) -> None:
        """Add an accepted update to the index, before anything else is checked."""
        self._admit(accepted.runs, accepted.roots, accepted.deletes)

    def _admit(
        self,
        runs: dict[int, list[_Known]],
        roots: dict[str, str],
        deletes: Sequence[tuple[int, int, int]],
    ) -> None:
        self._roots.update(roots)
        for client, fresh in runs.items():
            known = self._runs.setdefault(client, [])
            starts = self._starts.setdefault(client, [])
            for run in fresh:
                if not (known and _joined(known[-1], run)):
                    known.append(run)
                    starts.append(run.clock)
            self._clocks[client] = known[-1].clock + known[-1].length
        for client, clock, length in deletes:
            _add_range(self._deleted.setdefault(client, []), clock, clock + length)

    def find(self, target: Id) -> _Known | None:
        """Return the run that holds the id, if the document has it."""
        client, clock = target
        if clock >= self._clocks.get(client, 0):
            return None
        return self._runs[client][bisect_right(self._starts[client], clock) - 1]

    def clock(self, client: int) -> int:
        """Return the next clock of a client."""
        return self._clocks.get(client, 0)

    def root(self, name: str) -> str | None:
        """Return what a root is known to hold: xml, text or list."""
        return self._roots.get(name)

    @property
    def root_count(self) -> int:
        """The number of roots."""
        return len(self._roots)

    @property
    def limits(self) -> GateLimits:
        """The bounds."""
        return self._limits

    def _is_deleted(self, client: int, clock: int, length: int) -> bool:
        ranges = self._deleted.get(client, [])
        at = bisect_right(ranges, (clock, MAX_END)) - 1
        return at >= 0 and ranges[at][1] >= clock + length


MAX_END = 2**53


def _joined(last: _Known, run: _Known) -> bool:
    """Make ``run`` part of ``last`` where nothing tells them apart: typing must not grow us."""
    same = (
        last.ref == run.ref
        and last.ref in (STRING, DELETED, GC, ANY)
        and last.parent == run.parent
        and last.key is None
        and run.key is None
        and last.clock + last.length == run.clock
    )
    if same:
        if run.splits:
            last.splits |= {last.length + offset for offset in run.splits}
        last.length += run.length
    return same


def _add_range(ranges: list[tuple[int, int]], start: int, end: int) -> None:
    """Add ``start .. end`` to sorted ranges that do not touch."""
    first = bisect_left(ranges, (start, 0))
    if first and ranges[first - 1][1] >= start:
        first -= 1
    last = first
    while last < len(ranges) and ranges[last][0] <= end:
        start, end = min(start, ranges[last][0]), max(end, ranges[last][1])
        last += 1
    ranges[first:last] = [(start, end)]


class _Check:
    """One update against the index: what it adds, or why it may not."""

    def __init__(self, gate: Gate, structs: Sequence[Struct]) -> None:
        self._gate = gate
        self.runs: dict[int, list[_Known]] = {}
        self.roots: dict[str, str] = {}
        self._starts: dict[int, list[int]] = {}
        self._queues: dict[int, list[Struct]] = {}
        self._next: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._done: dict[int, int] = {}
        for struct in structs:
            self._enqueue(struct)

    def _enqueue(self, struct: Struct) -> None:
        client = struct.client
        base = self._gate.clock(client)
        end = self._ends.get(client, base)
        if struct.clock + struct.length <= end:
            return
        if client not in self._queues:
            self._queues[client] = []
            self._next[client] = 0
            self._done[client] = base
        self._queues[client].append(struct)
        self._ends[client] = struct.clock + struct.length

    def resolve(self) -> Iterator[None]:
        """Place every struct, each after what it depends on, in time linear in their number."""
        steps = 0
        for first in self._queues:
            stack: list[tuple[int, int]] = [(first, self._ends[first] - 1)]
            waiting = {first}
            while stack:
                client, until = stack[-1]
                if self._done[client] > until:
                    stack.pop()
                    waiting.discard(client)
                    continue
                struct = self._queues[client][self._next[client]]
                needed = self._unplaced(struct)
                if needed is None:
                    self._place(struct)
                    self._next[client] += 1
                    steps += 1
                    if steps % SLICE == 0:
                        yield
                    continue
                if needed[0] in waiting:
                    raise UpdateError("structs depend on each other in a circle")
                stack.append(needed)
                waiting.add(needed[0])

    def _unplaced(self, struct: Struct) -> Id | None:
        """Return a dependency that is in this update and not placed yet.

        Raises:
            _MissingDependency: one that is neither here nor in the document.
        """
        if struct.clock > self._done[struct.client] or struct.ref == SKIP:
            raise _MissingDependency("earlier edits of a client are missing")
        for target in (struct.origin, struct.right_origin, struct.parent):
            if not isinstance(target, tuple):
                continue
            client, clock = target
            if client == struct.client and clock >= struct.clock:
                raise UpdateError("a struct depends on its own future")
            if clock < self._done.get(client, self._gate.clock(client)):
                continue
            if clock >= self._ends.get(client, 0):
                raise _MissingDependency("depends on edits that are missing")
            return target
        return None

    def _find(self, target: Id) -> _Known:
        client, clock = target
        if client in self._starts and clock >= self._starts[client][0]:
            return self.runs[client][bisect_right(self._starts[client], clock) - 1]
        known = self._gate.find(target)
        if known is None:
            raise _MissingDependency("depends on edits that are missing")
        return known

    def _place(self, struct: Struct) -> None:
        client = struct.client
        known = self._done[client] - struct.clock
        splits = struct.splits
        if known:
            # We have its beginning; the rest stands behind that.
            if known in splits:
                raise UpdateError("splits a character")
            splits = frozenset(offset - known for offset in splits if offset > known)
        run = _Known(struct.clock + known, struct.length - known, struct.ref, splits=splits)
        if struct.ref != GC:
            if known:
                before = self._find((client, run.clock - 1))
                run.parent, run.key = before.parent, before.key
            else:
                run.parent, run.key = self._parent(struct)
            if run.parent is not None:
                self._check_content(run, struct.type_ref)
        self.runs.setdefault(client, []).append(run)
        self._starts.setdefault(client, []).append(run.clock)
        self._done[client] = run.clock + run.length

    def _parent(self, struct: Struct) -> tuple[str | Id | None, str | None]:
        origin, right = struct.origin, struct.right_origin
        if origin is None and right is None:
            return struct.parent, struct.key
        if origin == right:
            raise UpdateError("between a struct and itself")
        parent: str | Id | None = None
        key: str | None = None
        is_found = is_collected = False
        for target, boundary in ((origin, 1), (right, 0)):
            if target is None:
                continue
            beside = self._find(target)
            if target[1] + boundary - beside.clock in beside.splits:
                raise UpdateError("splits a character")
            if beside.parent is None:
                is_collected = True
            elif is_found and (parent, key) != (beside.parent, beside.key):
                raise UpdateError("between structs of different parents")
            else:
                parent, key, is_found = beside.parent, beside.key, True
        # Beside a collected struct a new one is collected as well (Yjs: Item.getMissing).
        return (None, None) if is_collected else (parent, key)

    def _check_content(self, run: _Known, type_ref: int) -> None:
        run.type_ref = type_ref if run.ref == TYPE else 0
        if isinstance(run.parent, str):
            kind = None
            run.depth = 1
        else:
            if run.parent is None:
                return
            holder = self._find(run.parent)
            if holder.ref in (GC, DELETED):
                # The parent is deleted: the new struct is collected at once.
                run.parent = run.key = None
                return
            if holder.ref != TYPE:
                raise UpdateError("the parent is no type")
            kind = holder.type_ref
            run.depth = holder.depth + 1
        if run.depth > self._gate.limits.max_depth:
            raise UpdateError("nested too deep")
        if run.ref == DELETED:
            self._root_kind(run)
        elif run.key is not None:
            self._check_entry(run, kind)
        elif isinstance(run.parent, str):
            self._check_root(run)
        elif kind is None or run.ref not in _CONTENT[kind]:
            raise UpdateError("content does not fit its parent")
        elif run.ref == TYPE and kind in (XML_ELEMENT, XML_FRAGMENT):
            _check_xml_child(run)

    def _check_entry(self, run: _Known, kind: int | None) -> None:
        if run.ref not in _ENTRY_CONTENT or (run.ref == ANY and run.length != 1):
            raise UpdateError("content does not fit a map")
        if kind in (ARRAY, XML_FRAGMENT) or (run.ref == TYPE and kind not in (MAP, None)):
            raise UpdateError("content does not fit its parent")
        if self._root_kind(run) == "xml":
            raise UpdateError("the body has no entries")

    def _check_root(self, run: _Known) -> None:
        kind = self._root_kind(run)
        if kind == "xml":
            if run.ref != TYPE:
                raise UpdateError("content does not fit the body")
            _check_xml_child(run)
            return
        wanted = "text" if run.ref in _TEXT_CONTENT else "list" if run.ref in _LIST_CONTENT else ""
        if not wanted:
            return
        if kind and kind != wanted:
            raise UpdateError("content does not fit its root")
        self.roots[str(run.parent)] = wanted

    def _root_kind(self, run: _Known) -> str | None:
        """Return what the root holds, None for no root; a root not known yet is counted."""
        if not isinstance(run.parent, str):
            return None
        name = run.parent
        kind = self.roots.get(name, self._gate.root(name))
        if kind is None:
            if self._gate.root_count + len(self.roots) >= self._gate.limits.max_roots:
                raise UpdateError("too many roots")
            self.roots[name] = kind = ""
        return kind

    def check_deletes(self, deletes: Sequence[tuple[int, int, int]]) -> None:
        """Check that what is deleted is there, and that no character is halved."""
        for client, clock, length in deletes:
            end = self._ends.get(client, self._gate.clock(client))
            if clock + length > end:
                raise _MissingDependency("deletes edits that are missing")
            for boundary in (clock, clock + length):
                if boundary < end:
                    run = self._find((client, boundary))
                    if boundary - run.clock in run.splits:
                        raise UpdateError("splits a character")


def _check_xml_child(run: _Known) -> None:
    if run.type_ref not in _XML_CHILDREN:
        raise UpdateError("content does not fit its parent")
