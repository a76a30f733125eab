"""What of a whole delete set is its sender's own: the rest is what it has been told.

A replica that comes back answers sync step 1 with all that it ever saw deleted: by others, with a
block, or by its own person. Its state vector tells which records it has seen.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from collab.crdt.rescue_ids import is_rescuer
from collab.crdt.rescue_items import Delete, Item
from collab.crdt.rescue_ranges import RangeMap
from collab.crdt.rescue_view import View
from collab.crdt.update import Id
from collab.types import Seq

#: Records that are remembered of one unit, besides the last.
MAX_TOLD = 15


class Witnesses:
    """Answers whether a replica has seen a record that deleted something.

    A state vector counts structs. So a record with structs stands for itself, and one that only
    deletes is known by the next one that has some.
    """

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.clients: list[int] = []
        self.clocks: list[int] = []
        #: Whose record is so far the only witness of one that only deletes. 0: nobody's. None: two
        #: people's are, or there is none such.
        self.waiting: int | None = None
        #: The clients of whose record it is asked what it has seen: it has seen its own.
        self._own: Mapping[int, int] = {}
        #: The places of the others' records; None: not looked for yet.
        self._others: list[int] | None = None
        #: Records that listed what was carried, and of each unit by number which.
        self.told: list[tuple[int, ...]] = []
        self.again = RangeMap()
        #: Rescues that have killed something: their clients, 0 for one that has written nothing,
        #: with something that was there before; and of each unit by number which.
        self.killers: list[tuple[int, Id | None]] = []
        self.killed = RangeMap()

    def note(self, seq: Seq, fresh: Sequence[Delete], *, has_deleted: bool) -> None:
        """Note a record."""
        client, clock, _ = fresh[0] if fresh else (0, 0, 0)
        if fresh and (has_deleted or (self.waiting is not None and self.waiting != client)):
            self.seqs.append(seq)
            self.clients.append(client)
            self.clocks.append(clock)
            if self.waiting is not None and self.waiting != client:
                self.waiting = None if self.waiting else client
        elif has_deleted:
            self.waiting = 0

    def has_seen(self, seen: Mapping[int, int], upto: Seq | None, seq: int) -> bool | None:
        """Return whether a replica has seen a record; None: that cannot be known."""
        if upto is not None and seq <= upto:
            return True
        place = bisect_left(self.seqs, seq)
        if place < len(self.seqs) and self.seqs[place] == seq:
            return self.clocks[place] < seen.get(self.clients[place], 0)
        # What it has written itself is no witness of what others had written before.
        if place < len(self.seqs) and self.clients[place] in self._own:
            place = self._next_of_others(place)
        if place < len(self.seqs) and self.clocks[place] < seen.get(self.clients[place], 0):
            return True
        return None if upto is None else False

    def _next_of_others(self, place: int) -> int:
        if self._others is None:
            self._others = [n for n, each in enumerate(self.clients) if each not in self._own]
        found = bisect_left(self._others, place)
        return self._others[found] if found < len(self._others) else len(self.seqs)

    def note_again(self, first: Id, length: int, seq: Seq) -> None:
        """Note that a record lists what another has carried before."""
        for at, count, number in self.again.parts(first, length):
            before = self.told[number[0]] if number is not None else ()
            self.told.append((*before[-MAX_TOLD:], seq))
            self.again.put((first[0], at), count, (len(self.told) - 1, at))

    def note_killed(self, killed: Sequence[Delete], rescuer: int, before: Id | None) -> None:
        """Note what a rescue has deleted: who has seen its record need not have seen it.

        Args:
            killed: what it has deleted.
            rescuer: its client; 0: it has written nothing.
            before: something older: who has not seen that has not seen the rescue.
        """
        if killed:
            self.killers.append((rescuer, before))
        for client, clock, length in killed:
            self.killed.put((client, clock), length, (len(self.killers) - 1, clock))

    def _has_told(self, seen: Mapping[int, int], upto: Seq | None, first: Id, length: int) -> bool:
        """Return whether the sender has said already that it deleted something."""
        return any(
            number is not None
            and any(self.has_seen(seen, upto, seq) for seq in self.told[number[0]])
            for _, _, number in self.again.parts(first, length)
        )

    def meant(
        self,
        view: View,
        seen: Mapping[int, int],
        upto: Seq | None,
        fresh: Iterable[Delete],
        listed: Iterable[Delete],
    ) -> tuple[tuple[Delete, ...], tuple[Delete, ...]]:
        """Return what of a whole delete set its sender has deleted without knowing it dead.

        Apart from it, what that cannot be known of: it counts only where the sender has carried it.
        """
        own = self._own = {client: clock for client, clock, _ in fresh}
        self._others = None
        out: list[Delete] = []
        maybe: list[Delete] = []
        for client, clock, length in listed:
            end = clock + length
            for item in view.items.within(client, clock, length):
                low, high = max(clock, item.clock), min(end, item.end)
                if low >= own.get(client, high) or view.is_alive(item):
                    out.append((client, low, high - low))
                elif item.by:
                    for at, count, target in view.targets.parts((client, low), high - low):
                        knows = self._knows(view, seen, upto, item, (client, at), count, target)
                        if knows is False or (target is None and knows is None):
                            out.append((client, at, count))
                        elif knows is None:
                            maybe.append((client, at, count))
        return tuple(out), tuple(maybe)

    def _knows(
        self,
        view: View,
        seen: Mapping[int, int],
        upto: Seq | None,
        item: Item,
        first: Id,
        length: int,
        target: Id | None,
    ) -> bool | None:
        """Return whether a replica knew that something was dead when it listed it."""
        if self._has_told(seen, upto, first, length):
            return True
        # What is in a block that it knows to be deleted may have come to it later, and died.
        around = [each for each in view.above(item.parent) if each.by]
        knew = [self._knows_dead(seen, upto, each) for each in around]
        if True in knew:
            return True
        if target is not None and not is_rescuer(target[0]) and self.killed.get(first) is not None:
            # The second copy, deleted by a rescue for the first, which is older.
            knows = self._has_seen_death(seen, upto, first, item.by)
        elif target is not None and target[1] < seen.get(target[0], 0):
            return True
        elif target is None or not is_rescuer(target[0]):
            knows = self._has_seen_death(seen, upto, first, item.by)
        elif around:
            # It died with what is around it, and was named by its rescue.
            knows = self._has_seen_death(seen, upto, around[0].id, around[0].by)
        else:
            knows = False
        return None if knows is False and None in knew else knows

    def _knows_dead(self, seen: Mapping[int, int], upto: Seq | None, block: Item) -> bool | None:
        """Return whether a replica knows that a block is deleted; None: that cannot be known."""
        if self._has_told(seen, upto, block.id, 1):
            return True
        return self._has_seen_death(seen, upto, block.id, block.by)

    def _has_seen_death(
        self, seen: Mapping[int, int], upto: Seq | None, unit: Id, killed_by: int
    ) -> bool | None:
        """Return whether a replica has seen what a record, or the rescue of it, has killed."""
        has_seen = self.has_seen(seen, upto, killed_by)
        number = self.killed.get(unit)
        if number is None or has_seen is False:
            return has_seen
        rescuer, before = self.killers[number[0]]
        if rescuer:
            return seen.get(rescuer, 0) > 0
        return False if before is not None and seen.get(before[0], 0) <= before[1] else None
