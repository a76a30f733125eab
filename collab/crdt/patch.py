"""The least CRDT operations that turn one state of a document into another.

What stays keeps its Yjs items, so that whoever writes in it at the same time loses nothing. Blocks
are aligned by equality, what is left between them by likeness; a block that changed is changed in
place: its attributes, its blocks, its words. One that becomes another type of block is written
anew, since Yjs cannot rename an element. See docs/rest-merge.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText

from collab.crdt.contents import read_contents
from collab.crdt.doc import contained
from collab.crdt.encode import TEXT_BLOCKS, encode_blocks
from collab.crdt.merge import merge
from collab.crdt.patch_items import (
    Item,
    Numbers,
    canonical,
    item_likeness,
    stored_items,
    wanted_items,
)
from collab.crdt.patch_places import MAX_WALKED, FarChanges, FarList, Way, walked_by
from collab.crdt.patch_text import patch_text
from collab.crdt.update import UpdateError, decode_state_vector
from collab.crdt.writer import insert_node, write_runs
from collab.richtext.alignment import Pair, aligned
from collab.richtext.tree import Node
from collab.types import ClientId, StateVector, Update


class Unseen(ValueError):
    """A block was not in what the editor was shown: they cannot say what shall become of it."""


def patch_document(
    state: Update,
    new: Node,
    client_id: ClientId,
    *,
    shown: Node | None = None,
    may_hide: bool = True,
) -> Update | None:
    """Return the update that makes ``state`` read as ``new``; None where it does already.

    Args:
        state: of the whole document.
        new: a ``doc`` node that the schema has no objection to.
        client_id: the Yjs client that writes; fresh, 32 bits, as Yjs draws them.
        shown: what the editor was shown of the document, where that was less than all: what their
            format cannot hold (the tint of a cell, say) stays as it is.
        may_hide: whether whole blocks may be missing in ``shown``; they stay.

    Raises:
        Unseen: one is missing, and none may.
        CrdtFailure: the state cannot be loaded.
    """
    unseen = False
    far = FarChanges(state)

    def write(body: XmlFragment) -> None:
        nonlocal unseen
        numbers = Numbers()
        stored = stored_items(body, numbers)
        seen = stored if shown is None else wanted_items(shown, numbers)
        unseen = not may_hide and len(_seen_places(stored, seen)) < len(stored)
        if not unseen:
            _patch_children(body, stored, seen, wanted_items(new, numbers), far)

    update = contained(lambda: _written(state, client_id, write, far))
    if unseen:
        raise Unseen
    return update


def extend_document(
    state: Update, blocks: Sequence[Node], client_id: ClientId, *, at_end: bool
) -> Update | None:
    """Return the update that puts ``blocks`` behind all others, or before them.

    A document that has nothing but an empty paragraph begins with them.

    Raises:
        CrdtFailure: the state cannot be loaded.
    """

    if not blocks:
        return None
    is_filled = False
    far = FarChanges(state)

    def write(body: XmlFragment) -> None:
        nonlocal is_filled
        numbers = Numbers()
        stored = stored_items(body, numbers)
        if len(stored) == 1 and stored[0].tag == "paragraph" and not stored[0].has_words:
            wanted = wanted_items(Node("doc", content=tuple(blocks)), numbers)
            _patch_children(body, stored, stored, wanted, far)
            return
        is_filled = True
        # Of what stands where the blocks go, only the neighbours are of use: the update is thrown
        # away, and the blocks are encoded in one pass. One by one they cost their number squared.
        insert_node(body, len(body.children) if at_end else 0, Node("paragraph"))

    update = contained(lambda: _written(state, client_id, write, far))
    if update is None or not is_filled:
        return update
    first = read_contents(update)[0][0]
    return contained(
        lambda: encode_blocks(
            blocks, client_id, origin=first.origin, right_origin=first.right_origin
        )
    )


def _written(
    state: Update, client_id: ClientId, write: Callable[[XmlFragment], None], far: FarChanges
) -> Update | None:
    """Return what ``write`` brings to a document in this state, and then ``far``."""
    doc: Doc[Any] = Doc(client_id=client_id)
    body = doc.get("default", type=XmlFragment)
    doc.apply_update(state)
    emitted: list[Update] = []

    def keep(event: TransactionEvent) -> None:
        emitted.append(Update(event.update))

    subscription = doc.observe(keep)
    try:
        with doc.transaction():
            write(body)
        clock = decode_state_vector(StateVector(doc.get_state())).get(client_id, 0)
        if (late := far.update(client_id, clock)) is not None:
            doc.apply_update(late)
    finally:
        doc.unobserve(subscription)
    return merge(emitted) if emitted else None


# -- writing -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """What becomes of a child: of one that is there, or of one that is wanted, or of both."""

    old: Item | None
    seen: Item | None
    new: Item | None

    @property
    def stays(self) -> bool:
        return self.old is not None and (self.seen is None or self.new is not None)


def _paired(left: Sequence[Item], right: Sequence[Item]) -> list[Pair]:
    return list(
        aligned(
            left,
            right,
            number=lambda item: item.number,
            is_telling=lambda item: item.has_words,
            likeness=item_likeness,
        )
    )


def _seen_places(old: Sequence[Item], seen: Sequence[Item]) -> dict[int, int]:
    """Return which old child each one that was shown stands for."""
    if seen is old:
        return {place: place for place in range(len(old))}
    return {
        right: left for left, right in _paired(old, seen) if left is not None and right is not None
    }


def _steps(old: Sequence[Item], seen: Sequence[Item], new: Sequence[Item]) -> list[_Step]:
    """Return what is to be done with the children of a block, in order."""
    places = _seen_places(old, seen)
    steps: list[_Step] = []
    done = 0
    for left, right in _paired(seen, new):
        shown = None if left is None else seen[left]
        wanted = None if right is None else new[right]
        at = None if left is None else places.get(left)
        if at is not None:
            # What was not shown stays.
            steps += [_Step(hidden, None, None) for hidden in old[done:at]]
            steps.append(_Step(old[at], shown, wanted))
            done = at + 1
        elif wanted is not None and (shown is None or shown.number != wanted.number):
            # Not what the format itself has added to what is there.
            steps.append(_Step(None, None, wanted))
    return steps + [_Step(hidden, None, None) for hidden in old[done:]]


def _patch_children(
    parent: XmlFragment | XmlElement,
    old: Sequence[Item],
    seen: Sequence[Item],
    new: Sequence[Item],
    far: FarChanges,
    way: Way = (),
) -> int:
    """Change the children of a block; return how many it has then."""
    steps = _steps(old, seen, new)
    # From the end, so that places before it stay as they are.
    count = place = len(parent.children)
    listed = _far_list(steps, place, far, way)
    for at in range(len(steps) - 1, -1, -1):
        step = steps[at]
        if step.old is None:
            if step.new is not None:
                _insert(parent if listed is None else listed, place, step.new)
                count += 1
            continue
        place -= step.old.width
        if step.seen is not None and step.new is not None:
            if step.seen.number != step.new.number:
                _patch_item(step.old, step.seen, step.new, far, (*way, place))
        elif not step.stays:
            if step.old.texts and all(beside.stays for beside in _beside(steps, at)):
                # The text loses its words but stays for those who write in it now. Not beside
                # another text: an editor that joined the two would copy one of them.
                patch_text(step.old.texts, step.old.runs, ())
                continue
            count -= step.old.width
            if listed is None:
                del parent.children[place : place + step.old.width]
            else:
                listed.take(place, step.old.width)
    if listed is not None:
        far.add(listed)
    return count


def _far_list(steps: Sequence[_Step], count: int, far: FarChanges, way: Way) -> FarList | None:
    """Return the list that changes are noted in; None: yrs is told them, it does not walk far."""
    changes = sum(not step.stays for step in steps)
    inner = sum(
        walked_by(step.new.node)
        for step in steps
        if step.old is None and step.new is not None and step.new.node is not None
    )
    if changes * count + changes**2 + inner <= MAX_WALKED:
        return None
    try:
        listed = far.within(way)
    except UpdateError:
        # Something stands there that yrs reads and we do not: slow, then.
        return None
    return listed if len(listed) == count else None


def _beside(steps: Sequence[_Step], at: int) -> list[_Step]:
    return [*steps[max(at - 1, 0) : at], *steps[at + 1 : at + 2]]


def _insert(parent: XmlFragment | XmlElement | FarList, place: int, item: Item) -> None:
    if isinstance(parent, FarList):
        parent.put(place, item.runs if item.node is None else [item.node])
    elif item.node is None:
        write_runs(parent.children.insert(place, XmlText()), item.runs)
    else:
        insert_node(parent, place, item.node)


def _patch_item(old: Item, seen: Item, new: Item, far: FarChanges, way: Way) -> None:
    element = old.element
    if element is None:
        patch_text(old.texts, seen.runs, new.runs)
        return
    stored: Any = element.attributes
    for name in sorted(seen.attrs.keys() | new.attrs.keys()):
        value = new.attrs.get(name)
        if canonical(seen.attrs.get(name)) == canonical(value):
            continue
        if value is not None:
            stored[name] = value
        elif name in stored:
            del stored[name]
    shown = old.children if seen is old else seen.children
    count = _patch_children(element, old.children, shown, new.children, far, way)
    if not count and old.tag in TEXT_BLOCKS:
        element.children.append(XmlText())
