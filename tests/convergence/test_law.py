"""The law of merging in random runs: no word is lost or doubled, in every order of arrival.

``LAW_EXAMPLES`` sets how many runs of each kind there are; docs/merging.md has the figures.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collab.crdt.carried import carried_text
from collab.crdt.contents import read_contents
from collab.crdt.lineage import divergence, missing_update
from collab.crdt.origins import Origins, Ranges
from collab.crdt.pairing import units_of
from collab.crdt.past import advance
from collab.crdt.reader import read_updates
from collab.crdt.rescue import Rescuer, is_rescuer
from collab.crdt.rescue_fit import fitting, holds_blocks
from collab.crdt.tracked import Element, track
from collab.crdt.update import STRING, decode_update
from collab.richtext.schema import INLINE, NODES
from collab.types import Seq, Update
from tests.convergence.law import DOCUMENT, Play, Step, play
from tests.convergence.law_people import plain

EXAMPLES = int(os.environ.get("LAW_EXAMPLES", "60"))
NUMBER = st.integers(0, 63)
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 23), NUMBER, NUMBER), min_size=1, max_size=24
)
model = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 60,
    suppress_health_check=list(HealthCheck),
)


def check(run: Play) -> None:
    """What holds after every run."""
    assert len({str(read_updates([Update(who.doc.get_update())])) for who in run.people}) == 1
    found = run.judged()
    assert not found["lost"], found
    assert not found["doubled"], found
    assert list(invalid(track(run.state()))) == []


def invalid(element: Element) -> Iterator[str]:
    """Yield what a rescue has put where the schema does not have it."""
    for child in element.children:
        if child.is_deleted:
            continue
        is_ours = child.id is not None and is_rescuer(child.id[0])
        known = NODES[element.type]
        if not isinstance(child, Element):
            if is_ours and known.content not in ("inline", "text"):
                yield f"text in {element.type}"
            continue
        if is_ours:
            if child.type in INLINE:
                if known.content != "inline":
                    yield f"{child.type} in {element.type}"
            elif fitting(child.type, element.type) != child.type:
                yield f"{child.type} in {element.type}"
            living = [each for each in child.children if not each.is_deleted]
            if not living and (holds_blocks(child.type) or NODES[child.type].children):
                yield f"empty {child.type}"
        yield from invalid(child)


@given(STEPS, st.integers(0, 8))
@model
def test_no_word_is_lost_or_doubled(steps: list[Step], lag: int) -> None:
    """Edits that are sent as they come, rescues at once or late."""
    check(play(steps, lag=lag))


@given(STEPS, st.integers(0, 8), st.booleans())
@model
def test_nor_by_one_who_comes_back(steps: list[Step], lag: int, says: bool) -> None:
    """Who was away sends all at once, with all that was ever deleted."""
    check(play(steps, lag=lag, says=says, with_return=True))


@pytest.mark.parametrize(
    "steps",
    [
        # One splits a line that another restyles, then moves; who comes back has seen neither the
        # split nor what the rescue has made of the restyled line.
        [(1, 19, 0, 0), (1, 4, 0, 0), (0, 15, 0, 0), (0, 3, 0, 0), (0, 22, 0, 0), (0, 7, 0, 0)],
        [(1, 15, 0, 0), (2, 16, 0, 0), (1, 5, 0, 0), (2, 4, 0, 0), (2, 14, 0, 0), (2, 7, 0, 0)],
        # A letter besides, typed into the restyled line.
        [
            *[(1, 19, 0, 0), (1, 4, 0, 0), (0, 15, 0, 0), (0, 9, 0, 0)],
            *[(0, 3, 1, 0), (0, 22, 0, 0), (0, 7, 0, 0)],
        ],
    ],
)
def test_who_comes_back_need_not_have_seen_the_rescue_of_a_record_that_he_has_seen(
    steps: list[Step],
) -> None:
    """What a rescue has deleted, he lists because he has carried it."""
    check(play(steps, with_return=True))


@pytest.mark.parametrize(
    ("steps", "seed"),
    [
        # What came to him in a block that he had deleted, and died there, he lists; he did not
        # delete it.
        (
            [
                *[(1, 11, 0, 0), (1, 14, 0, 0), (0, 15, 0, 0), (1, 4, 0, 0)],
                *[(0, 0, 0, 0), (1, 4, 0, 0), (0, 7, 0, 0)],
            ],
            None,
        ),
        # He moved a line, and typed in it before he came back: fewer than four letters in a row.
        (
            [
                *[(0, 9, 0, 0), (1, 20, 0, 0), (0, 3, 0, 0), (1, 7, 0, 0), (0, 22, 0, 0)],
                *[(0, 11, 0, 1), (0, 7, 0, 0)],
            ],
            None,
        ),
        (
            [
                *[(2, 22, 0, 0), (0, 14, 0, 0), (0, 16, 0, 0), (0, 10, 0, 0), (0, 14, 0, 0)],
                *[(2, 5, 0, 0), (0, 11, 0, 1), (0, 3, 2, 0), (0, 7, 0, 0)],
            ],
            None,
        ),
        # He typed in it first, and then moved it.
        ([(2, 10, 0, 1), (1, 12, 0, 0), (2, 16, 0, 0), (2, 7, 0, 0)], None),
        ([(0, 10, 0, 1), (0, 15, 0, 0), (0, 7, 0, 0), (2, 12, 0, 0)], None),
        # He erased some of what he had split off.
        ([(0, 10, 0, 0), (2, 20, 0, 0), (0, 19, 0, 0), (0, 12, 1, 0), (0, 7, 0, 0)], None),
        # The second copy died by a rescue that he had not seen; he carries it on, or deletes it.
        (
            [
                *[(1, 14, 0, 0), (1, 4, 0, 0), (2, 10, 0, 0), (2, 19, 0, 0), (2, 18, 1, 0)],
                *[(2, 11, 0, 0), (2, 16, 0, 0), (2, 1, 0, 0), (2, 7, 0, 0), (2, 14, 0, 0)],
                (2, 7, 0, 0),
            ],
            300579,
        ),
        (
            [
                *[(1, 16, 0, 0), (1, 7, 0, 0), (0, 16, 0, 0), (0, 3, 0, 0), (0, 11, 0, 2)],
                *[(0, 19, 0, 1), (0, 7, 0, 0)],
            ],
            None,
        ),
        (
            [
                *[(0, 22, 0, 0), (0, 5, 0, 0), (1, 15, 0, 0), (1, 3, 0, 0), (1, 12, 0, 0)],
                (1, 7, 0, 0),
            ],
            None,
        ),
        # He may have heard that a block died into which he had carried something.
        (
            [
                *[(0, 18, 1, 0), (2, 20, 0, 0), (2, 15, 0, 0), (2, 5, 0, 0), (0, 0, 0, 0)],
                *[(2, 4, 0, 0), (0, 7, 0, 0)],
            ],
            None,
        ),
        # He typed on behind what he had sent, and then moved it.
        (
            [
                *[(1, 21, 1, 0), (1, 20, 0, 0), (1, 11, 4, 2), (1, 5, 0, 0), (1, 22, 1, 0)],
                (1, 7, 0, 0),
            ],
            700971,
        ),
        # His own record tells nothing of what another had deleted before it.
        (
            [
                *[(1, 22, 1, 0), (1, 19, 1, 0), (2, 20, 0, 0), (2, 4, 0, 0), (1, 4, 0, 0)],
                (1, 7, 0, 0),
            ],
            None,
        ),
    ],
)
def test_what_one_lists_who_comes_back_is_his_own_or_not(
    steps: list[Step], seed: int | None
) -> None:
    run = play(steps, with_return=True, seed=seed or 0, lag=5 if seed else 0)
    check(run)
    assert not run.judged()["revived"]


@given(STEPS, st.booleans())
@model
def test_nor_by_an_undo(steps: list[Step], says: bool) -> None:
    check(play(steps, says=says, with_undo=True))


@given(STEPS, st.integers(0, 8), st.integers(0, 40))
@model
def test_a_second_rescuer_writes_the_same_bytes(steps: list[Step], lag: int, stop: int) -> None:
    """Wherever it begins again from what the first has dumped."""
    run = play(steps, lag=lag, with_return=True)
    rescuer, rescues = Rescuer(DOCUMENT), []
    for place, record in enumerate(run.records):
        if place == stop:
            rescuer = Rescuer.restored(DOCUMENT, rescuer.dump())
        rescues.append(rescuer.take(record))
    assert rescues == run.rescues
    assert rescuer.dump() == run.rescuer.dump()


@given(STEPS)
@model
def test_every_reader_of_the_log_can_read_it(steps: list[Step]) -> None:
    """Attribution, differences, drafts: none raises, and what was carried reads the same."""
    run = play(steps, with_return=True, with_undo=True)
    origins = Origins()
    for place, (_, update) in enumerate(run.log, start=1):
        origins.add(Seq(place), decode_update(update))
    origins = Origins.unpack(origins.pack())
    state, half = run.state(), advance([update for _, update in run.log[: len(run.log) // 2]])
    root = track(state)
    assert root.node() == read_updates([state])
    carried = carried_text(root, Ranges(origins.inserts), Ranges(origins.deletes))
    units = {
        (each.client, each.clock + place): unit
        for each in read_contents(state)[0]
        if each.ref == STRING
        for place, unit in enumerate(units_of(each.value))
    }
    for (client, clock), unit in units.items():
        for _, source in carried.sources((client, clock), 1):
            assert source is None or units[source] == unit
    divergence(half, state, state)
    missing = missing_update(state, half)
    assert missing is None or read_updates([half, missing]) == read_updates([state])


def runs(count: int, first: int, **how: Any) -> Iterator[Play]:
    for seed in range(first, first + count):
        dice = random.Random(seed)
        steps = [
            (dice.randrange(3), dice.randrange(24), dice.randrange(64), dice.randrange(64))
            for _ in range(dice.randint(4, 24))
        ]
        yield play(steps, seed=seed, **how)


def test_hardly_a_word_goes_astray_or_comes_back() -> None:
    """What is not to be known from the bytes is rare: docs/merging.md has the cases."""
    found = Counter[str]()
    for run in runs(300, 0, lag=3):
        found.update(run.judged().keys())
    assert found["strayed"] <= 6, found
    assert found["revived"] <= 1, found


def test_without_rescues_the_same_runs_lose_words() -> None:
    """Else the runs would prove nothing."""
    lost = 0
    for run in runs(60, 0):
        blocks = read_updates([record.update for record in run.records])
        have = set(blocks.plain)
        lost += any(each not in have for each in run.typed.keys() - run.deleted)
    assert lost >= 10, lost


def test_the_loop_knows_which_records_have_to_be_rescued() -> None:
    """Before they are admitted; where it is wrong, the rescue is late and nothing else."""
    records = asked = rescued = unforeseen = 0
    for run in runs(200, 500):
        records += len(run.records)
        asked += run.asked
        rescued += sum(rescue is not None for rescue in run.rescues)
        unforeseen += run.unforeseen
    assert unforeseen <= rescued // 50, (unforeseen, rescued)
    assert asked <= rescued * 1.3, (asked, rescued)
    assert asked < records / 2, (asked, records)


def test_rescued_letters_lead_back_to_what_was_written() -> None:
    """By what the history knows of carried text: none of them is the server's own."""
    whose = Counter[str]()
    for run in runs(150, 900):
        origins = Origins()
        for place, (_, update) in enumerate(run.log, start=1):
            origins.add(Seq(place), decode_update(update))
        state = run.state()
        carried = carried_text(track(state), Ranges(origins.inserts), Ranges(origins.deletes))
        for content in read_contents(state)[0]:
            if content.ref != STRING or not is_rescuer(content.client):
                continue
            for place, letter in enumerate(content.value):
                if letter == "\n":
                    continue  # a break, in code
                unit = (content.client, content.clock + place)
                source: tuple[int, int] | None = unit
                while source is not None:
                    unit, source = source, next(carried.sources(source, 1))[1]
                is_writer = unit[0] == 100 + run.typed[letter][2]
                whose[
                    "nobody" if is_rescuer(unit[0]) else "writer" if is_writer else "carrier"
                ] += 1
    assert whose["nobody"] == 0, whose
    # Who breaks a line writes what is behind the break anew: that is not seen as carried.
    assert whose["carrier"] <= whose["writer"] // 15, whose


@pytest.mark.system
@pytest.mark.needs("node")
def test_yjs_reads_what_pycrdt_reads() -> None:
    """The real Yjs, from the same records and rescues: the same letters in the same blocks."""
    logs, wanted = [], []
    for run in runs(60, 2000, with_return=True, lag=3):
        logs.append([update.hex() for _, update in run.log])
        wanted.append([[line.block.tag, plain(line.block)] for line in run.people[0].lines()])
    found = subprocess.run(
        ["node", "blocks.mjs"],
        input=json.dumps(logs),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1] / "system",
        timeout=120,
    )
    assert json.loads(found.stdout) == wanted
