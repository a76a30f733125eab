from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collab.crdt.origins import Entry, Origins, Ranges
from collab.crdt.update import decode_update
from collab.types import Seq
from tests.crdt.sessions import session

entries = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 30), st.integers(1, 8)), max_size=30
).map(lambda found: [(*each, seq) for seq, each in enumerate(found, start=1)])


@given(entries)
def test_the_first_record_has_it(found: list[Entry]) -> None:
    """Ranges answer as a table of every single element would."""
    table: dict[tuple[int, int], int] = {}
    for client, clock, length, seq in found:
        for each in range(clock, clock + length):
            table.setdefault((client, each), seq)
    ranges = Ranges(found)
    for client in range(1, 4):
        for clock in range(40):
            answer = ranges.find(client, clock)
            assert (answer and answer[0]) == table.get((client, clock))
            if answer is not None:
                assert all(table[client, each] == answer[0] for each in range(clock, answer[1]))


def test_packed_and_back() -> None:
    """What is stored is what was noted, of stretches joined too."""
    whole, parts = Origins(), [Origins(), Origins()]
    for seq, update in enumerate(session(3), start=1):
        decoded = decode_update(update)
        whole.add(Seq(seq), decoded)
        parts[seq > 20].add(Seq(seq), decoded)
    joined = Origins()
    for part in parts:
        joined.extend(Origins.unpack(part.pack()))
    assert (joined.inserts, joined.deletes) == (whole.inserts, whole.deletes)
    assert Origins.unpack(Origins().pack()).inserts == []
