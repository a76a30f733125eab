"""The benchmark itself works: figures are published by it, so it must not flatter anybody."""

from __future__ import annotations

import random

import pytest

from bench.report import table
from bench.scenarios import LATENCY, Scenario, measure
from bench.scrub import updates_of
from bench.wire import insert, runs_of, varuint
from collab.crdt.doc import state_of
from collab.crdt.reader import read_document
from collab.types import Update

pytestmark = pytest.mark.system


def test_a_tiny_run_against_scriptorium() -> None:
    """Everything that was sent arrives, is acknowledged, and stands in the table."""
    load = {"mode": "rate", "clients": 3, "rate": 5.0, "seconds": 1.0}
    scenario = Scenario("a", "tiny", load, LATENCY)
    answer = measure(scenario, "scriptorium")
    assert answer["complete"] == 1.0
    assert answer["lost"] == answer["unacked"] == answer["closed"] == 0
    assert answer["late_joiner_complete"]
    figures = {**answer, "remarks": []}
    result = {
        "letter": "a",
        "name": "tiny",
        "figures": LATENCY,
        "servers": {"scriptorium": figures},
    }
    assert "(a) tiny | scriptorium" in table([result], {})


def test_a_session_of_text_becomes_paragraphs() -> None:
    """Edits over the ends of lines too: what is measured says what was written."""
    dice = random.Random(1)
    text, edits = "", []
    for _ in range(400):
        at = dice.randint(0, len(text))
        deleted = dice.randint(0, min(5, len(text) - at))
        inserted = "".join(dice.choice("ab\n你") for _ in range(dice.randint(0, 4)))
        edits.append((at, deleted, inserted))
        text = text[:at] + inserted + text[at + deleted :]
    updates = updates_of(edits, text)
    state = state_of([Update(update) for update in updates])
    blocks = read_document(state).content
    assert "\n".join(block.plain for block in blocks) == text
    assert len(blocks) > 5


def test_updates_are_taken_apart_by_content() -> None:
    """What a merged frame brings counts in full, and a gap in it counts for nothing."""
    client = varuint(1 << 20)
    assert runs_of(insert(client, 0)) == [(1 << 20, 0, 1)]
    assert runs_of(insert(client, 7, 40)) == [(1 << 20, 7, 40)]
    gap = b"\x01\x02" + client + b"\x00\x0a\x05\x84" + client + b"\x04\x02ab\x00"
    assert runs_of(gap) == [(1 << 20, 5, 2)]
