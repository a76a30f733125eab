"""The benchmark itself works: figures are published by it, so it must not flatter anybody."""

from __future__ import annotations

import pytest

from bench.report import table
from bench.scenarios import LATENCY, Scenario, measure
from bench.wire import insert, runs_of, varuint

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


def test_updates_are_taken_apart_by_content() -> None:
    """What a merged frame brings counts in full, and a gap in it counts for nothing."""
    client = varuint(1 << 20)
    assert runs_of(insert(client, 0)) == [(1 << 20, 0, 1)]
    assert runs_of(insert(client, 7, 40)) == [(1 << 20, 7, 40)]
    gap = b"\x01\x02" + client + b"\x00\x0a\x05\x84" + client + b"\x04\x02ab\x00"
    assert runs_of(gap) == [(1 << 20, 5, 2)]
