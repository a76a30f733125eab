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
        self.is_waiting = False
        #: Records that listed what was carried, and of each unit by number which.
        self.told: list[tuple[int, ...]] = []
        self.again = RangeMap()
        #: Rescues that have killed something: their clients, 0 for one that has written nothing;
        #: and of each unit by number which.
        self.killers: list[int] = []
        self.killed = RangeMap()

    def note(self, seq: Seq, fresh: Sequence[Delete], *, has_deleted: bool) -> None:
        """Note a record."""
        if fresh and (has_deleted or self.is_waiting):
            client, clock, _ = fresh[0]
            self.seqs.append(seq)
            self.clients.append(client)
            self.clocks.append(clock)
            self.is_waiting = False
        elif has_deleted:
            self.is_waiting = True

    def has_seen(self, seen: Mapping[int, int], upto: Seq | None, seq: int) -> bool | None:
        """Return whether a replica has seen a record; None: that cannot be known."""
        if upto is not None and seq <= upto:
            return True
        place = bisect_left(self.seqs, seq)
        if place < len(self.seqs):
            has = self.clocks[place] < seen.get(self.clients[place], 0)
            if has or self.seqs[place] == seq:
                return has
        return None if upto is None else False

    def note_again(self, first: Id, length: int, seq: Seq) -> None:
        """Note that a record lists what another has carried before."""
        for at, count, number in self.again.parts(first, length):
            before = self.told[number[0]] if number is not None else ()
            self.told.append((*before[-MAX_TOLD:], seq))
            self.again.put((first[0], at), count, (len(self.told) - 1, at))

    def note_killed(self, killed: Sequence[Delete], rescuer: int) -> None:
        """Note what a rescue has deleted: who has seen its record need not have seen it."""
        if killed:
            self.killers.append(rescuer)
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
        own = {client: clock for client, clock, _ in fresh}
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
        if target is not None and target[1] < seen.get(target[0], 0):
            return True
        around = list(view.above(item.parent))
        if self._has_told(seen, upto, first, length):
            return True
        # What is in a block that it has said to be deleted may have come to it later, and died.
        if any(each.by and self._has_told(seen, upto, each.id, 1) for each in around):
            return True
        unit, killed_by = first, item.by
        if target is not None and is_rescuer(target[0]):
            # It died with what is around it, and was named by its rescue.
            dead = next((each for each in around if each.by), None)
            unit, killed_by = (dead.id, dead.by) if dead is not None else (first, 0)
        return self._has_seen_death(seen, upto, unit, killed_by) if killed_by else False

    def _has_seen_death(
        self, seen: Mapping[int, int], upto: Seq | None, unit: Id, killed_by: int
    ) -> bool | None:
        """Return whether a replica has seen what a record, or the rescue of it, has killed."""
        has_seen = self.has_seen(seen, upto, killed_by)
        number = self.killed.get(unit)
        if number is None or has_seen is False:
            return has_seen
        rescuer = self.killers[number[0]]
        return seen.get(rescuer, 0) > 0 if rescuer else None
