"""Letters that live between letters that were carried out of a living block: they go with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from collab.crdt.rescue_items import Item
from collab.crdt.rescue_save import Saver
from collab.crdt.rescue_view import View
from collab.crdt.update import FORMAT, STRING, Id
from collab.types import Seq


def stands_between_dead(view: View, item: Item) -> bool:
    """Return whether letters stand behind dead ones and not before living ones."""
    left, right = view.items.before(item), item.right
    while left is not None and left.ref == FORMAT:
        left = view.items.before(left)
    while right is not None and right.ref == FORMAT:
        right = right.right
    if left is None or not left.by or item.by:
        return False
    return bool(right.by) if right is not None else view.targets.get(left.last) is not None


def follow(
    view: View,
    saver: Saver,
    line: Id,
    is_new: Callable[[Item], bool],
    *,
    is_emptied: bool,
    upto: Seq | None,
    own: int,
) -> None:
    """Move what stands between letters that the record, or an earlier one, has carried away.

    Args:
        view: the document.
        saver: what writes.
        line: a living block.
        is_new: whether the record brought something.
        is_emptied: whether it carried something out of the line.
        upto: the last record that its author had seen; None: not known.
        own: the client that writes: what it has just written stands where it should.
    """
    spans = view.spans(line)

    def is_here(place: int) -> bool:
        client, clock, _ = spans[place]
        return view.is_alive(view.items.find((client, clock))) and client != own

    def beyond(places: Iterator[int], row: Id, *, is_left: bool) -> Id | None:
        """Return what the nearest dead unit has become, unless a living one is nearer."""
        was_there = view.neighbours_of(row)
        for place in places:
            client, clock, length = spans[place]
            if view.is_alive(view.items.find((client, clock))):
                return None
            if view.is_gone((client, clock)):
                continue
            units = range(clock, clock + length)
            for at in reversed(units) if is_left else units:
                found = view.live((client, at))
                if (
                    found is not None
                    and was_there((client, at))
                    and not has_left((client, at), found)
                ):
                    return found
        return None

    def has_left(unit: Id, found: Id) -> bool:
        """Return whether a unit had another place in this line before it went to another."""
        step = view.targets.get(unit)
        at = view.line_of(view.items.find(step)) if step is not None else None
        return at == line and view.line_of(view.items.find(found)) != line

    start = 0
    while start < len(spans):
        if not is_here(start):
            start += 1
            continue
        end = start
        while end < len(spans) and is_here(end):
            end += 1
        left = beyond(iter(range(start - 1, -1, -1)), spans[start][:2], is_left=True)
        home = view.line_of(view.items.find(left)) if left is not None else None
        at_end = end == len(spans)
        if home == line:
            # Within one line the texts tell places apart: a break parts it in two.
            stop = start
            text = view.items.find(spans[start][:2]).parent
            while stop < end and view.items.find(spans[stop][:2]).parent == text != line:
                stop += 1
            at_end, end = at_end or stop < end, max(stop, start + 1)
            home = None if stop == start or _text_of(view, left) == text else home
        row, first, start = spans[start:end], start, end
        row_is_new = any(is_new(view.items.find(span[:2])) for span in row)
        if left is None or home is None or not (row_is_new or is_emptied):
            continue
        right = None
        if not at_end:
            right = beyond(iter(range(end, len(spans))), row[0][:2], is_left=False)
        if right is not None:
            goes = _text_of(view, right) == _text_of(view, left) or (
                home != line and view.line_of(view.items.find(right)) == home
            )
        elif not at_end:
            goes = False
        elif row_is_new:
            # Who types at the end of what a split has left sends the same as one who had not seen
            # the split: only the author's own program can tell.
            goes = upto is not None and _carried_by(view, spans, first) > upto
        else:
            # At the end of what a split carried there is none: it made the text, which ends there.
            made = _text_of(view, left)
            goes = isinstance(made, tuple) and is_new(view.items.find(made))
            goes = goes and _ends_its_text(view, left)
        if goes:
            saver.write_in(row, view.ending(left))


def _text_of(view: View, unit: Id | None) -> str | Id | None:
    return view.items.find(unit).parent if unit is not None else None


def _carried_by(view: View, spans: list[tuple[int, int, int]], place: int) -> int:
    """Return the record that carried away the nearest letters on the left."""
    for before in range(place - 1, -1, -1):
        unit = spans[before][:2]
        if not view.is_gone(unit):
            return view.items.find(unit).by
    return 0


def _ends_its_text(view: View, unit: Id) -> bool:
    item = view.ending(unit).right
    while item is not None:
        if item.ref == STRING and not item.by:
            return False
        item = item.right
    return True
