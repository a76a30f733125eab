"""Who wrote which text of a document, live or past: runs that cover the text exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from collab.crdt.contents import read_contents, utf16_split
from collab.crdt.order import Order
from collab.crdt.roots import Root, measured
from collab.crdt.tracked import Element, Path, Piece, tree_of, wrapped
from collab.history.authors import Authors, Authorship
from collab.history.collector import no_full_collection
from collab.history.other_roots import RootRun, runs_in
from collab.history.past import Moment, full_state_at
from collab.richtext.schema import INLINE


@dataclass(frozen=True, slots=True)
class Run:
    """Text that one person wrote in one revision."""

    #: Child of child of … the document, down to the block that holds the text.
    path: Path
    #: In UTF-16 units of the block's text; an inline node counts one.
    start: int
    end: int
    #: ``seq`` is that of the last record in it.
    by: Authorship


@dataclass(frozen=True, slots=True)
class Deletion:
    """Text that is gone, and where it stood."""

    #: The deepest node around it that is still there.
    path: Path
    #: In the block's text; where the block is gone, its place among the children of ``path``.
    start: int
    text: str
    by: Authorship
    deleted_by: Authorship


@dataclass(frozen=True, slots=True)
class Attribution:
    """All runs in document order, the deletions asked for, and when the records came."""

    runs: list[Run]
    #: What stands beside the rich text, and who wrote it.
    roots: list[tuple[Root, list[RootRun]]]
    deletions: list[Deletion]
    times: dict[int, datetime]


@no_full_collection()
def attribution_of(moment: Moment, *, with_deleted: bool = False) -> Attribution:
    """Return who wrote the text as of the moment; with who deleted what until then if asked."""
    order = Order(*read_contents(full_state_at(moment)))
    root = wrapped(tree_of(order))
    authors = Authors(moment, root)
    runs = list(_joined(_runs(root, authors), authors))
    deletions = list(_deletions(root, (), authors)) if with_deleted else []
    roots = [(each, list(runs_in(each, authors))) for each in measured(order)]
    seqs = {run.by.seq for run in runs}
    seqs.update(run.by.seq for _root, found in roots for run in found)
    seqs.update(seq for each in deletions for seq in (each.by.seq, each.deleted_by.seq))
    return Attribution(runs, roots, deletions, authors.times(seqs))


def _runs(root: Element, authors: Authors) -> Iterator[Run]:
    for path, block in root.text_blocks():
        place = 0
        for child in block.children:
            if child.is_deleted:
                continue
            start, length = _extent(child)
            for span in authors.stretches(start, length):
                yield Run(path, place, place + span.length, span.by)
                place += span.length


def _extent(child: Element | Piece) -> tuple[tuple[int, int], int]:
    if isinstance(child, Piece):
        return child.id, child.length
    return child.id or (0, 0), 1


def _joined(runs: Iterator[Run], authors: Authors) -> Iterator[Run]:
    """Join neighbours by one person in one revision."""
    last: Run | None = None
    for run in runs:
        if last is not None and last.path == run.path and authors.belong(last.by, run.by):
            by = replace(last.by, seq=max(last.by.seq, run.by.seq))
            last = replace(last, end=run.end, by=by)
            continue
        if last is not None:
            yield last
        last = run
    if last is not None:
        yield last


def _deletions(parent: Element, path: Path, authors: Authors) -> Iterator[Deletion]:
    is_text_block = parent.holds_text
    place = 0
    for child in parent.children:
        if isinstance(child, Piece):
            if child.is_deleted:
                yield from _lost(child, path, place, authors)
            else:
                place += child.length
        elif child.is_deleted:
            for piece in _all_pieces(child):
                yield from _lost(piece, path, place, authors)
        else:
            if not is_text_block and child.type not in INLINE:
                yield from _deletions(child, (*path, place), authors)
            place += 1


def _all_pieces(element: Element) -> Iterator[Piece]:
    for child in element.children:
        if isinstance(child, Element):
            yield from _all_pieces(child)
        else:
            yield child


def _lost(piece: Piece, path: Path, place: int, authors: Authors) -> Iterator[Deletion]:
    client, clock = piece.id
    text = piece.text
    for length, is_lost in authors.lost(piece.id, piece.length):
        part, text = utf16_split(text, length)
        if is_lost:
            at = clock
            for written in authors.of((client, at), length):
                for gone in authors.deleter((client, at), written.length):
                    said, part = utf16_split(part, gone.length)
                    yield Deletion(path, place, said, written.by, gone.by)
                    at += gone.length
        clock += length
