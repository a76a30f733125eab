"""What changed between two moments of a document, and who did it.

What changed is found in the content (``richtext.diff``), who did it in the Yjs ids: an insertion is
its writer's, a deletion that of who deleted it, a format that of who set or removed the mark.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate

from collab.crdt.contents import read_contents
from collab.crdt.order import Order
from collab.crdt.roots import roots_of
from collab.crdt.tracked import Element, Path, Piece, tree_of, wrapped
from collab.crdt.update import Id
from collab.crdt.whole import blocks_of
from collab.history.authors import Authors, Authorship
from collab.history.collector import no_full_collection
from collab.history.past import Moment, full_state_at
from collab.richtext.diff import Change, Kind, Op, Run, diff, diff_block
from collab.richtext.tree import Node


@dataclass(frozen=True, slots=True)
class SignedRun:
    """Text, or a node in the line, what became of it, and by whom; None where it is equal."""

    op: Op
    node: Node
    before: Node | None
    by: Authorship | None


@dataclass(frozen=True, slots=True)
class SignedChange:
    """A block, what became of it, and who added, removed or set the attributes of it."""

    kind: Kind
    node: Node
    before: Node | None
    by: Authorship | None
    blocks: tuple[SignedChange, ...]
    runs: tuple[SignedRun, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All blocks of both moments, in order, and when the records in it came."""

    changes: tuple[SignedChange, ...]
    times: dict[int, datetime]


@no_full_collection()
def compare(old: Moment, new: Moment) -> Comparison:
    """Return what changed from one moment to another of the same document; either may be first."""
    orders = [Order(*read_contents(full_state_at(moment))) for moment in (old, new)]
    before, after = (wrapped(tree_of(order)) for order in orders)
    is_back = new.seq < old.seq
    authors = Authors(old, before) if is_back else Authors(new, after)
    since = min(old.seq, new.seq)
    found = compare_trees(before, after, authors, since=since, is_back=is_back)
    return replace(found, changes=(*found.changes, *compare_beside(*orders)))


def compare_beside(before: Order, after: Order) -> tuple[SignedChange, ...]:
    """Return what changed beside the rich text: compared as it is shown, and nobody is named."""
    shown = (Node("doc", content=tuple(blocks_of(roots_of(order)))) for order in (before, after))
    return tuple(map(_unsigned, diff(*shown)))


def _unsigned(change: Change) -> SignedChange:
    return SignedChange(
        change.kind,
        change.node,
        change.before,
        None,
        tuple(map(_unsigned, change.blocks)),
        tuple(SignedRun(run.op, run.node, run.before, None) for run in change.runs),
    )


def compare_trees(
    before: Element, after: Element, authors: Authors, *, since: int = 0, is_back: bool = False
) -> Comparison:
    """Return what changed from one tree to another that hold the same Yjs items.

    Args:
        before: the one, as ``wrapped`` makes it.
        after: the other.
        authors: of the document in whose log the changes stand.
        since: the record of the earlier one, in that log.
        is_back: whether ``after`` is the earlier one.
    """
    signer = _Signer(before, after, authors, since=since, is_back=is_back)
    changes = tuple(signer.change(each) for each in diff(before.node(), after.node()))
    return Comparison(changes, authors.times(_seqs(changes)))


def compare_blocks(before: Element | None, after: Element | None, authors: Authors) -> Comparison:
    """Return what became of a block that is one and the same in Yjs; None: it is not there."""
    one, other = _alone(before), _alone(after)
    if before is None or after is None:
        return compare_trees(one, other, authors)
    signer = _Signer(one, other, authors, since=0, is_back=False)
    changes = (signer.change(diff_block(before.node(), after.node())),)
    return Comparison(changes, authors.times(_seqs(changes)))


def _alone(block: Element | None) -> Element:
    """Return a document of this one block."""
    return Element(None, "doc", {}, {}, () if block is None else (block,))


def _seqs(changes: Iterable[SignedChange]) -> set[int]:
    seqs: set[int] = set()
    for change in changes:
        signed = [change.by, *(run.by for run in change.runs)]
        seqs.update(by.seq for by in signed if by is not None)
        seqs |= _seqs(change.blocks)
    return seqs


class _Line:
    """A block's text without what is deleted, to be looked into at any place.

    A long paragraph has tens of thousands of pieces and as many changes.
    """

    def __init__(self, block: Element) -> None:
        self._children = [child for child in block.children if not child.is_deleted]
        lengths = (c.length if isinstance(c, Piece) else 1 for c in self._children)
        #: Where each begins, and where the last ends: in UTF-16 units, a node in the line is one.
        self._starts = list(accumulate(lengths, initial=0))

    def ids(self, start: int, length: int) -> Iterator[tuple[Id, int]]:
        """Yield the Yjs ids of a stretch, and how many of each client in a row."""
        end = start + length
        for place in range(self._place(start), bisect_left(self._starts, end)):
            child, begin = self._children[place], self._starts[place]
            low, high = max(start, begin), min(end, self._starts[place + 1])
            if low < high and child.id is not None:
                yield (child.id[0], child.id[1] + low - begin), high - low

    def piece(self, start: int) -> Piece | None:
        """Return the piece of text that a place is in."""
        place = self._place(start)
        found = self._children[place] if place < len(self._children) else None
        return found if isinstance(found, Piece) else None

    def _place(self, start: int) -> int:
        return bisect_right(self._starts, start) - 1


class _Signer:
    """Puts names under changes."""

    def __init__(
        self, old: Element, new: Element, authors: Authors, *, since: int, is_back: bool
    ) -> None:
        self._old = old
        self._new = new
        self.authors = authors
        #: Text that was there at the earlier moment and was carried on is theirs who did that.
        self._since = since
        #: Of each side, by the path of the block.
        self._lines: dict[tuple[bool, Path], _Line] = {}
        #: Of an element of either tree, by its Python id, the children that are there.
        self._live: dict[int, list[Element]] = {}
        #: Seen backwards, what "came" is what somebody had deleted, and the other way round.
        self._is_back = is_back

    def change(self, change: Change) -> SignedChange:
        """Return the change with names."""
        runs = [signed for run in change.runs for signed in self._run(run, change)]
        return SignedChange(
            change.kind,
            change.node,
            change.before,
            self._block(change),
            tuple(self.change(inner) for inner in change.blocks),
            tuple(runs),
        )

    def _block(self, change: Change) -> Authorship | None:
        match change.kind:
            case "added" if change.new_path is not None:
                return self._came(self._element(self._new, change.new_path).id)
            case "removed" if change.old_path is not None:
                return self._went(self._element(self._old, change.old_path).id)
            case "changed" if change.old_path is not None and change.new_path is not None:
                return self._attributes(change, change.old_path, change.new_path)
            case _:
                return None

    def _attributes(self, change: Change, old_path: Path, new_path: Path) -> Authorship | None:
        old, new = self._element(self._old, old_path), self._element(self._new, new_path)
        if old.type != new.type:
            return self._came(new.id)
        here, there = (old, new) if self._is_back else (new, old)
        for name in change.changed_attrs:
            found = here.attr_ids.get(name)
            if found is not None and found != there.attr_ids.get(name):
                return self._by(found)
        return None

    def _run(self, run: Run, change: Change) -> Iterator[SignedRun]:
        whole = SignedRun(run.op, run.node, run.before, None)
        match run.op:
            case "insert" if change.new_path is not None and run.new_start is not None:
                line = self._line(change.new_path, is_new=True)
                yield from self._signed(whole, line, run.new_start, is_new=True)
            case "delete" if change.old_path is not None and run.old_start is not None:
                line = self._line(change.old_path, is_new=False)
                yield from self._signed(whole, line, run.old_start, is_new=False)
            case "format":
                yield replace(whole, by=self._formatter(run, change))
            case _:
                yield whole

    def _element(self, root: Element, path: Path) -> Element:
        """Return the element at a place in the tree without what is deleted."""
        for place in path:
            children = self._live.get(id(root))
            if children is None:
                children = [
                    child
                    for child in root.children
                    if isinstance(child, Element) and not child.is_deleted
                ]
                self._live[id(root)] = children
            root = children[place]
        return root

    def _line(self, path: Path, *, is_new: bool) -> _Line:
        found = self._lines.get((is_new, path))
        if found is None:
            found = _Line(self._element(self._new if is_new else self._old, path))
            self._lines[is_new, path] = found
        return found

    def _signed(
        self, whole: SignedRun, line: _Line, start: int, *, is_new: bool
    ) -> Iterator[SignedRun]:
        """Cut a run where one person's part ends and another's begins."""
        if whole.node.type != "text":
            ids = [id_ for id_, _length in line.ids(start, 1)]
            yield replace(whole, by=self._came(ids[0]) if is_new else self._went(ids[0]))
            return
        asks_writer = is_new != self._is_back
        units = whole.node.text.encode("utf-16-le", "surrogatepass")

        def part(start: int, end: int, by: Authorship | None) -> SignedRun:
            text = units[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")
            return replace(whole, node=replace(whole.node, text=text), by=by)

        begin = end = 0
        last: Authorship | None = None
        for id_, length in line.ids(start, len(units) // 2):
            spans = (
                self.authors.of(id_, length, since=self._since)
                if asks_writer
                else self.authors.deleter(id_, length)
            )
            for span in spans:
                by = span.by if span.by.seq else None
                if end == begin:
                    last = by
                elif not _same_author(last, by):
                    yield part(begin, end, last)
                    begin, last = end, by
                end += span.length
        if end > begin:
            yield part(begin, end, last)

    def _formatter(self, run: Run, change: Change) -> Authorship | None:
        """Return who set or removed the marks that differ."""
        if change.old_path is None or change.new_path is None or run.before is None:
            return None
        if run.old_start is None or run.new_start is None:
            return None
        old = self._line(change.old_path, is_new=False).piece(run.old_start)
        new = self._line(change.new_path, is_new=True).piece(run.new_start)
        if old is None or new is None:
            return None
        earlier, later = (new, old) if self._is_back else (old, new)
        for name in {*earlier.formats, *later.formats}:
            was, now = earlier.formats.get(name), later.formats.get(name)
            if was == now or not _differs(name, run):
                continue
            if now is not None and now not in earlier.formats.values():
                return self._by(now)
            if was is not None:
                return next((s.by for s in self.authors.deleter(was, 1) if s.by.seq), None)
        return None

    def _came(self, id_: Id | None) -> Authorship | None:
        return self._deleter(id_) if self._is_back else self._by(id_)

    def _went(self, id_: Id | None) -> Authorship | None:
        return self._by(id_) if self._is_back else self._deleter(id_)

    def _by(self, id_: Id | None) -> Authorship | None:
        found = None if id_ is None else next(self.authors.of(id_, 1)).by
        return found if found is not None and found.seq else None

    def _deleter(self, id_: Id | None) -> Authorship | None:
        found = None if id_ is None else next(self.authors.deleter(id_, 1)).by
        return found if found is not None and found.seq else None


def _same_author(one: Authorship | None, other: Authorship | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.author_id, one.is_relayed) == (other.author_id, other.is_relayed)


def _differs(name: str, run: Run) -> bool:
    """Return whether the marks that a text's attribute stands for differ in the run."""
    before = run.before or run.node
    kind = name.partition("--")[0]
    was = [mark for mark in before.marks if mark.type == kind]
    return was != [mark for mark in run.node.marks if mark.type == kind]
