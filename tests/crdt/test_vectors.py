"""Updates that the real Yjs wrote (tests/system/vectors.mjs): admitted, applied, written back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from collab.crdt.doc import LiveDoc
from collab.crdt.gate import Accepted
from collab.crdt.update import brings_nothing_new, decode_state_vector, decode_update
from collab.types import StateVector, Update
from tests.crdt.test_gate import content, gate_on

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "updates.json").read_text("utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_an_update_of_yjs_arrives_exact(vector: dict[str, Any]) -> None:
    update = Update(bytes.fromhex(vector["hex"]))
    decoded = decode_update(update)
    gate, document = gate_on(Update(b"\0\0")), LiveDoc()
    verdict = gate.check(decoded)
    assert isinstance(verdict, Accepted), verdict
    gate.admit(verdict)

    document.apply([update])

    expected = decode_state_vector(StateVector(bytes.fromhex(vector["stateVector"])))
    assert decode_state_vector(document.state_vector()) == expected == gate.clocks
    assert brings_nothing_new(decoded, expected, document.delete_set())
    assert text_of(content(document)) == text_of(vector["xml"])


def text_of(xml: str) -> str:
    """The text of an XML string: pycrdt and Yjs do not order attributes and marks alike."""
    return re.sub(r"<[^>]*>", "", xml)
