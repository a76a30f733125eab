"""The stories of carried text are in tests/history/test_carried.py."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from collab.crdt.carried import Carried, carried_text
from collab.crdt.contents import read_contents
from collab.crdt.origins import Origins, Ranges
from collab.crdt.pairing import Move, Side, matched, units_of
from collab.crdt.past import advance
from collab.crdt.patch import patch_document
from collab.crdt.tracked import track
from collab.crdt.update import STRING, decode_update
from collab.crdt.writer import document_to_update
from collab.richtext.tree import Node
from collab.types import ClientId, Seq, Update


def test_parts_of_a_stretch_say_where_they_were_and_what_they_became() -> None:
    """Before, in and after what was carried; of a client that carried nothing, nothing."""
    carried = Carried([Move((2, 10), (1, 5), 3)])
    assert list(carried.sources((2, 8), 7)) == [(2, None), (3, (1, 5)), (2, None)]
    assert list(carried.sources((2, 11), 1)) == [(1, (1, 6))]
    assert list(carried.targets((1, 0), 8)) == [(5, None), (3, (2, 10))]
    assert list(carried.sources((9, 0), 2)) == [(2, None)]


def written(*blocks: tuple[str, str]) -> Node:
    return Node("doc", content=tuple(Node(tag, content=(text(said),)) for tag, said in blocks))


def text(said: str) -> Node:
    return Node("text", text=said)


def carried_in(*versions: Node) -> tuple[Carried, Update]:
    """Return what was carried in a log of replacements over REST, and the state."""
    log = [document_to_update(versions[0], ClientId(1))]
    origins = Origins()
    for number, after in enumerate(versions[1:]):
        patched = patch_document(advance(log), after, ClientId(2 + number))
        if patched is not None:
            log.append(patched)
    for seq, update in enumerate(log, start=1):
        origins.add(Seq(seq), decode_update(update))
    state = advance(log)
    return carried_text(track(state), Ranges(origins.inserts), Ranges(origins.deletes)), state


def test_one_block_made_of_parts_of_two() -> None:
    """What was matched with the first of them is no number that the comparison refuses."""
    carried, _ = carried_in(
        written(("paragraph", "xx hello yy"), ("paragraph", "zz world and qq")),
        written(("heading", "hello world and more")),
    )
    said = [length for length, source in carried.sources((2, 0), 40) if source is not None]
    assert sum(said) >= len("hello") + len(" world and ")


WORD = st.sampled_from(["hello", "world", "and more", "x", "一二三四", "😀"])
LINE = st.tuples(
    st.sampled_from(["paragraph", "heading", "codeBlock"]),
    st.lists(WORD, min_size=1, max_size=5).map(" ".join),
)


@given(st.lists(st.lists(LINE, min_size=1, max_size=5), min_size=2, max_size=4))
@settings(max_examples=100, deadline=None)
def test_any_replacement_can_be_followed(versions: list[list[tuple[str, str]]]) -> None:
    """Whatever blocks become of whatever blocks, the same letters are found, each once."""
    carried, state = carried_in(*(written(*lines) for lines in versions))
    contents, _ = read_contents(state)
    units = {
        (each.client, each.clock + place): unit
        for each in contents
        if each.ref == STRING
        for place, unit in enumerate(units_of(each.value))
    }
    sources = []
    for (client, clock), unit in units.items():
        for _, source in carried.sources((client, clock), 1):
            if source is not None:
                assert units[source] == unit
                sources.append(source)
    assert len(sources) == len(set(sources))


def test_a_great_many_blocks_are_matched_in_time_that_grows_with_them() -> None:
    """More than are compared each with each: long rows are found all the same, each once."""
    old = [f"{n:04d} is the number of this line" for n in range(300)]
    went, came, clock = [], [], 0
    for place, said in enumerate(old):
        went.append(Side(place))
        went[-1].add((1, clock), units_of(said))
        came.append(Side(1000 + place))
        came[-1].add((2, clock), units_of(said[:-1] + "?"))
        clock += len(said)
    moves = list(matched(came, went))
    assert sum(move.length for move in moves) == clock - len(old)
    assert all(move.source[1] == move.target[1] for move in moves)
