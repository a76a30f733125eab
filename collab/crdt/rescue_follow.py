"""Letters that live between letters that were carried out of a living block: they go with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from collab.crdt.rescue_items import Delete, Item
from collab.crdt.rescue_near import rows_of
from collab.crdt.rescue_pen import Pen
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


class Follower:
    """Moves what stands between letters that the record, or an earlier one, has carried away.

    Args:
        view: the document.
        saver: what writes.
        is_new: whether the record brought something.
        upto: the last record that its author had seen; None: not known.
        pen: what the saver writes with: what it has just written stands where it should.
    """

    def __init__(
        self,
        view: View,
        saver: Saver,
        is_new: Callable[[Item], bool],
        upto: Seq | None,
        pen: Pen,
    ) -> None:
        self._view = view
        self._saver = saver
        self._is_new = is_new
        self._upto = upto
        self._own = pen.client

    def follow_all(self, line: Id) -> None:
        """See to a living line out of which the record has carried something."""
        self._move(line, self._view.spans(line), is_emptied=True)

    def follow(self, line: Id, brought: list[Item]) -> None:
        """See to what the record brought to a living line: the rows of letters in which that is."""
        rows = rows_of(self._view, line, brought, self._own)
        if rows is None:
            self._move(line, self._view.spans(line), is_emptied=False)
            return
        spans = [self._view.spans_of(row) for row in rows]
        if len(spans) == 1:
            self._move(line, spans[0], is_emptied=False)
        elif any(self._is_behind_carried(line, each) for each in spans):
            # One that goes can make another go: in the order of the line.
            self._move(line, self._view.spans(line), is_emptied=False)

    def _move(self, line: Id, spans: list[Delete], *, is_emptied: bool) -> None:
        view, start = self._view, 0
        while start < len(spans):
            if not self._is_here(spans[start]):
                start += 1
                continue
            end = start
            while end < len(spans) and self._is_here(spans[end]):
                end += 1
            left = self._left_of(line, spans, start)
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
            row_is_new = any(self._is_new(view.items.find(span[:2])) for span in row)
            if left is None or home is None or not (row_is_new or is_emptied):
                continue
            right = None
            if not at_end:
                right = self._right_of(line, spans, end, row[0][:2])
            if right is not None:
                goes = _text_of(view, right) == _text_of(view, left) or (
                    home != line and view.line_of(view.items.find(right)) == home
                )
            elif not at_end:
                goes = False
            elif row_is_new:
                # Who types at the end of what a split has left sends the same as one who had not
                # seen the split: only the author's own program can tell.
                goes = self._upto is not None and _carried_by(view, spans, first) > self._upto
            else:
                # At the end of what a split carried there is none: it made the text, which ends
                # there.
                made = _text_of(view, left)
                goes = isinstance(made, tuple) and self._is_new(view.items.find(made))
                goes = goes and _ends_its_text(view, left)
            if goes:
                self._saver.write_in(row, view.ending(left))

    def _is_here(self, span: Delete) -> bool:
        client, clock, _ = span
        return client != self._own and self._view.is_alive(self._view.items.find((client, clock)))

    def _is_behind_carried(self, line: Id, spans: list[Delete]) -> bool:
        """Return whether a row stands behind letters that were carried."""
        return any(
            self._is_here(spans[place])
            and not self._is_here(spans[place - 1])
            and self._left_of(line, spans, place) is not None
            for place in range(1, len(spans))
        )

    def _left_of(self, line: Id, spans: list[Delete], start: int) -> Id | None:
        places = range(start - 1, -1, -1)
        return self._beyond(line, spans, places, spans[start][:2], is_left=True)

    def _right_of(self, line: Id, spans: list[Delete], end: int, row: Id) -> Id | None:
        return self._beyond(line, spans, range(end, len(spans)), row, is_left=False)

    def _beyond(
        self, line: Id, spans: list[Delete], places: Iterable[int], row: Id, *, is_left: bool
    ) -> Id | None:
        """Return what the nearest dead unit has become, unless a living one is nearer."""
        view = self._view
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
                    and not self._has_left(line, (client, at), found)
                ):
                    return found
        return None

    def _has_left(self, line: Id, unit: Id, found: Id) -> bool:
        """Return whether a unit had another place in this line before it went to another."""
        view = self._view
        step = view.targets.get(unit)
        at = view.line_of(view.items.find(step)) if step is not None else None
        return at == line and view.line_of(view.items.find(found)) != line


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
