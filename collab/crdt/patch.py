"""The least CRDT operations that turn one state of a document into another.

What stays keeps its Yjs items, so that whoever writes in it at the same time loses nothing. Blocks
are aligned by equality, what is left between them by likeness; a block that changed is changed in
place: its attributes, its blocks, its words. One that becomes another type of block is written
anew, since Yjs cannot rename an element. See docs/rest-merge.md.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText

from collab.crdt.contents import read_contents
from collab.crdt.doc import contained
from collab.crdt.encode import TEXT_BLOCKS, encode_blocks
from collab.crdt.patch_text import bag_of, likeness, patch_text, stored_runs
from collab.crdt.reader import element_attrs, plain_value
from collab.crdt.writer import insert_node, write_runs
from collab.richtext.alignment import Pair, aligned
from collab.richtext.schema import NODES, joined, sorted_marks
from collab.richtext.segments import words
from collab.richtext.tree import Json, Mark, Node
from collab.types import ClientId, Update


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

    def write(body: XmlFragment) -> None:
        nonlocal unseen
        numbers = _Numbers()
        stored = _stored(body, numbers)
        seen = stored if shown is None else _wanted(shown, numbers)
        unseen = not may_hide and len(_seen_places(stored, seen)) < len(stored)
        if not unseen:
            _patch_children(body, stored, seen, _wanted(new, numbers))

    update = contained(lambda: _written(state, client_id, write))
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

    def write(body: XmlFragment) -> None:
        nonlocal is_filled
        numbers = _Numbers()
        stored = _stored(body, numbers)
        if len(stored) == 1 and stored[0].tag == "paragraph" and not stored[0].has_words:
            wanted = _wanted(Node("doc", content=tuple(blocks)), numbers)
            _patch_children(body, stored, stored, wanted)
            return
        is_filled = True
        # Of what stands where the blocks go, only the neighbours are of use: the update is thrown
        # away, and the blocks are encoded in one pass. One by one they cost their number squared.
        insert_node(body, len(body.children) if at_end else 0, Node("paragraph"))

    update = contained(lambda: _written(state, client_id, write))
    if update is None or not is_filled:
        return update
    first = read_contents(update)[0][0]
    return contained(
        lambda: encode_blocks(
            blocks, client_id, origin=first.origin, right_origin=first.right_origin
        )
    )


def _written(
    state: Update, client_id: ClientId, write: Callable[[XmlFragment], None]
) -> Update | None:
    """Return what ``write`` brings to a document in this state."""
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
    finally:
        doc.unobserve(subscription)
    return emitted[0] if emitted else None


# -- both sides as values that can be compared ---------------------------------------------------


class _Numbers:
    """A number for all that is equal: to compare two subtrees is to compare two numbers."""

    def __init__(self) -> None:
        self._known: dict[object, int] = {}

    def of(self, *parts: object) -> int:
        return self._known.setdefault(parts, len(self._known))


@dataclass(slots=True)
class _Item:
    """A child of a block: an element, or (no tag) a stretch of text."""

    tag: str
    number: int = 0
    attrs: dict[str, Json] = field(default_factory=dict)
    children: list[_Item] = field(default_factory=list)
    runs: tuple[Node, ...] = ()
    #: What it is in the Yjs tree, if it is there. Neighbouring texts count as one.
    element: XmlElement | None = None
    texts: list[XmlText] = field(default_factory=list)
    #: What it is in the rich-text tree, if it is to be written.
    node: Node | None = None
    known_bag: Counter[str] | None = None

    @property
    def width(self) -> int:
        """How many children of its parent it is."""
        return 1 if self.element is not None else len(self.texts)

    @property
    def has_words(self) -> bool:
        """Whether there is any, at any depth."""
        return any(not run.text.isspace() for run in self.runs) or any(
            child.has_words for child in self.children
        )

    @property
    def bag(self) -> Counter[str]:
        """The words in it, at any depth."""
        if self.known_bag is None:
            self.known_bag = bag_of(words("".join(run.text for run in self.runs)))
            for child in self.children:
                self.known_bag += child.bag
        return self.known_bag


def _stored(parent: XmlFragment | XmlElement, numbers: _Numbers) -> list[_Item]:
    """Return what is in ``parent`` now."""
    out: list[_Item] = []
    for child in parent.children:
        if isinstance(child, XmlText):
            if not (out and out[-1].texts):
                out.append(_Item(""))
            out[-1].texts.append(child)
        elif isinstance(child, XmlElement):
            item = _Item(child.tag or "", element=child)
            item.attrs = _said(item.tag, element_attrs(child))
            item.children = _stored(child, numbers)
            _count_element(item, numbers)
            out.append(item)
    for item in out:
        if item.texts:
            item.runs = _tidy([run.node() for run in stored_runs(item.texts)])
            _count_text(item, numbers)
    return out


def _wanted(parent: Node, numbers: _Numbers) -> list[_Item]:
    """Return what shall be in ``parent``."""
    out: list[_Item] = []
    for is_text, group in groupby(parent.content, key=lambda node: node.type == "text"):
        if is_text:
            runs = _tidy(group)
            if runs:
                out.append(_Item("", runs=runs))
                _count_text(out[-1], numbers)
            continue
        for node in group:
            item = _Item(node.type, attrs=_said(node.type, node.attrs), node=node)
            item.children = _wanted(node, numbers)
            _count_element(item, numbers)
            out.append(item)
    return out


def _said(tag: str, attrs: Mapping[str, Json]) -> dict[str, Json]:
    """Return attributes with the schema's defaults, and without those that are null."""
    known = NODES[tag].attrs if tag in NODES else {}
    filled = {**known, **{name: plain_value(value) for name, value in attrs.items()}}
    return {name: value for name, value in filled.items() if value is not None}


def _tidy(runs: Iterable[Node]) -> tuple[Node, ...]:
    return joined(
        Node(
            "text",
            text=run.text,
            marks=sorted_marks(
                Mark(mark.type, {k: v for k, v in mark.attrs.items() if v is not None})
                for mark in run.marks
            ),
        )
        for run in runs
    )


def _count_text(item: _Item, numbers: _Numbers) -> None:
    runs = (
        (run.text, tuple((mark.type, _canonical(mark.attrs)) for mark in run.marks))
        for run in item.runs
    )
    item.number = numbers.of("", *runs)


def _count_element(item: _Item, numbers: _Numbers) -> None:
    # A text without words, which a block keeps for those who will write in it, does not count.
    inner = tuple(child.number for child in item.children if child.tag or child.runs)
    item.number = numbers.of(item.tag, _canonical(item.attrs), inner)


def _canonical(value: Any) -> str:
    return json.dumps(plain_value(value), sort_keys=True, ensure_ascii=False)


def _likeness(old: _Item, new: _Item) -> float:
    # Even blocks that share no word are paired: what somebody writes there now is kept then.
    return 0.01 + likeness(old.bag, new.bag) if old.tag == new.tag else 0.0


# -- writing -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """What becomes of a child: of one that is there, or of one that is wanted, or of both."""

    old: _Item | None
    seen: _Item | None
    new: _Item | None

    @property
    def stays(self) -> bool:
        return self.old is not None and (self.seen is None or self.new is not None)


def _paired(left: Sequence[_Item], right: Sequence[_Item]) -> list[Pair]:
    return list(
        aligned(
            left,
            right,
            number=lambda item: item.number,
            is_telling=lambda item: item.has_words,
            likeness=_likeness,
        )
    )


def _seen_places(old: Sequence[_Item], seen: Sequence[_Item]) -> dict[int, int]:
    """Return which old child each one that was shown stands for."""
    if seen is old:
        return {place: place for place in range(len(old))}
    return {
        right: left for left, right in _paired(old, seen) if left is not None and right is not None
    }


def _steps(old: Sequence[_Item], seen: Sequence[_Item], new: Sequence[_Item]) -> list[_Step]:
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
    old: Sequence[_Item],
    seen: Sequence[_Item],
    new: Sequence[_Item],
) -> None:
    steps = _steps(old, seen, new)
    # From the end, so that places before it stay as they are.
    place = len(parent.children)
    for at in range(len(steps) - 1, -1, -1):
        step = steps[at]
        if step.old is None:
            if step.new is not None:
                _insert(parent, place, step.new)
            continue
        place -= step.old.width
        if step.seen is not None and step.new is not None:
            if step.seen.number != step.new.number:
                _patch_item(step.old, step.seen, step.new)
        elif not step.stays:
            if step.old.texts and all(beside.stays for beside in _beside(steps, at)):
                # The text loses its words but stays for those who write in it now. Not beside
                # another text: an editor that joined the two would copy one of them.
                patch_text(step.old.texts, step.old.runs, ())
            else:
                del parent.children[place : place + step.old.width]


def _beside(steps: Sequence[_Step], at: int) -> list[_Step]:
    return [*steps[max(at - 1, 0) : at], *steps[at + 1 : at + 2]]


def _insert(parent: XmlFragment | XmlElement, place: int, item: _Item) -> None:
    if item.node is None:
        write_runs(parent.children.insert(place, XmlText()), item.runs)
    else:
        insert_node(parent, place, item.node)


def _patch_item(old: _Item, seen: _Item, new: _Item) -> None:
    element = old.element
    if element is None:
        patch_text(old.texts, seen.runs, new.runs)
        return
    stored: Any = element.attributes
    for name in sorted(seen.attrs.keys() | new.attrs.keys()):
        value = new.attrs.get(name)
        if _canonical(seen.attrs.get(name)) == _canonical(value):
            continue
        if value is not None:
            stored[name] = value
        elif name in stored:
            del stored[name]
    _patch_children(
        element, old.children, old.children if seen is old else seen.children, new.children
    )
    if not len(element.children) and old.tag in TEXT_BLOCKS:
        element.children.append(XmlText())
