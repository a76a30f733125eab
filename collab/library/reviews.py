"""What merging a draft would do, to be read before: what changes, and what both sides changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from collab.crdt.contents import read_contents
from collab.crdt.lineage import Conflict, Side, divergence, missing_update
from collab.crdt.order import Order
from collab.crdt.past import advance
from collab.crdt.tracked import Element, track, tree_of, wrapped
from collab.crdt.update import Id
from collab.history.authors import Authors
from collab.history.comparison import Comparison, compare_beside, compare_blocks, compare_trees
from collab.history.past import Moment, full_state_at, moment_by_seq
from collab.history.selectors import current_state, head_seq
from collab.library.keeping import fresh_client, keeping_update
from collab.types import ClientId, DocumentId, Seq, Update

if TYPE_CHECKING:
    from collab.documents.models import Document, Draft
    from collab.richtext.tree import Node

ORIGIN: Side = 0
DRAFT: Side = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """How a draft and its origin stand to each other."""

    origin_seq: Seq
    draft_seq: Seq
    #: Whether the draft has what the origin lacks, and the other way round.
    is_ahead: bool
    is_behind: bool
    conflict_count: int


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A block that both sides changed: what each made of it, and what the merge makes of it."""

    name: str
    #: The side that has deleted it; None: both wrote in it.
    gone_in: Side | None
    #: From what both had to what each has.
    origin: Comparison
    draft: Comparison
    #: Where a side has deleted it: as it is put back, unless it is left out.
    merged: Node | None


@dataclass(frozen=True, slots=True)
class Review:
    """All that a merge would do."""

    origin_seq: Seq
    draft_seq: Seq
    #: From the origin as it is to the origin as it would be, with all blocks that are put back.
    changes: Comparison
    conflicts: tuple[SideBySide, ...]


def standing_of(draft: Draft, origin: Document) -> Standing:
    """Return how the two stand, as of their last records."""
    sides = Sides(draft, origin)
    ahead, behind = sides.missing(ORIGIN), sides.missing(DRAFT)
    conflicts: tuple[Conflict, ...] = ()
    if ahead is not None and behind is not None:
        conflicts = sides.divergence(ahead)[0]
    return Standing(
        sides.moments[ORIGIN].seq,
        sides.moments[DRAFT].seq,
        ahead is not None,
        behind is not None,
        len(conflicts),
    )


def review_of(draft: Draft, origin: Document) -> Review:
    """Return what merging the draft would do, as of the last records of both."""
    return Sides(draft, origin).review()


class Sides:
    """A draft and its origin as they are now."""

    def __init__(self, draft: Draft, origin: Document) -> None:
        keys = (DocumentId(origin.pk), DocumentId(draft.pk))
        self.moments: tuple[Moment, Moment] = (_now(keys[0]), _now(keys[1]))
        self._states = tuple(full_state_at(moment) for moment in self.moments)
        #: What is given away has no deleted text in it.
        self._current = tuple(current_state(key)[0] for key in keys)
        self._found: dict[int, dict[Id, Element]] = {}

    def missing(self, side: Side) -> Update | None:
        """Return what a side lacks of the other."""
        return missing_update(self._current[1 - side], self._current[side])

    def divergence(self, ahead: Update) -> tuple[tuple[Conflict, ...], Element, Update]:
        """Return the conflicts, the document as both know it, and the merged state."""
        merged = advance([self._states[ORIGIN], ahead])
        found = divergence(self._states[ORIGIN], self._states[DRAFT], merged)
        return found.conflicts, found.base, merged

    def kept(self, conflicts: Iterable[Conflict], left_out: Collection[str] = ()) -> dict[Id, Node]:
        """Return the blocks that a merge puts back, as the side has them that wrote in them."""
        blocks: dict[Id, Node] = {}
        for conflict in conflicts:
            if conflict.gone_in is not None and conflict.name not in left_out:
                blocks[conflict.id] = self._blocks(1 - conflict.gone_in)[conflict.id].node()
        return blocks

    def putting_back(
        self, update: Update, side: Side, client_id: ClientId, left_out: Collection[str]
    ) -> Update | None:
        """Return what puts back, on a side that has taken ``update``, the blocks to be kept."""
        if self.missing(DRAFT if side == ORIGIN else ORIGIN) is None:
            return None  # the other side has nothing of its own: there is no conflict
        merged = advance([self._states[side], update])
        found = divergence(self._states[ORIGIN], self._states[DRAFT], merged)
        return keeping_update(merged, self.kept(found.conflicts, left_out), client_id)

    def _blocks(self, side: int) -> dict[Id, Element]:
        if side not in self._found:
            self._found[side] = _by_id(track(self._states[side]))
        return self._found[side]

    def review(self) -> Review:
        """Return what merging would do."""
        ahead = self.missing(ORIGIN)
        conflicts, base, merged = self.divergence(ahead or Update(b"\0\0"))
        kept = self.kept(conflicts)
        put_back = keeping_update(merged, kept, fresh_client())
        all_merged = merged if put_back is None else advance([merged, put_back])
        orders = [Order(*read_contents(each)) for each in (self._states[ORIGIN], all_merged)]
        was_there, result = map(tree_of, orders)
        authors = (Authors(self.moments[ORIGIN]), Authors(self.moments[DRAFT]))
        changes = compare_trees(wrapped(was_there), wrapped(result), authors[DRAFT])
        beside = compare_beside(*orders)
        changes = replace(changes, changes=(*changes.changes, *beside))
        before, after = _by_id(base), _by_id(result)
        shown = []
        for conflict in conflicts:
            was = before.get(conflict.id)
            both = after.get(conflict.id)
            shown.append(
                SideBySide(
                    conflict.name,
                    conflict.gone_in,
                    compare_blocks(was, self._blocks(ORIGIN).get(conflict.id), authors[ORIGIN]),
                    compare_blocks(was, self._blocks(DRAFT).get(conflict.id), authors[DRAFT]),
                    kept.get(conflict.id) if both is None else both.node(),
                )
            )
        return Review(self.moments[ORIGIN].seq, self.moments[DRAFT].seq, changes, tuple(shown))


def _now(document_id: DocumentId) -> Moment:
    return moment_by_seq(document_id, head_seq(document_id))


def _by_id(tree: Element) -> dict[Id, Element]:
    """Return the elements that are not deleted."""
    return {each.id: each for each in _elements(tree) if each.id is not None}


def _elements(parent: Element) -> Iterator[Element]:
    for child in parent.children:
        if isinstance(child, Element) and not child.is_deleted:
            yield child
            yield from _elements(child)
