"""What one record does to words that its author had not seen; see docs/merging.md."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from collab.crdt.pairing import Move, Side, matched, spend
from collab.crdt.rescue_fit import LEAVES, TEXT_BLOCKS, is_element, is_text
from collab.crdt.rescue_follow import Follower, stands_between_dead
from collab.crdt.rescue_ids import is_rescuer
from collab.crdt.rescue_input import RescueInput
from collab.crdt.rescue_items import Delete, Item
from collab.crdt.rescue_near import in_order
from collab.crdt.rescue_pen import Pen
from collab.crdt.rescue_ranges import RangeMap
from collab.crdt.rescue_save import Saver
from collab.crdt.rescue_tidy import Tidier
from collab.crdt.rescue_view import View
from collab.crdt.update import STRING, TYPE, Id

#: Units by where they are, with the line of each place.
_Places = dict[str | Id | None, tuple[Id, list[Item]]]
_Texts = set[str | Id | None]


class Act:
    """One record, put in its place; its deletes are noted here.

    Args:
        view: the document with what the record brought.
        pen: writes the rescue.
        said: what the record says about itself.
        fresh: the ranges that it brought.
        listed: the ranges that it deleted, without those of which its author had only heard.
        maybe: dead already, and deleted by its author only if he has carried it.
        instead: of dead blocks, the living ones that took their places; added to.
    """

    def __init__(
        self,
        view: View,
        pen: Pen,
        said: RescueInput,
        fresh: Iterable[Delete],
        listed: Iterable[Delete],
        maybe: Iterable[Delete],
        instead: dict[Id, Id],
    ) -> None:
        self._view = view
        self._items = view.items
        self._pen = pen
        self._said = said
        self._fresh = list(fresh)
        self._since = {client: clock for client, clock, _ in self._fresh}
        self._listed = sorted(listed)
        self._maybe = sorted(maybe)
        self._saver = Saver(view, pen, said.seq, instead)
        self._tidier = Tidier(view, pen, self._is_new, instead)
        #: What the record lists although another had carried it.
        self.again: list[Delete] = []
        #: Of each block, or text in it, a number.
        self._numbers: dict[str | Id | None, int] = {}
        #: Lines out of which something was carried.
        self._emptied: dict[Id, None] = {}
        #: Lines of which a copy was deleted again.
        self._doubled: dict[Id, None] = {}

    def run(self) -> None:
        """Note the deletes, and write what has to follow."""
        if not self._listed and not self._is_suspect():
            return
        dying = self._account()
        self._view.forget()
        # Once more: what was deleted of it has been cut off.
        came = self._items_of(self._fresh)
        for line in self._doubled:
            self._tidier.clear(line)
        self._tidier.note_replacements(dying)
        if self._said.seen is None or self._said.own:  # else he may only have heard of it
            self._tidier.clear_seconds([self._items.find(each[:2]) for each in self.again])
        for item in self._in_order(self._to_save(came, dying)):
            self._save(item)
        self._follow(came)

    def note(self) -> None:
        """Note what was carried and deleted, and write nothing: what was lost here, is."""
        if not self._listed:
            return
        came, went, _ = self._brought_and_taken()
        parts = [(item.client, item.clock, item.length) for item in went]
        pairs = self._pairs(came, went, [])
        for client, start, count in parts:
            for clock, length, copy in pairs.parts((client, start), count):
                if copy is not None and self._view.targets.get((client, clock)) is None:
                    self._view.targets.put((client, clock), length, copy)
        for part in parts:
            self._items.delete(*part, self._said.seq)

    def _items_of(self, parts: Iterable[Delete]) -> list[Item]:
        return [item for part in parts for item in list(self._items.part(*part))]

    def _brought_and_taken(self) -> tuple[list[Item], list[Item], list[Item]]:
        """Return what is new, what was deleted, and what may have been."""
        # Text that its writer goes on with is one item with what is new: each cuts the others.
        ranges = (self._fresh, self._listed, self._maybe)
        for _ in range(2):
            came, went, heard = map(self._items_of, ranges)
        return came, went, heard

    def _is_suspect(self) -> bool:
        """Return whether what is new stands in what is dead, or between what is."""
        for part in self._fresh:
            for item in self._items.within(*part):
                if self._view.is_dead(item.parent):
                    return True
                if item.ref == STRING and stands_between_dead(self._view, item):
                    return True
        return False

    def _is_new(self, item: Item) -> bool:
        return item.clock >= self._since.get(item.client, item.end)

    # -- what was carried, what was deleted, what was done twice ---------------------------------

    def _account(self) -> list[Item]:
        """Note what the record carried and deleted; return the types that died of it."""
        came, went, heard = self._brought_and_taken()
        pairs = self._pairs(came, went, heard)
        spared = self._spared(went, pairs)
        types = [item for item in went if item.ref == TYPE]
        self.again += [(item.client, item.clock, 1) for item in types if item.by]
        dying = [item for item in types if not item.by and not self._is_new(item)]
        # Ranges, since what follows can cut the items.
        units = [
            (item.client, item.clock, item.length)
            for item in went
            if item.id not in spared and self._is_unit(item) and not self._is_new(item)
        ]
        others = [
            (item.client, item.clock, item.length)
            for item in went
            if item.id not in spared and (self._is_new(item) or not self._is_unit(item))
        ]
        for client, start, count in units:
            for clock, length, copy in pairs.parts((client, start), count):
                if copy is not None:
                    self._carry((client, clock), length, copy)
                else:
                    self._take_away((client, clock), length)
        for item in heard:
            for clock, length, copy in list(pairs.parts(item.id, item.length)):
                if copy is not None:
                    self._carry((item.client, clock), length, copy)
        for client, start, count in others:
            for clock, length, copy in pairs.parts((client, start), count):
                if copy is not None:
                    self._view.targets.put((client, clock), length, copy)
        for part in (*units, *others):
            self._items.delete(*part, self._said.seq)
        return dying

    def _take_away(self, first: Id, length: int) -> None:
        """Somebody deleted units: also what they have become, which he had not seen."""
        for start, count, target in self._view.targets.parts(first, length):
            if target is None:
                continue
            self.again.append((first[0], start, count))
            for at in range(start, start + count):
                live = self._view.live((first[0], at))
                if live is not None:
                    self._pen.delete(*live, 1)

    def _carry(self, first: Id, length: int, copy: Id) -> None:
        """Somebody carried units; another may have carried or deleted them before."""
        client, clock = first
        targets = self._view.targets
        for start, count, target in targets.parts(first, length):
            new = (copy[0], copy[1] + start - clock)
            if target is not None:
                self.again.append((client, start, count))
                for at in range(count):
                    self._carry_again((client, start + at), (new[0], new[1] + at))
            elif self._items.find((client, start)).by:
                self._kill(new, count)  # who carried them had not seen them deleted
            else:
                targets.put((client, start), count, new)

    def _carry_again(self, unit: Id, copy: Id) -> None:
        before = self._view.live(unit)
        if before is not None:
            if before != copy:
                self._kill(copy, 1)  # carried twice: the first stays
                self._view.targets.put(copy, 1, before)
            return
        end = unit
        while (further := self._view.targets.get(end)) is not None:
            end = further
        if self._items.find(end).by:
            self._kill(copy, 1)
        else:
            self._view.targets.put(end, 1, copy)

    def _kill(self, copy: Id, length: int) -> None:
        line = self._view.line_of(self._items.find(copy))
        if line is not None:
            self._doubled[line] = None
        self._pen.delete(*copy, length)

    # -- pairs -----------------------------------------------------------------------------------

    def _pairs(self, came: list[Item], went: list[Item], heard: list[Item]) -> RangeMap:
        """Return which of the deleted units were written anew elsewhere, and as what."""
        pairs, listed = RangeMap(), [*went, *heard]
        gone = {item.id for item in listed}
        new = [item for item in came if item.id not in gone and self._is_unit(item)]
        # What was born dead, between two edits that came as one, is no source.
        old, rest = (
            [item for item in some if self._is_unit(item) and not self._is_new(item)]
            for some in (went, heard)
        )
        if not new or not (old or rest):
            return pairs
        # Texts for themselves, apart from their line: an editor makes one of two, and two of one.
        dead_texts: _Texts = {e.id for e in listed if is_text(e) and self._holder(e).id not in gone}
        new_texts: _Texts = {e.id for e in came if is_text(e) and not self._is_new(self._holder(e))}
        new_places, old_places = self._places(new, new_texts), self._places(old, dead_texts)
        rest_places = self._places(rest, dead_texts)
        if len(new_places.keys() | old_places.keys() | rest_places.keys()) < 2:
            return pairs  # in one text: nothing goes from one to another
        new_sides, old_sides = (list(self._sides(each)) for each in (new_places, old_places))
        passing = [item for item in listed if self._is_new(item)]
        count = sum(item.length for item in passing)
        self._put(pairs, matched(new_sides, old_sides, passing=count))
        # Were it the source, the words that he did carry would count as deleted.
        self._put(pairs, matched(new_sides, list(self._sides(rest_places)), passing=count))
        passing = [item for item in passing if self._is_unit(item)]
        if passing and not all(side.is_spent for side in new_sides):
            # What was typed into a line and then carried with it tells where the rest of it is.
            wider = list(self._sides(self._places(old + passing, dead_texts)))
            spend(wider, old_sides)
            self._put(pairs, matched(new_sides, wider))
        return pairs

    def _put(self, pairs: RangeMap, moves: Iterable[Move]) -> None:
        for move in moves:
            pairs.put(move.source, move.length, move.target)
            line = self._view.line_of(self._items.find(move.source))
            if line is not None:
                self._emptied[line] = None

    def _is_unit(self, item: Item) -> bool:
        return item.ref == STRING or self._view.is_node(item)

    def _places(self, some: list[Item], apart: Collection[str | Id | None]) -> _Places:
        """Return units by the text that stands for itself, or the line, in which they are."""
        places: _Places = {}
        for item in some:
            line = self._view.line_of(item)
            if line is not None:
                place = item.parent if item.parent in apart else line
                places.setdefault(place, (line, []))[1].append(item)
        return places

    def _sides(self, places: _Places) -> Iterator[Side]:
        """Yield units line by line, and apart what is in some texts, in the document's order."""
        by_line: dict[Id, list[Item]] = {}
        place_of: dict[Id, str | Id | None] = {}
        for place, (line, some) in places.items():
            by_line.setdefault(line, []).extend(some)
            place_of.update((item.id, place) for item in some)
        for block in self._in_order(map(self._items.find, by_line)):
            sides: dict[str | Id | None, Side] = {}
            for item in in_order(self._view, block.id, by_line[block.id]):
                place = place_of[item.id]
                number = self._numbers.setdefault(place, len(self._numbers))
                side = sides.setdefault(place, Side(number))
                side.add(item.id, self._view.values(item))
            yield from sides.values()

    def _in_order(self, some: Iterable[Item]) -> list[Item]:
        items = list(some)
        return items if len(items) < 2 else sorted(items, key=self._view.path)

    # -- undo ------------------------------------------------------------------------------------

    def _spared(self, went: list[Item], pairs: RangeMap) -> set[Id]:
        """Return what an undo deletes only because it stands in what the undo takes back.

        Yjs's undo deletes the blocks that its person made, and with them all that others have
        written in them, or that was put back into them.
        """
        if self._said.undo is False or (self._said.undo is None and self._said.kind != "live"):
            return set()
        dying = {item.id for item in went if item.ref == TYPE and not self._is_new(item)}
        if not dying:
            return set()
        own = {client for client, _ in dying} | set(self._since)
        spared = set()
        for item in went:
            if item.parent not in dying or not self._is_unit(item) or item.by:
                continue
            if self._said.undo:
                is_spared = item.client not in own
            else:
                # A stock client does not say. Only what was rescued, out of a line that is written
                # anew without it, is sure.
                is_spared = is_rescuer(item.client) and self._view.line_of(item) in self._emptied
            if is_spared and pairs.get(item.id) is None:
                spared.add(item.id)
        return spared

    # -- what died unseen ------------------------------------------------------------------------

    def _to_save(self, came: list[Item], dying: list[Item]) -> list[Item]:
        """Return the dead lines, and the blocks that died in others, that may hold lost words."""
        found: dict[Id, Item] = {}

        def add(item: Item) -> None:
            found[item.id] = item

        for item in came:
            if item.by or not self._view.is_dead(item.parent):
                continue
            if (line := self._view.line_of(item)) is not None:
                add(self._items.find(line))
            elif is_text(item):
                add(self._holder(item))
            elif is_element(item):
                holder = self._holder(item)
                if holder is item or not self._is_new(holder):
                    add(item)
        for item in dying:
            if is_text(item):
                add(self._holder(item))
                continue
            for child in self._items.list_of(item.id):
                if is_text(child) or (self._view.is_node(child) and child.name not in LEAVES):
                    add(item)
                elif is_element(child) and not child.by:
                    add(child)
        return list(found.values())

    def _holder(self, item: Item) -> Item:
        return self._items.find(item.parent) if isinstance(item.parent, tuple) else item

    def _save(self, item: Item) -> None:
        if not is_element(item) or item.by or item.name in LEAVES:
            self._saver.save(item.id)
            return
        lines = list(self._lines_below(item))
        if item.name in TEXT_BLOCKS and not self._died_alone(item):
            self._saver.save(item.id)
            return
        if any(map(self._saver.is_lost, lines)) and all(map(self._saver.is_free, lines)):
            self._saver.replant(item)
            return
        for line in lines:
            self._saver.save(line)

    def _died_alone(self, item: Item) -> bool:
        """Return whether a block died because it stood in something that was deleted."""
        return not item.by and self._view.is_dead(item.parent)

    def _lines_below(self, item: Item) -> Iterator[Id]:
        if item.name in TEXT_BLOCKS or item.name in LEAVES:
            yield item.id
        for child in list(self._items.list_of(item.id)):
            if is_element(child) and (child.name in LEAVES or not self._view.is_node(child)):
                yield from self._lines_below(child)
            elif child.name == "footnote":
                yield child.id

    # -- what lives between what was carried away ------------------------------------------------

    def _follow(self, came: list[Item]) -> None:
        lines = dict(self._emptied)
        for item in came:
            if item.ref == STRING and not item.by and stands_between_dead(self._view, item):
                line = self._view.line_of(item)
                if line is not None:
                    lines[line] = None
        follower = Follower(self._view, self._saver, self._is_new, self._said.upto, self._pen)
        for each in self._in_order(map(self._items.find, lines)):
            if self._view.is_dead(each.id):
                continue
            if each.id in self._emptied:
                follower.follow_all(each.id)
            else:
                follower.follow(each.id, self._living_in(each.id))

    def _living_in(self, line: Id) -> list[Item]:
        """Return the units of a line that the record brought, as they stand now."""
        return [
            item
            for part in self._fresh
            for item in self._items.within(*part)
            if self._is_unit(item)
            and self._view.is_alive(item)
            and self._view.line_of(item) == line
        ]
