"""Where an update's structs would stand in the document, or why they may not stand there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from collab.crdt.index import BODY, Run, StructIndex
from collab.crdt.update import (
    ANY,
    BINARY,
    DELETED,
    DOC,
    EMBED,
    FORMAT,
    GC,
    SKIP,
    STRING,
    TEXT,
    TYPE,
    XML_ELEMENT,
    XML_TEXT,
    Id,
    Struct,
    UpdateError,
)

#: Structs decoded or resolved between two turns of the event loop: a few milliseconds.
SLICE = 500

_TEXT_CONTENT = frozenset({STRING, EMBED, FORMAT})
#: What any list outside the body may hold: which of it a type has depends on the version of Yjs and
#: on the editor (docs/protocol.md), and nobody here reads it as a list, a text or XML.
_LIST_CONTENT = _TEXT_CONTENT | {ANY, BINARY, TYPE, DOC}
#: What any map may, and attributes outside the body.
_ENTRY_CONTENT = frozenset({ANY, BINARY, TYPE, DOC})
#: What a type in the body may hold.
_BODY_CONTENT: dict[int, frozenset[int]] = {
    XML_ELEMENT: frozenset({TYPE}),
    XML_TEXT: _TEXT_CONTENT,
}
_NOTHING: frozenset[int] = frozenset()
#: Values of attributes in the body.
_BODY_VALUES = frozenset({ANY, BINARY})
_XML_CHILDREN = frozenset({XML_ELEMENT, XML_TEXT})
_TEXTS = frozenset({TEXT, XML_TEXT})


@dataclass(frozen=True, slots=True)
class GateLimits:
    """Bounds of a document's shape."""

    max_depth: int = 64
    max_roots: int = 64


class MissingDependency(Exception):
    """Carries the reason of a ``Missing``."""


class Placement:
    """One update against the index: what it adds, or why it may not."""

    def __init__(self, index: StructIndex, limits: GateLimits, structs: Sequence[Struct]) -> None:
        self._index = index
        self._limits = limits
        self.runs: dict[int, list[Run]] = {}
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
        base = self._index.clock(client)
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
            MissingDependency: one that is neither here nor in the document.
        """
        if struct.clock > self._done[struct.client] or struct.ref == SKIP:
            raise MissingDependency("earlier edits of a client are missing")
        for target in (struct.origin, struct.right_origin, struct.parent):
            if not isinstance(target, tuple):
                continue
            client, clock = target
            if client == struct.client and clock >= struct.clock:
                raise UpdateError("a struct depends on its own future")
            if clock < self._done.get(client, self._index.clock(client)):
                continue
            if clock >= self._ends.get(client, 0):
                raise MissingDependency("depends on edits that are missing")
            return target
        return None

    def _find(self, target: Id) -> Run:
        client, clock = target
        if client in self._starts and clock >= self._starts[client][0]:
            return self.runs[client][bisect_right(self._starts[client], clock) - 1]
        known = self._index.find(target)
        if known is None:
            raise MissingDependency("depends on edits that are missing")
        return known

    def _place(self, struct: Struct) -> None:
        client = struct.client
        known = self._done[client] - struct.clock
        splits: AbstractSet[int] = struct.splits
        if known:
            # We have its beginning; the rest stands behind that.
            if known in splits:
                raise UpdateError("splits a character")
            splits = frozenset(offset - known for offset in splits if offset > known)
        run = Run(struct.clock + known, struct.length - known, struct.ref, splits=splits)
        if struct.ref != GC:
            if known:
                run.parent, run.key = self._parent_of_rest(struct, run.clock)
            else:
                run.parent, run.key = self._parent(struct)
            if run.parent is not None:
                self._check_content(run, struct.type_ref)
            if run.ref in (STRING, FORMAT):
                run.origin = (client, run.clock - 1) if known else struct.origin
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
        if is_collected and is_found:
            # With a list all that is in it is collected, so no honest client has seen this. Yjs
            # would collect the new one as well, and yrs put it beside the one that is left.
            raise UpdateError("beside what is collected and what is not")
        return (None, None) if is_collected else (parent, key)

    def _parent_of_rest(self, struct: Struct, clock: int) -> tuple[str | Id | None, str | None]:
        """Return where the rest of a struct stands whose beginning, before ``clock``, we have.

        It stands behind that; but yrs looks at the parent that it names all the same.
        """
        before = self._find((struct.client, clock - 1))
        if before.ref != struct.ref and not {before.ref, struct.ref} & {GC, DELETED}:
            raise UpdateError("an id that is known as something else")
        named = self._parent(struct)
        if isinstance(named[0], tuple) and self._find(named[0]).ref not in (TYPE, GC, DELETED):
            raise UpdateError("the parent is no type")
        known = before.parent, before.key
        if None not in (named[0], known[0]) and named != known:
            raise UpdateError("an id that is known at another place")
        # It is written again behind its beginning and before its neighbour, which must then stand
        # together: also where one of them is collected.
        for target in (struct.origin, struct.right_origin):
            beside = None if target is None else self._find(target)
            if beside is not None and (beside.parent, beside.key) != known:
                raise UpdateError("an id that is known at another place")
        return known

    def _check_content(self, run: Run, type_ref: int) -> None:
        run.type_ref = type_ref if run.ref == TYPE else 0
        holder = None
        if isinstance(run.parent, str):
            in_body = run.parent == BODY
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
            in_body = holder.in_body
            run.depth = holder.depth + 1
        if run.depth > self._limits.max_depth:
            raise UpdateError("nested too deep")
        if holder is None:
            self._note_root(run)
        if run.ref == DELETED:
            return
        run.in_body = in_body and run.ref == TYPE
        if in_body:
            _check_in_body(run, holder)
        elif run.ref not in (_LIST_CONTENT if run.key is None else _ENTRY_CONTENT):
            raise UpdateError("content does not fit its parent")

    def _note_root(self, run: Run) -> None:
        """Note what the root holds; one that is not known yet is counted."""
        name = str(run.parent)
        kind = self.roots.get(name, self._index.root(name))
        if kind is None:
            if self._index.root_count + len(self.roots) >= self._limits.max_roots:
                raise UpdateError("too many roots")
            self.roots[name] = kind = ""
        if not kind and run.key is None and run.ref in _TEXT_CONTENT:
            self.roots[name] = "text"

    def check_deletes(self, deletes: Sequence[tuple[int, int, int]]) -> None:
        """Check that what is deleted is there, and that no character is halved."""
        for client, clock, length in deletes:
            end = self._ends.get(client, self._index.clock(client))
            if clock + length > end:
                raise MissingDependency("deletes edits that are missing")
            for boundary in (clock, clock + length):
                if boundary < end:
                    run = self._find((client, boundary))
                    if boundary - run.clock in run.splits:
                        raise UpdateError("splits a character")


def _check_in_body(run: Run, holder: Run | None) -> None:
    """Check that rich text is what everybody reads it as: elements and texts with plain values."""
    if run.key is not None:
        # Values that one client set in a row, and that its undo manager keeps, are one struct.
        if holder is None:
            raise UpdateError("the body has no entries")
        if run.ref not in _BODY_VALUES:
            raise UpdateError("content does not fit an attribute")
        return
    fits = frozenset({TYPE}) if holder is None else _BODY_CONTENT.get(holder.type_ref, _NOTHING)
    if run.ref not in fits:
        raise UpdateError("content does not fit its parent in the body")
    if run.ref == TYPE and run.type_ref not in _XML_CHILDREN:
        raise UpdateError("content does not fit its parent in the body")


def typed(index: StructIndex, limits: GateLimits, struct: Struct) -> Run | None:
    """Return where typed text would stand: what ``Placement`` finds, a third of the way.

    None: it is not the plain case, and ``Placement`` is to be asked, which also has the reasons.
    Plain is: the client's next clock, ASCII text, beside known structs of one text that has no
    characters to halve.
    """
    if (
        struct.ref != STRING
        or struct.origin is None
        or struct.splits
        or struct.clock != index.clock(struct.client)
        or struct.origin == struct.right_origin
    ):
        return None
    left = index.find(struct.origin)
    if left is None or left.parent is None or left.key is not None or left.splits:
        return None
    if struct.right_origin is not None:
        right = index.find(struct.right_origin)
        if right is None or right.splits or right.key is not None or right.parent != left.parent:
            return None
    if isinstance(left.parent, str):
        depth = 1
        if index.root(left.parent) != "text":
            return None
    else:
        holder = index.find(left.parent)
        if holder is None or holder.ref != TYPE or holder.type_ref not in _TEXTS:
            return None
        depth = holder.depth + 1
    if depth > limits.max_depth:
        return None
    return Run(struct.clock, struct.length, STRING, left.parent, depth=depth, origin=struct.origin)
