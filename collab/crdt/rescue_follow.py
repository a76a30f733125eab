"""Letters that live between letters that were carried out of a living block: they go with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from collab.crdt.rescue_ids import is_rescuer
from collab.crdt.rescue_items import Item
from collab.crdt.rescue_save import Saver
from collab.crdt.rescue_view import View
from collab.crdt.update import STRING, Id
from collab.types import Seq


def stands_between_dead(view: View, item: Item) -> bool:
    """Return whether letters stand behind dead ones and not before living ones."""
    left, right = view.items.before(item), item.right
    return (
        left is not None
        and bool(left.by)
        and (right is None or bool(right.by))
        and not item.by
        and (right is not None or view.targets.get(left.last) is not None)
    )


def follow(
    view: View,
    saver: Saver,
    line: Id,
    is_new: Callable[[Item], bool],
    *,
    is_emptied: bool,
    upto: Seq | None,
) -> None:
    """Move what stands between letters that the record, or an earlier one, has carried away.

    Args:
        view: the document.
        saver: what writes.
        line: a living block.
        is_new: whether the record brought something.
        is_emptied: whether it carried something out of the line.
        upto: the last record that its author had seen; None: not known.
    """
    spans = view.spans(line)

    def is_here(place: int) -> bool:
        client, clock, _ = spans[place]
        return view.is_alive(view.items.find((client, clock))) and not is_rescuer(client)

    def beyond(places: Iterator[int], *, is_left: bool) -> Id | None:
        """Return what the nearest dead unit has become, unless a living one is nearer."""
        for place in places:
            client, clock, length = spans[place]
            if view.is_alive(view.items.find((client, clock))):
                return None
            if view.is_gone((client, clock)):
                continue
            units = range(clock, clock + length)
            for at in reversed(units) if is_left else units:
                if (found := view.live((client, at))) is not None:
                    return found
        return None

    def home_of(unit: Id) -> Id | None:
        return view.line_of(view.items.find(unit))

    start = 0
    while start < len(spans):
        if not is_here(start):
            start += 1
            continue
        end = start
        while end < len(spans) and is_here(end):
            end += 1
        row, first, start = spans[start:end], start, end
        row_is_new = any(is_new(view.items.find(span[:2])) for span in row)
        left = beyond(iter(range(first - 1, -1, -1)), is_left=True)
        home = home_of(left) if left is not None else None
        if left is None or home is None or home == line or not (row_is_new or is_emptied):
            continue
        right = beyond(iter(range(end, len(spans))), is_left=False)
        if right is not None:
            goes = home_of(right) == home
        elif end < len(spans):
            goes = False
        elif row_is_new:
            # Who types at the end of what a split has left sends the same as one who had not seen
            # the split: only the author's own program can tell.
            goes = upto is not None and _carried_by(view, spans, first) > upto
        else:
            # At the end of what a split carried there is none: it made the block, which ends there.
            goes = is_new(view.items.find(home)) and _ends_its_text(view, left)
        if goes:
            saver.write_in(row, view.ending(left))


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
