"""Updates that the real Yjs wrote (tests/system/vectors.mjs): admitted, applied, written back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from collab.crdt.doc import LiveDoc
from collab.crdt.gate import Accepted
from collab.crdt.roots import read_roots
from collab.crdt.split import split
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


def vectors_of(name: str) -> list[Any]:
    return list(json.loads((Path(__file__).parents[1] / "vectors" / name).read_text("utf-8")))


#: What @y/y 14.0.0-rc.7 wrote: text put straight into a named type, and into a root with values.
YJS_14 = [
    {
        "name": "Yjs 14: text in a named type",
        "hex": "010305000701056e6f746573030170040005000568656c6c6f28000500016b0177017600",
        "root": "notes",
        "value": [{"tag": "p", "attributes": {"k": "v"}, "content": "hello"}],
    },
    {
        "name": "Yjs 14: text, a type and a value in a named type",
        "hex": "010705000701056e6f74657303017004000500026865840502036c6c6f870505030171880506017d07"
        "46050104626f6c640474727565c60502050304626f6c64046e756c6c00",
        "root": "notes",
        "value": [
            {
                "tag": "p",
                "attributes": {},
                "content": ["hello", {"tag": "q", "attributes": {}, "content": []}, 7],
            }
        ],
    },
    {
        "name": "Yjs 14: text, a value and an attribute in a root",
        "hex": "010305000401056e6f7465730568656c6c6f880504017d012801056e6f7465730161017d0100",
        "root": "notes",
        "value": {"entries": {"a": 1}, "content": ["hello", 1]},
    },
    {
        "name": "Yjs 14: text and a type as an attribute in a type without a name",
        "hex": "010305000701056e6f74657304040005000568656c6c6f27000500016b03017a00",
        "root": "notes",
        "value": [
            {
                "entries": {"k": {"tag": "z", "attributes": {}, "content": []}},
                "content": "hello",
            }
        ],
    },
]


@pytest.mark.parametrize(
    "vector", [*vectors_of("roots.json"), *YJS_14], ids=lambda vector: vector["name"]
)
def test_what_other_programs_keep_is_taken_and_read(vector: dict[str, Any]) -> None:
    """Beside the rich text; as a whole, loaded again, and struct by struct; never in the body."""
    update = Update(bytes.fromhex(vector["hex"]))
    gate, document = gate_on(Update(b"\0\0")), LiveDoc()
    for part in split(update, portion=1):
        verdict = gate.check(decode_update(part))
        assert isinstance(verdict, Accepted), verdict
        gate.admit(verdict)
        document.apply([part])
    state = document.diff()
    gate_on(state)
    expected = {vector.get("root", "t"): vector["value"]}
    for each in (update, state, LiveDoc.load([state]).diff(), LiveDoc.load([update]).diff()):
        assert read_roots(each) == expected
    json.dumps(expected, allow_nan=False)
    assert LiveDoc.load([update]).is_same_as(LiveDoc.load([state]))
