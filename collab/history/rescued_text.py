"""Which elements are copies of which: what a rescue wrote, and what it wrote it back for.

A secret that was pasted, lost to somebody's edit and rescued stands in the log twice. Who erases
the one means the other as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collab.crdt.carried import carried_text
from collab.crdt.origins import Entry, Ranges
from collab.crdt.tracked import track, wrapped
from collab.crdt.update import Id
from collab.history.models import UpdateRecord
from collab.history.past import Moment, full_state_at, origins_at


def with_twins(now: Moment, entries: Iterable[Entry]) -> list[Entry]:
    """Return elements and all that rescues made of them, or made them of, as of a moment."""
    out = list(entries)
    records = UpdateRecord.objects.filter(
        document_id=now.document_id, seq__lte=now.seq, kind=UpdateRecord.Kind.RESCUE
    )
    rescues = set(records.values_list("seq", flat=True))
    if not rescues or not out:
        return out
    origins = origins_at(now)
    came = Ranges(origins.inserts)
    carried = carried_text(wrapped(track(full_state_at(now))), came, Ranges(origins.deletes))
    known = {(client, clock + n) for client, clock, length, _ in out for n in range(length)}
    waiting = [((client, clock), length) for client, clock, length, _ in out]
    while waiting:
        start, length = waiting.pop()
        fresh: list[Id] = []
        for taken, target in carried.targets(start, length):
            if target is not None:
                fresh += _of(rescues, came, target, taken)
        place = start
        for taken, source in carried.sources(start, length):
            if source is not None:
                made = set(_of(rescues, came, place, taken))
                fresh += [
                    (source[0], source[1] + n)
                    for n in range(taken)
                    if (place[0], place[1] + n) in made
                ]
            place = (place[0], place[1] + taken)
        for each in fresh:
            if each not in known:
                known.add(each)
                out.append((*each, 1, 0))
                waiting.append((each, 1))
    return out


def _of(rescues: set[int], came: Ranges, start: Id, length: int) -> Iterator[Id]:
    """Yield those of the elements that rescues wrote."""
    client, clock = start
    for taken, seq in came.parts(client, clock, clock + length):
        if seq in rescues:
            yield from ((client, clock + n) for n in range(taken))
        clock += taken
