from __future__ import annotations

import random

import pytest
from pycrdt import Array, Doc

from collab.crdt.doc import LiveDoc
from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.origins import Ranges
from collab.crdt.past import advance
from collab.crdt.reader import read_updates
from collab.crdt.scrub import scrub
from collab.crdt.tracked import deleted_text, track
from collab.crdt.update import decode_update
from collab.types import Update
from tests.crdt.sessions import session


def scrubbed(updates: list[Update], erased: Ranges) -> list[Update]:
    return [scrub(update, erased) or update for update in updates]


@pytest.mark.parametrize("seed", range(8))
def test_what_is_erased_is_gone_and_nothing_else(seed: int) -> None:
    """The document reads as before at the end, the gate takes every record, no clock has moved."""
    updates = session(seed)
    dice = random.Random(seed)
    deletes = decode_update(advance(updates)).deletes
    entries = []
    for client, clock, length in deletes:
        start = dice.randrange(length)
        entries.append((client, clock + start, dice.randint(1, length - start), 0))
    erased = Ranges(entries)
    after = scrubbed(updates, erased)
    assert after != updates
    assert read_updates(after) == read_updates(updates)
    was, now = LiveDoc.load(updates), LiveDoc.load(after)
    assert now.state_vector() == was.state_vector()
    gate = Gate(GateLimits())
    for _ in gate.index(Update(b"\0\0")):
        pass
    for update in after:
        verdict = gate.check(decode_update(update))
        assert isinstance(verdict, Accepted), verdict
        gate.admit(verdict)
    kept = {
        (p.id[0], p.id[1] + n)
        for p in deleted_text(track(advance(after)).children)
        for n in range(p.length)
    }
    assert not {each for each in kept if erased.find(*each)}
    before = {
        (p.id[0], p.id[1] + n)
        for p in deleted_text(track(advance(updates)).children)
        for n in range(p.length)
    }
    assert kept == {each for each in before if not erased.find(*each)}
    assert scrubbed(after, erased) == after


def test_part_of_a_text_and_part_of_a_list() -> None:
    """What stands before and after what is erased stays, surrogate pairs whole."""
    doc: Doc[Array[object]] = Doc(client_id=9)
    values = doc.get("list", type=Array)
    values.extend(["a", "secret", {"b": [1.5, None, True]}, "😀"])
    update = scrub(Update(doc.get_update()), Ranges([(9, 1, 1, 0)]))
    assert update is not None
    assert b"secret" not in bytes(update)
    again: Doc[Array[object]] = Doc()
    again.apply_update(update)
    assert again.get("list", type=Array).to_py() == ["a", {"b": [1.5, None, True]}, "😀"]
    assert scrub(Update(doc.get_update()), Ranges([(8, 0, 99, 0)])) is None
